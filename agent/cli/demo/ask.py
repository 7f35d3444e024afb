"""The units' own words: role, reasons, alarms. They explain what is seen; nothing is measured by them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from agent.cli.journal import happening
from agent.cli.plain import table_in, tables_in
from agent.management.client import NotRunning, ask

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
    members = tables_in(status.get("members"))
    return _words(table_in(status.get("unit")), members[0], journal.get("journal")) if members else None


def _words(unit: Mapping[str, object], member: Mapping[str, object], journal: object) -> Words:
    return Words(
        role=str(member.get("role")),
        reason=str(table_in(member.get("last_transition")).get("text", "")),
        alarms=tuple(str(alarm.get("text")) for alarm in tables_in(member.get("alarms"))),
        is_real_time=unit.get("real_time") is True,
        is_able=member.get("able") is True,
        journal=[_entry(entry) for entry in tables_in(journal)],
    )


def _entry(entry: Mapping[str, object]) -> Entry:
    at_ns = entry.get("at_ns")
    return Entry(at_ns if isinstance(at_ns, int) else 0, happening(entry))
