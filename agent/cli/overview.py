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
    facts = [f"{key}={_plain(value)}" for key, value in unit.items() if key != "name" and isinstance(value, str | int | float)]
    return " ".join([f"unit {_plain(unit.get('name'))}", *facts])


def rows_of(status: Mapping[str, object]) -> list[tuple[str, ...]]:
    """One row a member; what core did not say is shown as `-`."""
    members = status.get("members")
    return [_row(member) for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def role_of(row: tuple[str, ...]) -> str:
    """The role in a row, without what is appended to it."""
    return row[_ROLE].partition(" ")[0]


def _row(member: Mapping[str, object]) -> tuple[str, ...]:
    master, change = _table(member.get("master")), _table(member.get("last_transition"))
    role = f"{_plain(member.get('role'))}{' (fenced)' if member.get('fenced') is True else ''}"
    rejected = _table(_table(member.get("packets")).get("rejected"))
    return (
        _plain(member.get("group")),
        _plain(member.get("designation")),
        role,
        _plain(member.get("priority")),
        _seconds(member.get("takeover_timeout_us"), 1_000_000),
        f"{_plain(master.get('name'))} ({_plain(master.get('priority'))}, {_plain(master.get('age_ms'))} ms ago)"
        if master
        else "-",
        _seconds(member.get("lease_remaining_ms"), 1000),
        f"{_plain(change.get('reason'))} {_plain(change.get('time'))}" if change else "-",
        str(sum(count for count in rejected.values() if isinstance(count, int))),
        _alarms(member.get("alarms")),
    )


def _master(master: Mapping[str, object]) -> str:
    if not master:
        return "-"
    return f"{_plain(master.get('name'))} ({_plain(master.get('priority'))}, {_plain(master.get('age_ms'))} ms ago)"


def _alarms(alarms: object) -> str:
    if not isinstance(alarms, list) or not alarms:
        return "-"
    return ", ".join(_plain(alarm.get("name")) if isinstance(alarm, dict) else _plain(alarm) for alarm in alarms)


def _seconds(value: object, per_second: int) -> str:
    return f"{value / per_second:g} s" if isinstance(value, int | float) else "-"


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _plain(value: object) -> str:
    """Names come from the LAN: nothing in them may steer the terminal."""
    if value is None:
        return "-"
    return "".join(character if character.isprintable() else "?" for character in str(value))
