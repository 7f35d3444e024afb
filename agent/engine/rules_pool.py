"""N:M: which seat may claim, with which device, and in which order (C-08, C-16, D-36)."""

from agent.engine.agenda import Timer
from agent.engine.config import Seat
from agent.engine.effects import ParkDevice
from agent.engine.member import Engagement, Member, Turn, Unit
from agent.engine.reasons import State
from agent.engine.timing import MS
from agent.wire.message import NOT_ACTING, Designation

NO_RANK = 1000
"""Of a group whose configuration ranks no service: it comes last."""

_ENGAGED_STATES = (State.CLAIMING, State.MASTER, State.YIELDING)


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
    return [device for device in pool.rules.devices if device in unit.ready_devices and device not in taken]


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
    if member.group not in pool.engaged:
        return
    pool.is_changed = after is State.MASTER or after not in _ENGAGED_STATES
    if after in _ENGAGED_STATES:
        return
    device = pool.engaged.pop(member.group).device
    member.device = member.config.device
    if member.is_pooled and pool.rules.home_group is not None and device in turn.unit.ready_devices:
        turn.effects.append(ParkDevice(device, pool.rules.home_group))


def may_take_over(member: Member, turn: Turn) -> bool:
    """The deadline has passed: may it claim now? If not it waits for its turn, or until nothing keeps it from serving."""
    pool = turn.unit.pool
    pool.deferred.discard(member.group)
    if withheld(member, turn.unit):
        member.is_waiting = True
        return False
    later_ns = _better_ranked_due_ns(member, turn) if member.is_pooled else None
    if later_ns is not None:
        pool.deferred.add(member.group)
        turn.arm(member, Timer.TAKEOVER, later_ns + 1)
    return later_ns is None


def _better_ranked_due_ns(member: Member, turn: Turn) -> int | None:
    """When the next of the better-ranked silent groups falls due, if they will need all devices that are free (C-16)."""
    due_ns = [at_ns for other in turn.unit.members.values() if (at_ns := _due_before(other, member, turn)) is not None]
    return min(due_ns) if due_ns and len(due_ns) >= len(free_devices(turn.unit)) else None


def _due_before(other: Member, member: Member, turn: Turn) -> int | None:
    """Its deadline, if the other group ranks better, has missed an advert, and falls due within one interval."""
    if other is member or not other.is_pooled or other.state is not State.BACKUP or place(other) > place(member):
        return None
    due_ns, interval_ns = turn.unit.agenda.get(other.group, Timer.TAKEOVER), other.config.interval_ms * MS
    if due_ns is None or due_ns > turn.now_ns + interval_ns or withheld(other, turn.unit):
        return None
    master = other.master
    is_heard = master is not None and not master.is_gone and turn.now_ns - master.heard_at_ns <= interval_ns * 3 // 2
    return None if is_heard else due_ns


def place(member: Member) -> tuple[int, int]:
    """The order of claims: service rank, then group (C-16). Smallest first."""
    configuration = member.configuration
    return (NO_RANK if configuration is None else configuration.rank), member.group


def wake_deferred(turn: Turn) -> None:
    """A group is taken care of: those that waited for it look again."""
    for group in turn.unit.pool.deferred:
        turn.arm(turn.unit.members[group], Timer.TAKEOVER, turn.now_ns)
    turn.unit.pool.deferred.clear()
