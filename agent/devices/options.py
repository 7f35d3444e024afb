"""The options of driver `receiver` in `[device.NAME]`: checked for a person, then frozen for the worker."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.devices.address import EXAMPLE_URL, Endpoint, parse_endpoint, suggestion

MAX_PID = 8191
MIN_INPUT_TIMEOUT_S = 0.05
MAX_INPUT_TIMEOUT_S = 3600.0
DEFAULT_INPUT_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class ReceiverOptions:
    """`pids` None: all, else those to keep (0..8191). `input_timeout_ns`: silence after which loss of input is reported."""

    input: Endpoint
    output: Endpoint
    pids: frozenset[int] | None = None
    drop_null: bool = False
    input_timeout_ns: int = int(DEFAULT_INPUT_TIMEOUT_S * 1e9)


def check_receiver_options(options: Mapping[str, object]) -> list[str]:
    """Every problem, as a sentence with its remedy; empty: parse_receiver_options will succeed."""
    problems = [f'unknown option "{key}"; {suggestion(key, tuple(_CHECKS))}' for key in options if key not in _CHECKS]
    problems += [
        f'{key} is missing; write for example {key} = "{EXAMPLE_URL}".' for key in ("input", "output") if key not in options
    ]
    for key, check in _CHECKS.items():
        problems += check(options[key]) if key in options else []
    return problems or _check_loop(options)


def parse_receiver_options(options: Mapping[str, object]) -> ReceiverOptions:
    """The options as a value. ValueError with every problem in one text: check_receiver_options was not asked first."""
    problems = check_receiver_options(options)
    if problems:
        raise ValueError(" ".join(problems))
    pids, timeout_s = options.get("pids"), options.get("input_timeout", DEFAULT_INPUT_TIMEOUT_S)
    assert isinstance(timeout_s, int | float)
    return ReceiverOptions(
        input=parse_endpoint(str(options["input"])),
        output=parse_endpoint(str(options["output"])),
        pids=frozenset(pids) if isinstance(pids, list | tuple) else None,
        drop_null=options.get("drop_null") is True,
        input_timeout_ns=int(timeout_s * 1e9),
    )


def _check_url(key: str, value: object) -> list[str]:
    if not isinstance(value, str):
        return [f'{key} must be a text in quotes, is {value!r}; write for example {key} = "{EXAMPLE_URL}".']
    try:
        parse_endpoint(value)
    except ValueError as error:
        return [f"{key} {error}"]
    return []


def _check_input(value: object) -> list[str]:
    return _check_url("input", value)


def _check_output(value: object) -> list[str]:
    problems = _check_url("output", value)
    if not problems and parse_endpoint(str(value)).host.is_unspecified:
        problems = [f'output "{value}" names no receiver; write the group or host to send to, for example {EXAMPLE_URL}.']
    return problems


def _check_pids(value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        return [f"pids must be a list, is {value!r}; write for example pids = [256, 257], or leave it out to keep all."]
    if not value:
        return ["pids is empty, so nothing would ever be sent; list the PIDs to keep, or leave it out to keep all."]
    wrong = [pid for pid in value if isinstance(pid, bool) or not isinstance(pid, int) or not 0 <= pid <= MAX_PID]
    return [f"pids has {pid!r}, which is not a PID; write whole numbers 0..{MAX_PID}." for pid in wrong]


def _check_drop_null(value: object) -> list[str]:
    return [] if isinstance(value, bool) else [f"drop_null must be true or false, is {value!r}; write drop_null = true."]


def _check_input_timeout(value: object) -> list[str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and isinstance(value, int | float) and MIN_INPUT_TIMEOUT_S <= value <= MAX_INPUT_TIMEOUT_S:
        return []
    return [
        f"input_timeout must be seconds, {MIN_INPUT_TIMEOUT_S:g}..{MAX_INPUT_TIMEOUT_S:g}, is {value!r}; "
        f"write for example input_timeout = {DEFAULT_INPUT_TIMEOUT_S:g}."
    ]


def _check_loop(options: Mapping[str, object]) -> list[str]:
    """A unit whose input is its own output would feed itself at line rate."""
    source, target = parse_endpoint(str(options["input"])), parse_endpoint(str(options["output"]))
    is_same = (source.host, source.port) == (target.host, target.port)
    is_apart = source.interface and target.interface and source.interface != target.interface
    if is_same and not is_apart:
        return [f'input and output are the same, "{target.url}", so the unit would feed itself; change the group or the port.']
    return []


_CHECKS: Mapping[str, Callable[[object], list[str]]] = {
    "input": _check_input,
    "output": _check_output,
    "pids": _check_pids,
    "drop_null": _check_drop_null,
    "input_timeout": _check_input_timeout,
}
