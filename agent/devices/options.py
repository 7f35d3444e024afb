"""The options of driver `receiver` in `[device.NAME]`: checked for a person, then frozen for the worker."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from agent.devices.address import EXAMPLE_URL, Endpoint, EndpointError, parse_endpoint
from agent.settings.errors import sentences
from agent.settings.reader import did_you_mean

MAX_PID = 8191
MIN_INPUT_TIMEOUT_S = 0.05
MAX_INPUT_TIMEOUT_S = 3600.0
DEFAULT_INPUT_TIMEOUT_S = 1.0
MAX_CAPACITY = 1000


@dataclass(frozen=True, slots=True)
class ReceiverOptions:
    """`pids` None: all, else those to keep (0..8191). `input_timeout_ns`: silence after which loss of input is reported.

    `input` and `output` None: the configuration of the group says what to do. `capacity`: the services that the device can
    carry (C-15), 1..1000; 0: not stated.
    """

    input: Endpoint | None
    output: Endpoint | None
    pids: frozenset[int] | None = None
    drop_null: bool = False
    input_timeout_ns: int = int(DEFAULT_INPUT_TIMEOUT_S * 1e9)
    capacity: int = 0


class OptionProblem(NamedTuple):
    """`key`: the option that is wrong, or is missing."""

    key: str
    what: str
    remedy: str


def check_receiver_options(options: Mapping[str, object], has_configuration: bool = False) -> list[OptionProblem]:
    """Every problem; empty: parse_receiver_options will succeed. `has_configuration`: a document may name input and output."""
    problems = [
        OptionProblem(key, f'unknown option "{key}"', did_you_mean(key, tuple(_CHECKS))) for key in options if key not in _CHECKS
    ]
    problems += _check_presence(options, has_configuration)
    for key, check in _CHECKS.items():
        problems += check(options[key]) if key in options else []
    return problems or _check_loop(options)


def parse_receiver_options(options: Mapping[str, object], has_configuration: bool = False) -> ReceiverOptions:
    """The options as a value. ValueError with every problem in one text: check_receiver_options was not asked first."""
    problems = check_receiver_options(options, has_configuration)
    if problems:
        raise ValueError(" ".join(sentences(problem.what, problem.remedy) for problem in problems))
    pids, timeout_s = options.get("pids"), options.get("input_timeout", DEFAULT_INPUT_TIMEOUT_S)
    assert isinstance(timeout_s, int | float)
    capacity = options.get("capacity", 0)
    assert isinstance(capacity, int)
    return ReceiverOptions(
        input=parse_endpoint(str(options["input"])) if "input" in options else None,
        output=parse_endpoint(str(options["output"])) if "output" in options else None,
        pids=frozenset(pids) if isinstance(pids, list | tuple) else None,
        drop_null=options.get("drop_null") is True,
        input_timeout_ns=int(timeout_s * 1e9),
        capacity=capacity,
    )


def feeds_itself(source: Endpoint, target: Endpoint) -> bool:
    """Would what leaves by `target` come in again by `source`? At line rate, and for ever."""
    is_same = (source.host, source.port) == (target.host, target.port)
    is_apart = source.interface and target.interface and source.interface != target.interface
    return is_same and not is_apart


def _check_presence(options: Mapping[str, object], has_configuration: bool) -> list[OptionProblem]:
    """Both ends, or neither where a document may name them; then it says the PIDs too."""
    missing = [key for key in ("input", "output") if key not in options]
    if len(missing) == 2 and has_configuration:
        remedy = "Write it into a pid_list of the configuration, or give input and output here too"
        return [
            OptionProblem(key, f"{key} means nothing without input and output", remedy)
            for key in ("pids", "drop_null")
            if key in options
        ]
    return [OptionProblem(key, f"{key} is missing", _example(key)) for key in missing]


def _example(key: str) -> str:
    return f'Write for example {key} = "{EXAMPLE_URL}"'


def _check_url(key: str, value: object) -> list[OptionProblem]:
    if not isinstance(value, str):
        return [OptionProblem(key, f"{key} must be a text in quotes, is {value!r}", _example(key))]
    try:
        parse_endpoint(value)
    except EndpointError as error:
        return [OptionProblem(key, f"{key} {error.what}", error.remedy)]
    return []


def _check_input(value: object) -> list[OptionProblem]:
    return _check_url("input", value)


def _check_output(value: object) -> list[OptionProblem]:
    problems = _check_url("output", value)
    if not problems and parse_endpoint(str(value)).host.is_unspecified:
        remedy = f"Write the group or host to send to, for example {EXAMPLE_URL}"
        return [OptionProblem("output", f'output "{value}" names no receiver', remedy)]
    return problems


def _check_pids(value: object) -> list[OptionProblem]:
    if not isinstance(value, list | tuple):
        remedy = "Write for example pids = [256, 257], or leave it out to keep all"
        return [OptionProblem("pids", f"pids must be a list, is {value!r}", remedy)]
    if not value:
        remedy = "List the PIDs to keep, or leave it out to keep all"
        return [OptionProblem("pids", "pids is empty, so nothing would ever be sent", remedy)]
    wrong = [pid for pid in value if isinstance(pid, bool) or not isinstance(pid, int) or not 0 <= pid <= MAX_PID]
    return [OptionProblem("pids", f"pids has {pid!r}, which is not a PID", f"Write whole numbers 0..{MAX_PID}") for pid in wrong]


def _check_drop_null(value: object) -> list[OptionProblem]:
    if isinstance(value, bool):
        return []
    return [OptionProblem("drop_null", f"drop_null must be true or false, is {value!r}", "Write drop_null = true")]


def _check_input_timeout(value: object) -> list[OptionProblem]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and isinstance(value, int | float) and MIN_INPUT_TIMEOUT_S <= value <= MAX_INPUT_TIMEOUT_S:
        return []
    what = f"input_timeout must be seconds, {MIN_INPUT_TIMEOUT_S:g}..{MAX_INPUT_TIMEOUT_S:g}, is {value!r}"
    return [OptionProblem("input_timeout", what, f"Write for example input_timeout = {DEFAULT_INPUT_TIMEOUT_S:g}")]


def _check_capacity(value: object) -> list[OptionProblem]:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CAPACITY:
        return []
    what = f"capacity must be a number of services, 0..{MAX_CAPACITY}, is {value!r}"
    return [OptionProblem("capacity", what, "Write for example capacity = 3, or 0 when there is no limit")]


def _check_loop(options: Mapping[str, object]) -> list[OptionProblem]:
    """A unit whose input is its own output."""
    if "input" not in options or "output" not in options:
        return []
    source, target = parse_endpoint(str(options["input"])), parse_endpoint(str(options["output"]))
    if not feeds_itself(source, target):
        return []
    what = f'input and output are the same, "{target.url}", so the unit would feed itself'
    return [OptionProblem("output", what, "Change the group or the port")]


_CHECKS: Mapping[str, Callable[[object], list[OptionProblem]]] = {
    "input": _check_input,
    "output": _check_output,
    "pids": _check_pids,
    "drop_null": _check_drop_null,
    "input_timeout": _check_input_timeout,
    "capacity": _check_capacity,
}
