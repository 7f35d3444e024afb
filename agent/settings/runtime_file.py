"""DATA_DIR/runtime.json: what was set at run time, with who set it. One writer (management), several readers.

A file that is broken or not ours is refused whole: half of somebody's wishes is nobody's wish.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from agent.settings.regular import read_regular
from agent.settings.replace import sync_directory

Value = int | str | bool
FORMAT = "understudy runtime settings 1"
MAX_BYTES = 8 * 1024 * 1024
"""256 groups with every value and the longest reasons need 2 MiB."""
MAX_TEXT = 300
MAX_SEMAPHORE = 0x7FFF_FFFF

WORDS = {"return_policy": ("manual", "after_hold"), "standby_mode": ("automatic", "attended")}
RANGES = {
    "priority": (1, 255),
    "advertisement_interval_ms": (10, 40_950),
    "return_hold_ms": (0, 3_600_000),
    "maintenance": (0, 1 << 63),
    "maintenance_minutes": (1, 10_080),
    "notification_min_interval_ms": (0, 3_600_000),
}
"""`maintenance` is its end in ns since 1970."""
FLAGS = ("preempt", "locked", "auto_lock", "off", "notifications_enabled")
OF_UNIT = ("notifications_enabled", "notification_min_interval_ms")
OF_GROUP = tuple(name for name in (*WORDS, *RANGES, *FLAGS) if name not in OF_UNIT)


class RuntimeFileError(Exception):
    """The file cannot be used; str() is a sentence without its end."""


@dataclass(frozen=True, slots=True)
class Override:
    """One value set at run time. `file`: what the settings file said then; None: it has no such value."""

    value: Value
    file: Value | None = None
    who: str = ""
    face: str = ""
    address: str = ""
    reason: str = ""
    at_ns: int = 0
    """Wall clock, ns since 1970."""

    @property
    def author(self) -> str:
        """`root (cli)`, as everywhere."""
        return f"{self.who} ({self.face}{f' {self.address}' if self.address else ''})"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The whole file. `masters`: who was master (unit id) when auto-lock last looked, by group."""

    groups: Mapping[int, Mapping[str, Override]] = field(default_factory=dict)
    unit: Mapping[str, Override] = field(default_factory=dict)
    semaphore: int = 0
    masters: Mapping[int, str] = field(default_factory=dict)

    def of(self, group: int) -> Mapping[str, Override]:
        """By name; empty for a group of which nothing was set."""
        return self.groups.get(group, {})


def read_runtime(path: Path) -> Runtime:
    """An absent file is an empty one. RuntimeFileError for any other that was not written by write_runtime()."""
    try:
        data = read_regular(path, MAX_BYTES).data
    except FileNotFoundError:
        return Runtime()
    except OSError as error:
        raise RuntimeFileError(f"it cannot be read ({error.strerror or error})") from None
    try:
        return _runtime(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise RuntimeFileError("it is broken, or of another version") from None


def write_runtime(path: Path, runtime: Runtime) -> None:
    """Old or new, never a mixture, whatever happens meanwhile; mode 0600. OSError: the old one stands."""
    content = {"format": FORMAT} | asdict(runtime)
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(content, indent=1).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync_directory(path)


def _runtime(content: dict[str, object]) -> Runtime:
    """ValueError, TypeError, KeyError, AttributeError: it is none."""
    _need(set(content) == {"format", *(one.name for one in fields(Runtime))} and content["format"] == FORMAT)
    groups, unit, masters = (_table(content[name]) for name in ("groups", "unit", "masters"))
    semaphore = content["semaphore"]
    if type(semaphore) is not int or not 0 <= semaphore <= MAX_SEMAPHORE:
        raise ValueError
    _need(all(isinstance(master, str) and len(master) <= 64 for master in masters.values()))
    return Runtime(
        {_group(group): _overrides(entries, OF_GROUP) for group, entries in groups.items()},
        _overrides(unit, OF_UNIT),
        semaphore,
        {_group(group): master for group, master in masters.items()},
    )


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _group(text: str) -> int:
    group = int(text)
    _need(0 <= group <= 255 and str(group) == text)
    return group


def _overrides(entries: object, known: tuple[str, ...]) -> dict[str, Override]:
    found = {name: Override(**entry) for name, entry in _table(entries).items()}
    for name, one in found.items():
        _need(name in known and fits(name, one.value))
        _need(one.file is None or fits(name, one.file))
        _need(all(isinstance(text, str) and len(text) <= MAX_TEXT for text in (one.who, one.face, one.address, one.reason)))
        _need(type(one.at_ns) is int)
    return found


def fits(name: str, value: object) -> bool:
    """Is it a value that `name` can have?"""
    if name in FLAGS:
        return isinstance(value, bool)
    if name in WORDS:
        return value in WORDS[name]
    low, high = RANGES[name]
    return type(value) is int and low <= value <= high


def _need(is_so: bool) -> None:
    if not is_so:
        raise ValueError
