"""The units' own words: role, reasons, alarms. They explain what is seen; nothing is measured by them."""

from pathlib import Path
from typing import NamedTuple

from agent.management.client import NotRunning, ask
from agent.management.memory import JsonObject

_LIMIT_S = 0.3


class Entry(NamedTuple):
    """Of the journal. `at_ns` monotonic, so that the same entry is the same again."""

    at_ns: int
    text: str


class Words(NamedTuple):
    """Of one unit, now."""

    role: str
    reason: str
    alarms: tuple[str, ...]
    is_real_time: bool
    is_able: bool
    journal: list[Entry]


def words_of(control: Path) -> Words | None:
    """None: it does not answer (yet, or any more)."""
    try:
        status = ask(control, {"verb": "status"}, _LIMIT_S)
        journal = ask(control, {"verb": "journal"}, _LIMIT_S)
    except (NotRunning, OSError, ValueError):
        return None
    members = status.get("members")
    if not isinstance(members, list) or not members:
        return None
    return _words(_table(status.get("unit")), _table(members[0]), journal.get("journal"))


def _words(unit: JsonObject, member: JsonObject, journal: object) -> Words:
    alarms, entries = member.get("alarms"), journal if isinstance(journal, list) else []
    return Words(
        role=str(member.get("role")),
        reason=str(_table(member.get("last_transition")).get("text", "")),
        alarms=tuple(str(_table(alarm).get("text")) for alarm in alarms) if isinstance(alarms, list) else (),
        is_real_time=unit.get("real_time") is True,
        is_able=member.get("able") is True,
        journal=[_entry(_table(entry)) for entry in entries],
    )


def _entry(entry: JsonObject) -> Entry:
    at_ns, what = entry.get("at_ns"), entry.get("what")
    if what == "transition":
        text = f"{entry.get('before')} → {entry.get('after')}: {entry.get('text')}"
    elif what == "alarm":
        text = f"alarm {entry.get('name')}: {entry.get('text')}"
    else:
        text = f"{what}: {entry.get('name', '')}"
    return Entry(at_ns if isinstance(at_ns, int) else 0, text)


def _table(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}
