"""What DATA_DIR/runtime.json says: what was set at run time, with who set it. Pure; runtime_disk.py reads and writes it.

A file that is broken or not ours is refused whole: half of somebody's wishes is nobody's wish.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

Value = int | str | bool
FORMAT = "understudy runtime settings 2"
FORMAT_WITHOUT_OWNER = "understudy runtime settings 1"
"""Had neither owner nor sum; read once more, written never."""
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


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is. `unit_id`: 16 hexadecimal digits; empty: not known. `groups`: of its [[member]]s then."""

    unit_id: str = ""
    name: str = ""
    groups: tuple[int, ...] = ()

    def __str__(self) -> str:
        groups = ", ".join(map(str, self.groups)) or "none"
        return f"{self.name or 'a unit without a name'} (unit {self.unit_id}, groups: {groups})"


@dataclass(frozen=True, slots=True)
class Content:
    """Of a whole file. `is_old`: of the format that names no owner."""

    runtime: Runtime
    owner: Owner = field(default_factory=Owner)
    is_old: bool = False


def as_bytes(runtime: Runtime, owner: Owner) -> bytes:
    """For people too; any damage shows in `sum`."""
    content = json.loads(
        json.dumps({"format": FORMAT, "owner": asdict(owner)} | asdict(runtime))
    )  # as it is read: groups are text
    return json.dumps(content | {"sum": _sum(content)}, indent=1).encode() + b"\n"


def from_bytes(data: bytes) -> Content:
    """RuntimeFileError for any that was not made by as_bytes(), now or in the format before."""
    try:
        return _content(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise RuntimeFileError("it is broken, or of another version") from None


def _sum(content: Mapping[str, object]) -> str:
    """SHA-256 of all but itself, however it is written down."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _content(content: dict[str, object]) -> Content:
    """ValueError, TypeError, KeyError, AttributeError: it is none."""
    if content["format"] == FORMAT_WITHOUT_OWNER:
        return Content(_runtime(content, {"format"}), is_old=True)
    said = content.pop("sum")
    _need(content["format"] == FORMAT and said == _sum(content))
    return Content(_runtime(content, {"format", "owner"}), _owner(content["owner"]))


def _owner(value: object) -> Owner:
    owner = _table(value)
    groups, texts = owner["groups"], (owner["unit_id"], owner["name"])
    _need(set(owner) == {one.name for one in fields(Owner)} and isinstance(groups, list))
    _need(all(type(group) is int for group in groups) and all(isinstance(text, str) and len(text) <= 64 for text in texts))
    return Owner(*texts, tuple(groups))


def _runtime(content: dict[str, object], others: set[str]) -> Runtime:
    _need(set(content) == others | {one.name for one in fields(Runtime)})
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
