"""What N:M asks of the members of one unit, and of what they protect. Errors: the file is refused whole."""

from collections.abc import Iterator, Mapping

from agent.settings.model import MemberSettings, PoolSettings
from agent.settings.reader import Problems, Table
from agent.wire.message import Designation

_HIGHEST_MASTER = 254
"""255 is refused in N:M (C-03)."""


def check_pool(top: Table, pool: PoolSettings, members: Mapping[int, MemberSettings]) -> None:
    """Add an error for each member that N:M, or its absence, rules out. `members` by their index in the file."""
    problems = top.problems
    _check_reserve(top, members)
    for index, member in members.items():
        if member.is_nm_backup and not (pool.n_to_m or problems.is_wrong(("pool", "n_to_m"))):
            what = "[[member]] designation = nmBackup while N:M is off: it would protect nothing (S-18)"
            problems.add(("member", index, "designation"), what, "Run: understudy pool enable; it writes [pool] n_to_m = true")
        if member.is_nm_backup or pool.n_to_m:
            _check_fixed(index, member, problems)
    backups = {index: member for index, member in members.items() if member.is_nm_backup}
    for index, backup in backups.items():
        _check_priority(index, backup, members, problems)
        _check_own_groups(index, backup, members, problems)
    _check_twice(backups, problems)


def _check_reserve(top: Table, members: Mapping[int, MemberSettings]) -> None:
    """D-42: how a reserve shares itself out is its own affair, and set nowhere else."""
    values = top.values.get("pool", {})
    if not isinstance(values, dict) or "reserve" not in values or not members:
        return
    if all(member.designation is Designation.MAIN for member in members.values()):
        what = "[pool] reserve is set on a unit that has masters only: it is set only at the reserve (D-42)"
        top.problems.add(("pool", "reserve"), what, "Remove it here, and set it on the units whose designation is nmBackup")


def _check_fixed(index: int, member: MemberSettings, problems: Problems) -> None:
    """Preempt off (S-24), and no priority 255 (C-03, C-16)."""
    if member.preempt:
        what = "[[member]] preempt is on with N:M: set-master and set-backup would be undone at once (S-24)"
        problems.add(("member", index, "preempt"), what, "Set preempt = false; change back with set-master")
    if member.priority == 255:
        what = "[[member]] priority = 255 with N:M: it would never give the role back (C-03)"
        remedy = "Set a priority below that of every master" if member.is_nm_backup else f"Set at most {_HIGHEST_MASTER}"
        problems.add(("member", index, "priority"), what, remedy)


def _check_priority(index: int, backup: MemberSettings, members: Mapping[int, MemberSettings], problems: Problems) -> None:
    """S-23: below every master; a master that returns knows by it that the group is only being kept for it (C-09)."""
    place = ("member", index, "priority")
    if problems.is_wrong(place):
        return
    if backup.priority == _HIGHEST_MASTER:
        what = f"[[member]] priority = {backup.priority} at an nmBackup leaves no priority for the masters above it (S-23)"
        problems.add(place, what, f"Set {_HIGHEST_MASTER - 1} or less, below every master on the LAN")
        return
    mains = {other: member for other, member in members.items() if member.designation is Designation.MAIN}
    known = [member for other, member in mains.items() if not problems.is_wrong(("member", other, "priority"))]
    lowest = min(known, key=lambda member: member.priority, default=None)
    if lowest and backup.priority >= lowest.priority:
        what = (
            f"[[member]] priority = {backup.priority} at an nmBackup is not below the master of group {lowest.group}, "
            f"which has {lowest.priority} (S-23)"
        )
        problems.add(place, what, "Set a priority below that of every master on the LAN, not in this file alone")


def _check_own_groups(index: int, backup: MemberSettings, members: Mapping[int, MemberSettings], problems: Problems) -> None:
    """An nmBackup has a group of its own (S-22), and a unit has one seat in a group."""
    for group in sorted(backup.protects or ()):
        others = [member for member in members.values() if member.group == group and member is not backup]
        if group == backup.group:
            what = f"[[member]] protects names {group}, the nmBackup's own group: a pool has a group in which no master is (S-22)"
            problems.add(("member", index, "protects"), what, "Remove it, or give the nmBackup a group of its own, such as 200")
        elif others:
            what = f"[[member]] protects names group {group}, in which this very unit has a seat: it cannot stand in for itself"
            problems.add(("member", index, "protects"), what, "Remove it here; another unit has to protect that group")


def _check_twice(backups: Mapping[int, MemberSettings], problems: Problems) -> None:
    """A group has one protector in a unit: two would claim it against each other."""
    earlier: list[MemberSettings] = []
    for index, backup in backups.items():
        for what in [] if problems.is_wrong(("member", index, "protects")) else _overlaps(backup, earlier):
            remedy = "Let one nmBackup of this unit protect it; give it several devices if needed: devices = [...]"
            problems.add(("member", index, "protects"), f"[[member]] {what}", remedy)
        if not problems.is_wrong(("member", index, "protects")):
            earlier.append(backup)


def _overlaps(backup: MemberSettings, earlier: list[MemberSettings]) -> Iterator[str]:
    for other in earlier:
        if backup.protects is not None and other.protects is not None:
            if both := sorted(backup.protects & other.protects):
                yield f"protects names {', '.join(map(str, both))}, as the nmBackup of group {other.group} does already"
        elif backup.device_type == other.device_type:
            everything = f'"all" is every master of device_type {other.device_type}'
            yield f"protects overlaps with the nmBackup of group {other.group}: {everything}"
