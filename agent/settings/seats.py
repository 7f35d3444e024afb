"""What must hold between the members of one unit, and between members and devices."""

from collections.abc import Mapping

from agent.settings.model import DeviceSettings, MemberSettings
from agent.settings.reader import Problems, did_you_mean, shown
from agent.wire.message import Designation


def check_seats(members: Mapping[int, MemberSettings], devices: Mapping[str, DeviceSettings], problems: Problems) -> None:
    """Add an error for each member that cannot be seated. `members` by their index in the file."""
    groups: dict[int, int] = {}
    seats: dict[str, int] = {}
    for index, member in members.items():
        _check_group(index, groups.setdefault(member.group, index), member, problems)
        _check_device(index, seats.setdefault(member.device, index), member, devices, problems)
        _check_nm_backup(index, member, problems)


def _check_group(index: int, first: int, member: MemberSettings, problems: Problems) -> None:
    if first != index and not problems.is_wrong(("member", index, "group")):
        what = f"[[member]] group = {member.group} is there already: a unit has one seat in a group"
        problems.add(("member", index, "group"), what, "Remove one of the two, or give it a group of its own")


def _check_device(
    index: int, first: int, member: MemberSettings, devices: Mapping[str, DeviceSettings], problems: Problems
) -> None:
    place = ("member", index, "device")
    if problems.is_wrong(place):
        return
    if member.device not in devices:
        remedy = did_you_mean(member.device, devices) if devices else f"Add a table [device.{member.device}] with its driver"
        problems.add(place, f"[[member]] device = {shown(member.device)} has no table [device.…]", remedy)
    elif first != index and devices[member.device].has_worker:
        what = f"[[member]] device = {shown(member.device)} has another member already: one output cannot serve two groups"
        problems.add(place, what, "Give this member a device of its own")


def _check_nm_backup(index: int, member: MemberSettings, problems: Problems) -> None:
    """N:M: preempt off (S-24), and no priority 255 (C-03)."""
    if member.designation is not Designation.NM_BACKUP:
        return
    if member.preempt:
        what = "[[member]] preempt is on at an nmBackup: set-master and set-backup would be undone at once"
        problems.add(("member", index, "preempt"), what, "Set preempt = false")
    if member.priority == 255:
        what = "[[member]] priority = 255 at an nmBackup: it would never give the role back"
        problems.add(("member", index, "priority"), what, "Set a priority below that of every master")
