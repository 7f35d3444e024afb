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
    return f"{one_line(what)}: {one_line(entry.get('name', ''))}"
