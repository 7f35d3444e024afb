"""What must hold between the members of one unit, and between members and devices."""

from collections.abc import Mapping

from agent.settings.model import DeviceSettings, MemberSettings
from agent.settings.reader import Problems, did_you_mean, shown


def check_seats(members: Mapping[int, MemberSettings], devices: Mapping[str, DeviceSettings], problems: Problems) -> None:
    """Add an error for each member that cannot be seated. `members` by their index in the file."""
    groups: dict[int, int] = {}
    seats: dict[str, int] = {}
    for index, member in members.items():
        _check_group(index, groups.setdefault(member.group, index), member, problems)
        for position, device in enumerate(member.devices):
            is_free = seats.setdefault(device, index) == index
            if finding := _device_problem(device, is_free, devices):
                _tell_device(index, position, finding, problems)


def _check_group(index: int, first: int, member: MemberSettings, problems: Problems) -> None:
    if first != index and not problems.is_wrong(("member", index, "group")):
        what = f"[[member]] group = {member.group} is there already: a unit has one seat in a group"
        problems.add(("member", index, "group"), what, "Remove one of the two, or give it a group of its own")


def _device_problem(device: str, is_free: bool, devices: Mapping[str, DeviceSettings]) -> tuple[str, str] | None:
    """What is wrong and the remedy: it has to exist, and to be no other member's if it has an output of its own."""
    if device not in devices:
        remedy = did_you_mean(device, devices) if devices else f"Add a table [device.{device}] with its driver"
        return f"{shown(device)} has no table [device.…]", remedy
    if not is_free and devices[device].has_worker:
        what = f"{shown(device)} has another member already: one output cannot serve two groups"
        return what, "Give this member a device of its own"
    return None


def _tell_device(index: int, position: int, finding: tuple[str, str], problems: Problems) -> None:
    """At the name in `devices`, or at `device`; unless that has a problem of its own."""
    several, one = ("member", index, "devices"), ("member", index, "device")
    if problems.is_wrong(several) or problems.is_wrong(one):
        return
    what, remedy = finding
    if problems.is_there(several):
        problems.add((*several, position), f"[[member]] devices: {what}", remedy)
    else:
        problems.add(one, f"[[member]] device = {what}", remedy)
