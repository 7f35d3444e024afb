"""Controls that have changed: deadlines follow at once, and no lease ever outlasts what a backup may go by (F-8, C-21)."""

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, finish
from agent.engine.effects import GrantLease, Outcome
from agent.engine.member import Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_attended import is_by_hand, is_called
from agent.engine.rules_backup import send_beacon, start_listening
from agent.engine.rules_claim import repeat_claim
from agent.engine.rules_master import advertise_news
from agent.engine.timing import BEATS_TO_RAISE, REPEAT_NS, lease_ns, skew_ns
from agent.engine.turn import Turn
from agent.wire.message import Why

_AUTOMATIC = (Why.PREEMPTED, Why.RETURNED)


def as_backup(member: Member, turn: Turn) -> None:
    """The deadline counts anew from the same advert; the others hear at once what this backup is now."""
    _count_anew(member, turn)
    if member.operation is not None and member.operation.why in _AUTOMATIC:  # asked again if the new controls want it, too
        finish(member, turn, Outcome.FAILED, "its controls were changed")
    if is_called(member) and not is_by_hand(member.config):
        clear_alarm(member, turn, AlarmName.ATTENDED)
        start_listening(member, turn)
    else:
        send_beacon(member, turn)


def _count_anew(member: Member, turn: Turn) -> None:
    """Moved by what T has changed; a wait for the skew alone, by what that has, and not before the new T is over. Never into the
    past: a silence is believed when the socket has been read empty, and this deadline comes like any other.
    """
    due_ns = turn.unit.agenda.get(member.group, Timer.TAKEOVER)
    if due_ns is None or member.group in turn.unit.pool.deferred:
        return
    from_ns, timeout_ns = _counts_from_ns(member), turn.unit.timeout_ns(member)
    if due_ns == from_ns + turn.before.timeout_ns:
        due_ns = from_ns + timeout_ns
    else:
        due_ns += skew_ns(member.config.priority) - skew_ns(turn.before.config.priority)
        if member.awaiting is Reason.MASTER_SILENT:
            due_ns = max(due_ns, from_ns + timeout_ns)
    turn.arm(member, Timer.TAKEOVER, max(due_ns, turn.now_ns))


def _counts_from_ns(member: Member) -> int:
    """The last advert, or when it began to listen; a give-up and a doubt are waited for otherwise."""
    if member.awaiting is Reason.MASTER_SILENT and member.master is not None:
        return member.master.heard_at_ns
    return member.backup_since_ns


def as_claimer(member: Member, turn: Turn) -> None:
    """Claim anew with what it is now."""
    _set_pace(member, turn)
    if turn.now_ns - member.asserted_at_ns >= REPEAT_NS:
        repeat_claim(member, turn)
    else:
        turn.arm(member, Timer.REPEAT, member.asserted_at_ns + REPEAT_NS)


def as_master(member: Member, turn: Turn) -> None:
    """Advertise at once what it is now."""
    if _set_pace(member, turn):
        turn.arm(member, Timer.ADVERT, turn.unit.next_beat_ns(member.pace_ms, turn.now_ns))
    advertise_news(member, turn)


def _set_pace(member: Member, turn: Turn) -> bool:
    """A shorter interval counts from now on. A longer one when three adverts have said so: until then the lease and the beat are
    those that every backup goes by. True: the beat is another now.
    """
    interval_ms = member.config.interval_ms
    if interval_ms == turn.before.config.interval_ms:
        return False
    member.beats_to_raise = BEATS_TO_RAISE if interval_ms > member.pace_ms else 0
    if interval_ms >= member.pace_ms:
        return False
    member.pace_ms = interval_ms
    _shorten_lease(member, turn)
    return True


def _shorten_lease(member: Member, turn: Turn) -> None:
    """Before the new interval is said: a backup counts by it from the moment in which it hears of it."""
    until_ns = turn.now_ns + lease_ns(member.pace_ms)
    if until_ns >= member.lease_until_ns:
        return
    member.lease_until_ns = until_ns
    if member.state is State.MASTER:
        turn.arm(member, Timer.LEASE, until_ns)
    if member.state is State.MASTER or (member.phases is not None and member.phases.open_ordered_at_ns is not None):
        turn.effects.append(GrantLease(member.device, until_ns))
