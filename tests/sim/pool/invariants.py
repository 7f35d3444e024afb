"""What must hold in a pool. Each names its requirement; none uses the engine's own arithmetic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.engine.config import Seat
from agent.engine.effects import Transition
from agent.engine.member import Member
from agent.engine.reasons import Reason, State
from agent.wire.message import Designation
from tests.sim.invariants import HELD_NS, components, lease_limit_ns, require, timeout_ns

if TYPE_CHECKING:
    from tests.sim.pool.device import PoolDevice
    from tests.sim.pool.unit import PoolUnit
    from tests.sim.pool.watch import PoolWatch
    from tests.sim.pool.world import PoolWorld

_ON_AIR = (State.CLAIMING, State.MASTER, State.YIELDING, State.OFF_ON_AIR)
_OPEN = (State.MASTER, State.CLAIMING, State.OFF_ON_AIR)
_NAMED = re.compile(r"by sim\b|return policy")
_NO_CHOICE = re.compile(r"agent is stopping|^muting: device |worker has died")


def is_home(unit: PoolUnit, group: int) -> bool:
    """Is this the group's own master?"""
    return any(config.group == group and config.designation is Designation.MAIN for config in unit.configs)


def pool_is_in_order(unit: PoolUnit) -> None:
    """D-36, C-16: what is taken is on the air and the reverse; no device twice; exclusive airs one; the own group rests."""
    if unit.engine is None:
        return
    engaged = unit.engine.unit.pool.engaged
    reserves = [member for member in unit.members.values() if _is_reserve(unit, member)]
    on_air = {member.group for member in reserves if member.state in _ON_AIR}
    require(on_air == set(engaged), "C-16", f"{unit.name} has taken devices for {set(engaged)}, on the air are {on_air}")
    devices = [engagement.device for engagement in engaged.values()]
    require(len(set(devices)) == len(devices), "C-16", f"{unit.name} has a device on two groups: {engaged}")
    for group, engagement in engaged.items():
        require(unit.members[group].device == engagement.device, "C-16", f"{unit.name} airs {group} with another device")
    limit = 1 if unit.pool.is_exclusive else max(1, len(unit.devices))
    require(len(engaged) <= limit, "D-36", f"{unit.name} airs {set(engaged)}")
    resting = [member for member in reserves if member.config.seat is Seat.RESTING and member.state in _ON_AIR]
    require(not resting, "S-22", f"{unit.name} claims its own group")


def _is_reserve(unit: PoolUnit, member: Member) -> bool:
    is_exclusive = unit.pool.is_exclusive and member.config.designation is Designation.RESERVE
    return member.config.seat is not Seat.ORDINARY or is_exclusive


def claimer_may_claim(unit: PoolUnit, change: Transition) -> None:
    """C-08: an N:M backup claims only with a held snapshot, and one that it can serve; nobody without a link."""
    require(
        unit.index not in unit.world.lan.no_carrier or unit.engine is None or _is_link_up(unit), "C-02", f"{unit.name} is cut off"
    )
    if not unit.is_backup_unit or is_home(unit, change.group):
        return
    news = unit.news.get(change.group)
    require(news is not None and news.is_held, "C-08", f"{unit.name} claims {change.group} without a snapshot")
    require(news is not None and news.readiness > 0, "C-15", f"{unit.name} claims {change.group} with readiness 0")


def _is_link_up(unit: PoolUnit) -> bool:
    return unit.engine is not None and unit.engine.unit.is_link_up


def claim_is_not_before_t(watch: PoolWatch, unit: PoolUnit, change: Transition) -> None:
    """S-12: never before its own T has passed since the last advert that its kernel received."""
    if change.reason is not Reason.MASTER_SILENT or not watch.is_clean or watch.has_false_silence:
        return
    member = unit.members[change.group]
    heard_ns = watch.heard_ns.get((unit.index, change.group), -(1 << 62))
    t_ns = timeout_ns(member.config.interval_ms, member.config.priority)
    silence_ns = unit.now_ns() - heard_ns
    require(silence_ns >= t_ns, "S-12", f"{unit.name} claims {change.group} after {silence_ns / 1e6} ms, T is {t_ns / 1e6}")


def switchback_has_a_name(watch: PoolWatch, unit: PoolUnit, change: Transition) -> None:
    """S-33: a group that a living acting unit gives back is given back because somebody said so."""
    if change.reason is not Reason.NAMED_SUCCESSOR or not is_home(unit, change.group):
        return
    giver, word = watch.last_words.get(change.group, (unit, change))
    is_told = _NAMED.search(change.text) or _NAMED.search(word.text) or _NO_CHOICE.search(word.text)
    require(giver is unit or bool(is_told), "S-33", f"{unit.name} has {change.group} back: {change.text} / {word.text}")


def claim_leaves_before_anything_is_loaded(watch: PoolWatch, unit: PoolUnit, group: int) -> None:
    """F-5, C-26."""
    is_excused = unit.index in unit.world.lan.no_carrier
    require(is_excused or (unit.index, group) in watch.claims_left, "C-26", f"{unit.name} loads before it has claimed {group}")


def lease_counts_from_the_last_packet_that_left(unit: PoolUnit, device: str, until_ns: int) -> None:
    """F-8; C-12: an output that was left on the air has half a second."""
    group = unit.devices[device].group
    if unit.state(group) is State.OFF_ON_AIR:
        require(until_ns <= unit.now_ns() + HELD_NS, "C-12", f"{unit.name} holds its output for {group} for too long")
        return
    interval_ms = unit.members[group].config.interval_ms if unit.engine is not None and group in unit.members else 0
    limit_ns = unit.sent_at_ns.get(group, -(1 << 62)) + lease_limit_ns(interval_ms)
    require(until_ns <= limit_ns, "F-8", f"{unit.name}'s lease for {group} is {(until_ns - limit_ns) / 1e6} ms too long")


def output_is_muted_before_the_farewell(unit: PoolUnit, group: int) -> None:
    """S-07."""
    for device in unit.devices.values():
        is_muted = not device.is_alive or not device.is_ordered_open or unit.now_ns() >= device.granted_until_ns
        require(device.group != group or is_muted, "S-07", f"{unit.name} says goodbye in {group} before it is muted")


def what_is_loaded_is_what_is_held(unit: PoolUnit, device: PoolDevice) -> None:
    """S-29: the head of that group, and a device that is loaded is not open."""
    require(device.digest == unit.ledger.get(device.group, b""), "S-29", f"{unit.name} has loaded another configuration")
    require(not device.is_open(), "S-27", f"{unit.name} loads {device.group} with an open output")


def output_belongs_to_its_seat(unit: PoolUnit, device: PoolDevice) -> None:
    """S-27, S-29: an open output is that of a master or claimer of the group that the device has loaded."""
    if unit.engine is None or unit.is_core_stalled:
        return
    seat = unit.members.get(device.group)
    is_right = seat is not None and seat.state in _OPEN and seat.device == device.name
    is_new = seat is not None and (seat.state is State.INIT or seat.transitions == 0)
    require(is_right or is_new, "S-27", f"{unit.name}'s {device.name} is open with {device.group}, nobody's seat")


def nobody_else_is_open(watch: PoolWatch, group: int, *units: PoolUnit) -> None:
    """C-02: two open outputs for one group are excused by a fault of the LAN or a person's --force only."""
    is_left = any(_is_left_alone(unit, device) for unit in units for device in unit.open_devices() if device.group == group)
    is_excused = watch.world.now_ns <= watch.excused_until_ns or is_left
    require(is_excused, "C-02, F-8", f"group {group} is open twice: {', '.join(unit.name for unit in units)}")


def _is_left_alone(unit: PoolUnit, device: PoolDevice) -> bool:
    """C-12: left on the air by a forced OFF, and its process cannot hear another unit."""
    is_deaf = unit.engine is None or unit.is_core_stalled or unit.state(device.group) in (State.INIT, State.OFF)
    return is_deaf and device.lease_until_ns == device.held_until_ns


def is_running(unit: PoolUnit) -> bool:
    """Its process runs, has a link, and nobody has switched it off."""
    if unit.engine is None or unit.is_core_stalled or unit.index in unit.world.lan.no_carrier:
        return False
    return not unit.engine.unit.is_stopping


def could_air(unit: PoolUnit, group: int) -> bool:
    """Has it what it takes, with nothing else in the way?"""
    if not is_running(unit) or group not in unit.members:
        return False
    member, news = unit.members[group], unit.news.get(group)
    if member.state is State.OFF or member.config.is_in_maintenance:
        return False
    if member.config.seat is Seat.ORDINARY:
        return _works(unit, member.config.device) and (news is None or news.readiness > 0)
    busy = unit.engine.unit.pool.engaged if unit.engine else {}
    if member.config.seat is Seat.RESTING or news is None or not news.is_held or news.readiness == 0:
        return False
    free = [name for name in unit.pool.devices if _works(unit, name) and name not in {taken.device for taken in busy.values()}]
    return bool(free) and not (unit.pool.is_exclusive and busy)


def _works(unit: PoolUnit, name: str) -> bool:
    device = unit.devices[name]
    return device.is_alive and not device.is_stalled and not device.is_hung


def settled(world: PoolWorld, groups: set[int]) -> None:
    """After quiet: in every connected part each group has one open output, or nobody who could air it (C-07, C-22, D-39)."""
    known = {id(unit): unit for unit in world.pool}
    for part in components(world):
        for group in sorted(groups):
            _settled([known[id(unit)] for unit in part], group)


def _settled(units: list[PoolUnit], group: int) -> None:
    airing = [unit for unit in units if any(device.group == group for device in unit.open_devices())]
    require(len(airing) <= 1, "C-02", f"group {group} is open at {[unit.name for unit in airing]}")
    if not airing:
        able = [unit.name for unit in units if could_air(unit, group)]
        require(not able, "C-07", f"nobody airs group {group}, and able are {able}")
    masters = [unit for unit in units if unit.state(group) is State.MASTER]
    require(masters == airing, "C-02", f"group {group}: master are {[unit.name for unit in masters]}")
