"""N:M: in which order the groups that fell silent are claimed: service rank, then group (C-16)."""

from agent.engine.agenda import Timer
from agent.engine.member import Member
from agent.engine.pool import Deferral
from agent.engine.reasons import State
from agent.engine.rules_attended import call_the_operator, is_by_hand
from agent.engine.rules_pool import NO_RANK, free_devices, withheld
from agent.engine.timing import MS, skew_ns
from agent.engine.turn import Turn

WAKE_DIVISOR = 12
"""Seats that waited for one and the same claim do not claim all at once: 8.3 ms for each step of priority. A claim of a
unit that has yet to prove itself takes three ways over the LAN (it, the question, the answer) to be believed."""


def may_take_over(member: Member, turn: Turn) -> bool:
    """The deadline has passed: may it claim now? If not it waits for its turn, or until nothing keeps it from serving."""
    known = turn.unit.pool.deferred.pop(member.group, None)
    if withheld(member, turn.unit):
        member.is_waiting = True
        return False
    if is_by_hand(member.config):
        call_the_operator(member, turn)
        return False
    first_ns = known.first_ns if known is not None and known.until_ns == turn.due_ns else turn.due_ns
    return not (member.is_pooled and _lets_others_go_first(member, turn, first_ns))


def _lets_others_go_first(member: Member, turn: Turn, first_ns: int) -> bool:
    """Better-ranked silent groups fall due within one interval, and will need all devices that are free."""
    until_ns = first_ns + member.config.interval_ms * MS
    due_ns = {other.group: at_ns for other in turn.unit.members.values() if (at_ns := _due_before(other, member, turn, until_ns))}
    if not due_ns or len(due_ns) < len(free_devices(turn.unit)):
        return False
    turn.unit.pool.awaited.update(due_ns)
    _defer(member, turn, Deferral(first_ns, min(due_ns.values()) + 1))
    return True


def _defer(member: Member, turn: Turn, deferral: Deferral) -> None:
    turn.unit.pool.deferred[member.group] = deferral
    turn.arm(member, Timer.TAKEOVER, deferral.until_ns)


def _due_before(other: Member, member: Member, turn: Turn, until_ns: int) -> int | None:
    """Its deadline, if the other group ranks better, has missed an advert, and falls due soon enough."""
    if other is member or not other.is_pooled or other.state is not State.BACKUP:
        return None
    due_ns, interval_ns = turn.unit.agenda.get(other.group, Timer.TAKEOVER), other.config.interval_ms * MS
    if due_ns is None or due_ns >= until_ns or place(other) > place(member):
        return None
    master = other.master
    is_heard = master is not None and not master.is_gone and turn.now_ns - master.heard_at_ns <= interval_ns * 9 // 8
    return None if is_heard or is_by_hand(other.config) or withheld(other, turn.unit) else due_ns


def place(member: Member) -> tuple[int, int]:
    """The order of claims: service rank, then group (C-16). Smallest first."""
    configuration = member.configuration
    return (NO_RANK if configuration is None else configuration.rank), member.group


def wake_deferred(member: Member, turn: Turn) -> None:
    """This group is taken care of: those that waited for it look again, unless something else has happened to them."""
    pool = turn.unit.pool
    pool.awaited.discard(member.group)
    pool.deferred.pop(member.group, None)
    for group, deferral in list(pool.deferred.items()):
        other = turn.unit.members[group]
        at_ns = turn.now_ns + skew_ns(other.config.priority) // WAKE_DIVISOR
        if turn.unit.agenda.get(group, Timer.TAKEOVER) == deferral.until_ns and at_ns < deferral.until_ns:
            _defer(other, turn, Deferral(deferral.first_ns, at_ns))
