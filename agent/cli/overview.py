"""The status of a unit as rows of short texts; plain lines or a table are made from the same rows."""

from collections.abc import Mapping

COLUMNS = ("group", "designation", "role", "priority", "T", "master", "lease", "last change", "rejected", "alarms")
_ROLE = COLUMNS.index("role")


def as_text(status: Mapping[str, object]) -> str:
    """Aligned columns, for logs and pipes."""
    rows = [COLUMNS, *rows_of(status)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([title_of(status), *lines])


def title_of(status: Mapping[str, object]) -> str:
    """The unit, and what it says about itself in single values."""
    unit = _table(status.get("unit"))
    facts = [f"{key} {_fact(value)}" for key, value in unit.items() if _is_fact(key, value)]
    return ", ".join([f"unit {readable(unit.get('name'))}", *facts])


def _is_fact(key: str, value: object) -> bool:
    return key != "name" and not key.endswith(("_ns", "_at")) and isinstance(value, str | int | float) and value != ""


def _fact(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else readable(value)


def rows_of(status: Mapping[str, object]) -> list[tuple[str, ...]]:
    """One row a member; what core did not say is shown as `-`."""
    members = status.get("members")
    return [_row(member) for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def role_of(row: tuple[str, ...]) -> str:
    """The role in a row, without what is appended to it."""
    return row[_ROLE].partition(" ")[0]


def _row(member: Mapping[str, object]) -> tuple[str, ...]:
    master, change = _table(member.get("master")), _table(member.get("last_transition"))
    role = f"{readable(member.get('role'))}{' (fenced)' if member.get('fenced') is True else ''}"
    rejected = _table(_table(member.get("packets")).get("rejected"))
    return (
        readable(member.get("group")),
        readable(member.get("designation")),
        role,
        readable(member.get("priority")),
        _seconds(member.get("takeover_timeout_us"), 1_000_000),
        f"{readable(master.get('name'))} ({readable(master.get('priority'))}, {_seconds(master.get('age_ms'), 1000)} ago)"
        if master
        else "-",
        _seconds(member.get("lease_remaining_ms"), 1000),
        f"{readable(change.get('reason'))} {readable(change.get('time'))}" if change else "-",
        str(sum(count for count in rejected.values() if isinstance(count, int))),
        _alarms(member.get("alarms")),
    )


def _master(master: Mapping[str, object]) -> str:
    if not master:
        return "-"
    return f"{readable(master.get('name'))} ({readable(master.get('priority'))}, {_seconds(master.get('age_ms'), 1000)} ago)"


def _alarms(alarms: object) -> str:
    if not isinstance(alarms, list) or not alarms:
        return "-"
    return ", ".join(readable(alarm.get("name")) if isinstance(alarm, dict) else readable(alarm) for alarm in alarms)


def _seconds(value: object, per_second: int) -> str:
    return f"{round(value / per_second, 3):g} s" if isinstance(value, int | float) else "-"


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def readable(value: object) -> str:
    """The value as text; names come from the LAN, and nothing in them may steer the terminal."""
    if value is None:
        return "-"
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in str(value))
