"""A backup: listens, follows the master, and knows why it would take over."""

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, finish, go, mute, raise_alarm
from agent.engine.effects import HeardMaster, Outcome
from agent.engine.election import Standing, beats
from agent.engine.events import Verb
from agent.engine.member import Member, Operation, TrackedMaster
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_order import wake_deferred
from agent.engine.rules_return import is_return_due, note_return
from agent.engine.speech import ask_who_is_master, is_preempting, say
from agent.engine.timing import (
    BEACON_PACE_NS,
    CHANGEOVER_LIMIT_NS,
    MS,
    REQUEST_REPEAT_NS,
    beacon_interval_ns,
    lease_ns,
    skew_ns,
)
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Why

BEACONS_APART = 25
"""A unit with more seats than this lets them take turns."""
BEACON_GRID_NS = 400 * MS
"""The turns of such a unit."""


def start_listening(member: Member, turn: Turn) -> None:
    """Muted, and for one full T deaf to nobody (C-22)."""
    member.master = None
    member.is_waiting = False
    member.backup_since_ns = turn.now_ns
    member.awaiting = Reason.NO_MASTER_AT_START
    turn.arm(member, Timer.TAKEOVER, turn.now_ns + turn.unit.timeout_ns(member))
    ask_who_is_master(member, turn)
    send_beacon(member, turn)


def become_ready(member: Member, turn: Turn) -> None:
    """Link and device are both there now."""
    if not turn.unit.can_serve(member):
        return
    reason = Reason.READY if member.state is State.INIT else _what_is_back(member)
    go(member, turn, State.BACKUP, reason, "link and device are ready; listening for a master")
    clear_alarm(member, turn, AlarmName.NOT_READY)
    start_listening(member, turn)


def say_not_ready(member: Member, turn: Turn) -> None:
    """Some seconds after the start there is still no link, or no device."""
    _, text = turn.unit.why_unable(member)
    raise_alarm(member, turn, AlarmName.NOT_READY, text)


def _what_is_back(member: Member) -> Reason:
    was_link = member.last is not None and member.last.reason is Reason.LINK_LOST
    return Reason.LINK_BACK if was_link else Reason.DEVICE_BACK


def send_beacon(member: Member, turn: Turn) -> None:
    """Say that this backup is able, out of turn; and again when its turn comes: those of many seats not all at once."""
    if not turn.unit.rules.has_beacons:
        return
    seats = len(turn.unit.members)
    interval_ns = beacon_interval_ns(member.config.interval_ms, seats)
    if seats * BEACON_PACE_NS >= interval_ns:
        turn.unit.beacon_turn = turn.unit.beacon_turn % seats + 1
        interval_ns = turn.unit.beacon_turn * BEACON_PACE_NS
    _say_beacon(member, turn, interval_ns)


def repeat_beacon(member: Member, turn: Turn) -> None:
    """Its turn has come (docs/protocol.md)."""
    _say_beacon(member, turn, beacon_interval_ns(member.config.interval_ms, len(turn.unit.members)))


def _say_beacon(member: Member, turn: Turn, next_in_ns: int) -> None:
    message = say(member, turn, Kind.BEACON)
    member.said = message.readiness, message.acting_for
    at_ns = turn.now_ns + next_in_ns
    if len(turn.unit.members) > BEACONS_APART:  # a few of one unit's many leave together: each waking costs more than a packet
        at_ns += -at_ns % BEACON_GRID_NS
    turn.arm(member, Timer.BEACON, at_ns)


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
    else:
        tracked.priority, tracked.interval_ms = message.priority, message.interval_ms
        tracked.heard_at_ns = turn.received_at_ns
        if tracked.config != (message.config_revision, message.config_digest):
            _hear_config(member, turn)
    assert member.master is not None
    member.master.is_claiming = message.kind is Kind.CLAIM
    member.master.acting_for = message.acting_for
    member.awaiting = Reason.MASTER_SILENT
    turn.arm(member, Timer.TAKEOVER, turn.received_at_ns + turn.unit.timeout_ns(member))
    if member.config.is_n_to_m:
        note_return(member, turn)
    if message.interval_ms != member.config.interval_ms:
        _warn_of_interval(member, turn)
    elif member.alarms:
        clear_alarm(member, turn, AlarmName.INTERVAL_MISMATCH)
    if member.alarms:
        clear_alarm(member, turn, AlarmName.ATTENDED)


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


def follow_or_preempt(member: Member, turn: Turn) -> None:
    """A weaker master: follow it, and ask it to hand over if preemption says so (S-09, S-10)."""
    follow(member, turn)
    why, author = Why.NONE, ""
    if _is_preemption_due(member, turn):
        why = Why.PREEMPTED
    elif member.config.return_hold_ns is not None and is_return_due(member, turn):
        why, author = Why.RETURNED, "the return policy after_hold"
    if why and member.operation is None and member.master is not None:
        turn.unit.operations += 1
        member.operation = Operation(turn.unit.operations, Verb.SET_MASTER, "", turn.now_ns, author=author, why=why)
        begin_request(member, turn)


def _is_preemption_due(member: Member, turn: Turn) -> bool:
    if not is_preempting(member.config) or member.is_parked or turn.packet.priority >= member.config.priority:
        return False
    return turn.now_ns >= max(member.backup_since_ns + member.config.preempt_delay_ns, member.preempt_after_ns)


def begin_request(member: Member, turn: Turn) -> None:
    """Ask the master to hand over, and go on asking."""
    turn.arm(member, Timer.LIMIT, turn.now_ns + CHANGEOVER_LIMIT_NS)
    repeat_request(member, turn)


def repeat_request(member: Member, turn: Turn) -> None:
    """The request itself; every 50 ms until it is answered."""
    operation = member.operation
    if operation is None or member.master is None:
        return
    preempting = Flag.PREEMPTING if operation.why is Why.PREEMPTED else Flag.NONE
    target = member.master.unit_id
    say(member, turn, Kind.REQUEST, target=target, operation=operation.number, why=operation.why, flags=preempting)
    turn.arm(member, Timer.REQUEST, turn.now_ns + REQUEST_REPEAT_NS)


_REFUSALS = {
    Why.REQUESTER_NOT_ABLE: "it does not count this unit as able to serve; see `understudy status` here",
    Why.NOT_MASTER: "it is no longer master; try again",
    Why.PRIORITY_255: "its priority is 255, which yields to no peer; run `understudy set-backup GROUP --override` there (C-03)",
    Why.PREEMPTION_WOULD_UNDO: "preemption is on and would undo it at once; turn preempt off, or lower the other priority",
    Why.BUSY: "it is busy with another changeover; try again when that has ended",
}


def be_refused(member: Member, turn: Turn) -> None:
    """The master will not hand over: say why. Preemption tries again later."""
    message = turn.packet
    if member.operation is None or message.operation != member.operation.number:
        return
    member.preempt_after_ns = turn.now_ns + beacon_interval_ns(member.config.interval_ms)
    outcome = Outcome.BUSY if message.why is Why.BUSY else Outcome.REFUSED
    why = _REFUSALS.get(message.why, f"reason {message.why.name}")
    finish(member, turn, outcome, f"{message.name}, the master, refused: {why}")


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


def doubt_after_stall(member: Member, turn: Turn) -> None:
    """This process slept past its deadline: the silence may be its own. Ask, and wait the skew."""
    due_ns = turn.unit.agenda.get(member.group, Timer.TAKEOVER)
    if due_ns is None or due_ns > turn.now_ns:
        return
    turn.arm(member, Timer.TAKEOVER, turn.now_ns + skew_ns(member.config.priority))
    ask_who_is_master(member, turn)


def lose_ability(member: Member, turn: Turn) -> None:
    """Link or device is gone: a unit that cannot know, or cannot serve, never claims."""
    if turn.unit.can_serve(member):
        return
    reason, text = turn.unit.why_unable(member)
    if member.state is State.CLAIMING:
        mute(member, turn)
    go(member, turn, State.FAULT, reason, text)
    finish(member, turn, Outcome.FAILED, text)
    if turn.unit.rules.has_beacons and turn.unit.is_link_up:
        say(member, turn, Kind.BEACON)  # readiness 0: nobody shall name this unit
    raise_alarm(member, turn, AlarmName.NOT_READY, text)
