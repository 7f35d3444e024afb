"""The status of a unit as rows of short texts; plain lines or a table are made from the same rows."""

from collections.abc import Mapping
from textwrap import wrap

from agent.cli.columns import aligned
from agent.cli.details import details_of
from agent.cli.details_config import brief, entry_of, has_configuration
from agent.cli.plain import one_line, readable, seconds, table_in, tables_in

WIDTH = 80
COLUMNS = ("group", "designation", "role", "priority", "fenced", "T", "lease", "master")
_ROLE = COLUMNS.index("role")
_FENCED = {"True": "yes", "False": "NO"}
_SAID_BELOW = ("name", "lan_error")


def as_text(status: Mapping[str, object]) -> str:
    """Aligned columns and what there is to know besides, for logs and pipes."""
    lines = aligned([columns_of(status), *rows_of(status)])
    title = wrap(title_of(status), WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join([*title, *lines, *(line.text for line in details_of(status, WIDTH))])


def title_of(status: Mapping[str, object]) -> str:
    """The unit, and what it says about itself in single values."""
    unit = table_in(status.get("unit"))
    facts = [f"{key} {_fact(value)}" for key, value in unit.items() if _is_fact(key, value)]
    old = ["NOT OF NOW"] if status.get("stale") else []
    return ", ".join([f"unit {one_line(unit.get('name'))}", *old, *facts])


def _is_fact(key: str, value: object) -> bool:
    is_said = key in _SAID_BELOW or key.endswith(("_ns", "_at"))
    return not is_said and isinstance(value, str | int | float) and value != ""


def _fact(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else one_line(value)


def columns_of(status: Mapping[str, object]) -> tuple[str, ...]:
    """`configuration` only where something keeps one."""
    return (*COLUMNS, "configuration") if has_configuration(status) else COLUMNS


def rows_of(status: Mapping[str, object]) -> list[tuple[str, ...]]:
    """One row a member; what core did not say is shown as `-`."""
    is_wider = has_configuration(status)
    members = tables_in(status.get("members"))
    return [(*_row(member), *((brief(member, entry_of(status, member)),) if is_wider else ())) for member in members]


def role_of(row: tuple[str, ...]) -> str:
    """The role in a row."""
    return row[_ROLE]


def _row(member: Mapping[str, object]) -> tuple[str, ...]:
    return (
        readable(member.get("group")),
        readable(member.get("designation")),
        readable(member.get("role")),
        readable(member.get("priority")),
        _FENCED.get(str(member.get("fenced")), "-"),
        seconds(member.get("takeover_timeout_us"), 1_000_000),
        seconds(member.get("lease_remaining_ms"), 1000),
        one_line(table_in(member.get("master")).get("name")),
    )
