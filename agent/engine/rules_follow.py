"""A backup follows its master: every advert moves the deadline (S-12)."""

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, finish, raise_alarm
from agent.engine.effects import HeardMaster, Outcome
from agent.engine.election import Standing, beats
from agent.engine.events import Verb
from agent.engine.member import Member, TrackedMaster
from agent.engine.reasons import AlarmName, Reason
from agent.engine.rules_leaving import hear_successor
from agent.engine.rules_margin import begin_arrivals, note_arrival
from agent.engine.rules_off import be_off_by_command
from agent.engine.rules_order import wake_deferred
from agent.engine.rules_return import note_return
from agent.engine.timing import (
    lease_ns,
    skew_ns,
)
from agent.engine.turn import Turn
from agent.wire.message import Kind


def follow(member: Member, turn: Turn) -> None:
    """A master, or one to be, was heard: the deadline is its arrival plus T (S-12)."""
    message = turn.packet
    tracked = member.master
    if member.group in turn.unit.pool.awaited:
        wake_deferred(member, turn)
    if tracked is None or tracked.unit_id != message.unit_id or tracked.is_gone:
        if not _is_worth_following(member, turn):
            if message.kind is Kind.ADVERT:  # the group has a master all the same, and the tracked one may be a ghost
                turn.arm(member, Timer.TAKEOVER, turn.received_at_ns + turn.unit.timeout_ns(member))
            return
        _track(member, turn)
        begin_arrivals(member, turn)
    else:
        note_arrival(member, turn, tracked)
        tracked.priority, tracked.interval_ms = message.priority, message.interval_ms
        tracked.heard_at_ns = turn.received_at_ns
        if tracked.config != (message.config_revision, message.config_digest):
            _hear_config(member, turn)
    assert member.master is not None
    member.master.is_claiming = message.kind is Kind.CLAIM
    member.master.acting_for = message.acting_for
    member.awaiting = Reason.MASTER_SILENT
    timeout_ns = turn.unit.timeout_ns(member)
    if timeout_ns != member.arrivals.timeout_ns:
        member.arrivals.set_timeout(timeout_ns, skew_ns(member.config.priority))
    turn.arm(member, Timer.TAKEOVER, turn.received_at_ns + timeout_ns)
    if member.config.is_n_to_m:
        note_return(member, turn)
    if message.interval_ms != member.config.interval_ms:
        _warn_of_interval(member, turn)
    elif member.alarms:
        clear_alarm(member, turn, AlarmName.INTERVAL_MISMATCH)
    if member.alarms:
        clear_alarm(member, turn, AlarmName.ATTENDED)
    if member.operation is not None and member.operation.verb is Verb.OFF and message.kind is Kind.ADVERT:
        be_off_by_command(member, turn, f"switched off by {member.operation.author or 'an operator'}; {message.name} is master")


def watch_master(member: Member, turn: Turn) -> None:
    """Off or at fault: no deadline depends on it, but people want to see who is on the air (D-09). It needs no farewell now."""
    hear_successor(member, turn)
    message = turn.packet
    member.master = TrackedMaster(
        message.unit_id, message.name, turn.address, message.priority, message.interval_ms, turn.received_at_ns
    )
    member.master.acting_for = message.acting_for
    member.master.config = (message.config_revision, message.config_digest)


def _is_worth_following(member: Member, turn: Turn) -> bool:
    """Of two masters heard, the stronger is tracked; a silent or departed one is replaced. A claim beats no live master."""
    tracked, message = member.master, turn.packet
    if tracked is None or tracked.is_gone or tracked.unit_id == message.unit_id:
        return True
    if turn.received_at_ns - tracked.heard_at_ns > lease_ns(tracked.interval_ms):
        return True
    is_claim = message.kind is Kind.CLAIM
    if is_claim != tracked.is_claiming:
        return tracked.is_claiming
    return beats(Standing(message.priority, message.unit_id), Standing(tracked.priority, tracked.unit_id))


def _track(member: Member, turn: Turn) -> None:
    message = turn.packet
    member.master = TrackedMaster(
        message.unit_id, message.name, turn.address, message.priority, message.interval_ms, turn.received_at_ns
    )
    operation = member.operation
    if operation is not None and operation.verb is Verb.SET_BACKUP:
        took_ms = (turn.now_ns - operation.started_at_ns) / 1e6
        finish(member, turn, Outcome.DONE, f"{message.name} took over after {took_ms:.1f} ms; this unit is backup")
    if member.farewell is not None and member.farewell.target == message.unit_id:
        turn.disarm(member, Timer.REPEAT)
    _hear_config(member, turn)


def _hear_config(member: Member, turn: Turn) -> None:
    """Another master, or another revision: whoever tracks it pulls what it lacks."""
    assert member.master is not None
    message = turn.packet
    member.master.config = (message.config_revision, message.config_digest)
    turn.effects.append(HeardMaster(member.group, message, turn.address, turn.received_at_ns))


def _warn_of_interval(member: Member, turn: Turn) -> None:
    own_ms, message = member.config.interval_ms, turn.packet
    text = (
        f"{message.name} advertises every {message.interval_ms} ms, this unit is set to {own_ms} ms: "
        f"set advertisement_interval alike on all units of group {member.group} (C-21)"
    )
    raise_alarm(member, turn, AlarmName.INTERVAL_MISMATCH, text)


def hear_give_up(member: Member, turn: Turn) -> None:
    """Only the skew is waited for (C-06); its repetitions move nothing."""
    master = member.master
    if master is None or master.is_gone:
        return
    master.is_gone = True
    member.awaiting = Reason.MASTER_GAVE_UP
    turn.arm(member, Timer.TAKEOVER, turn.received_at_ns + skew_ns(member.config.priority))


def hear_other_named(member: Member, turn: Turn) -> None:
    """Somebody else is to open at once: leave it a full T."""
    if member.master is None or member.master.is_gone:
        return
    member.master.is_gone = True
    member.awaiting = Reason.SUCCESSOR_SILENT
    turn.arm(member, Timer.TAKEOVER, turn.received_at_ns + turn.unit.timeout_ns(member))
