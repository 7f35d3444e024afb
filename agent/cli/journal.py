"""The journal as lines: what happened in this unit, oldest first."""

from collections.abc import Mapping

from agent.cli.plain import one_line, tables_in


def as_lines(journal: object) -> list[str]:
    """One entry a line: UTC, group, what."""
    return [
        f"{one_line(entry.get('time'))}  group {one_line(entry.get('group'))}  {happening(entry)}" for entry in tables_in(journal)
    ]


def happening(entry: Mapping[str, object]) -> str:
    """One entry without time and group."""
    what = entry.get("what")
    if what == "transition":
        return f"{one_line(entry.get('before'))} → {one_line(entry.get('after'))}: {one_line(entry.get('text'))}"
    if what == "alarm":
        return f"alarm {one_line(entry.get('name'))}: {one_line(entry.get('text'))}"
    if what == "takeover":
        return f"takeover: {phases(entry) or 'no phase is known'}"
    return f"{one_line(what)}: {one_line(entry.get('name', ''))}"


def phases(takeover: Mapping[str, object]) -> str:
    """How long each phase took, in the order in which they happen (F-7); lock stands apart, nothing waits for it (S-26)."""
    names = ("detect", "claim", "load", "open", "lock")
    known = {name: milliseconds(takeover.get(f"{name}_ms")) for name in names}
    return ", ".join(f"{name} {time}" for name, time in known.items() if time)


def milliseconds(value: object) -> str:
    """`12.3 ms`; empty when it is not known."""
    return f"{round(value, 1):g} ms" if isinstance(value, int | float) else ""
