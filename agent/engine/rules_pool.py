"""N:M: which seat may claim, and with which device (C-08, C-16, D-36). In which order: rules_order.py."""

from agent.engine.config import Seat
from agent.engine.effects import ParkDevice
from agent.engine.member import Member
from agent.engine.pool import Engagement
from agent.engine.reasons import State
from agent.engine.timing import MS
from agent.engine.turn import Turn
from agent.engine.unit import Unit
from agent.wire.message import NOT_ACTING, Designation

NO_RANK = 1000
"""Of a group whose configuration ranks no service: it comes last."""

_ENGAGED_STATES = (State.CLAIMING, State.MASTER, State.YIELDING, State.OFF_ON_AIR)


def is_reserve(member: Member, unit: Unit) -> bool:
    """Can another seat of this unit, on the air, keep this one from serving?"""
    is_nm = member.config.seat is not Seat.ORDINARY
    return is_nm or (unit.pool.rules.is_exclusive and member.config.designation is Designation.RESERVE)


def free_devices(unit: Unit) -> list[str]:
    """Of the pool: ready, and not taken. None while an exclusive reserve is on the air (D-36)."""
    pool = unit.pool
    if pool.rules.is_exclusive and pool.engaged:
        return []
    taken = {engagement.device for engagement in pool.engaged.values()}
    free = [device for device in pool.rules.devices if device in unit.ready_devices and device not in taken]
    return sorted(free, key=lambda device: device == pool.doubtful) if len(free) > 1 else free


def busy_with(member: Member, unit: Unit) -> int | None:
    """The group whose airing keeps this seat from serving (D-27, D-37); None: free."""
    engaged = unit.pool.engaged
    if not engaged or member.group in engaged or not is_reserve(member, unit):
        return None
    return None if member.config.seat is not Seat.ORDINARY and free_devices(unit) else next(iter(engaged))


def withheld(member: Member, unit: Unit, is_forced: bool = False) -> str:
    """Why this seat must not claim; empty: it may. An N:M backup without a snapshot never does (C-08)."""
    configuration = member.configuration
    if member.config.seat is Seat.RESTING:
        return "this is the N:M backup's own group: give the number of a group that it protects"
    if member.is_pooled and (configuration is None or not configuration.is_held):
        return "no snapshot of the master's configuration is held here yet (C-08)"
    busy = busy_with(member, unit)
    if busy is not None:
        return f"busy: this unit is airing group {busy} (D-37)"
    if configuration is not None and configuration.readiness == 0 and (member.is_pooled or not is_forced):
        return "; ".join(configuration.reasons) or "its configuration cannot be served here"
    return ""


def acting_for(member: Member, unit: Unit) -> int:
    """What the wire says: the group that this seat airs for its master, or whose airing keeps it busy."""
    if not unit.pool.engaged:
        return NOT_ACTING
    if member.group in unit.pool.engaged:
        return member.group if member.is_pooled else NOT_ACTING
    busy = busy_with(member, unit)
    return NOT_ACTING if busy is None else busy


def busy_for_ms(member: Member, unit: Unit, now_ns: int) -> int:
    """How long it has been busy with another group."""
    busy = busy_with(member, unit)
    return 0 if busy is None else (now_ns - unit.pool.engaged[busy].since_ns) // MS


def engage(member: Member, turn: Turn) -> None:
    """The seat claims: it takes a device of the pool, and the others of an exclusive reserve are busy."""
    unit = turn.unit
    if not is_reserve(member, unit):
        return
    if member.is_pooled:
        member.device = free_devices(unit)[0]
    unit.pool.engaged[member.group] = Engagement(member.device, turn.now_ns)


def note_state(member: Member, turn: Turn, after: State) -> None:
    """The door was used: a seat that has left gives its device back; when one is on the air the others say that they are busy."""
    pool = turn.unit.pool
    pool.deferred.pop(member.group, None)
    if member.group not in pool.engaged:
        return
    pool.is_changed = pool.is_changed or after is State.MASTER or after not in _ENGAGED_STATES
    if after in _ENGAGED_STATES:
        return
    device = pool.engaged.pop(member.group).device
    member.device = member.config.device
    if after is State.FAULT:
        pool.doubtful = device
    if member.is_pooled and pool.rules.home_group is not None and device in turn.unit.ready_devices:
        turn.effects.append(ParkDevice(device, pool.rules.home_group))
