"""Claiming: the claim goes out before anything is loaded (C-26), the output opens under the claim's lease."""

from agent.engine.agenda import Timer
from agent.engine.door import finish, go, mute, new_order, raise_alarm
from agent.engine.effects import LoadDevice, OpenDevice, Outcome
from agent.engine.events import Verb
from agent.engine.member import Farewell, Member
from agent.engine.phases import Phases
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_backup import send_beacon, start_listening
from agent.engine.rules_follow import follow, hear_other_named
from agent.engine.rules_leaving import after_device_fault, leave
from agent.engine.rules_margin import note_takeover
from agent.engine.rules_order import may_take_over
from agent.engine.rules_phases import note_claimed, note_loaded, note_open_ordered, note_opened
from agent.engine.rules_pool import engage, withheld
from agent.engine.speech import say
from agent.engine.timing import CLAIM_LIMIT_NS, CLAIM_SETTLE_NS, MS, REPEAT_NS, UNREAD_LIMIT_NS, lease_ns
from agent.engine.turn import Turn
from agent.wire.message import Kind, Why

_DEPARTURES = (Verb.SET_BACKUP, Verb.OFF)
_BECAUSE = {
    Reason.MASTER_SILENT: "no advert from {master} for {silence_ms:.1f} ms (T = {timeout_ms:.1f} ms)",
    Reason.NO_MASTER_AT_START: "no master heard for a full T of {timeout_ms:.1f} ms",
    Reason.MASTER_GAVE_UP: "{master} gave up; waited the skew",
    Reason.SUCCESSOR_SILENT: "{master} handed over, but its successor was not heard for a full T",
}


def take_over(member: Member, turn: Turn) -> None:
    """The deadline has passed."""
    if not may_take_over(member, turn):
        _give_departure_up(member, turn)
        return
    master, timeout_ns = member.master, turn.unit.timeout_ns(member)
    silence_ns = turn.now_ns - master.heard_at_ns if master else timeout_ns
    text = _BECAUSE[member.awaiting].format(
        master=master.name if master else "this unit", silence_ms=silence_ns / MS, timeout_ms=timeout_ns / MS
    )
    if member.awaiting is Reason.SUCCESSOR_SILENT and master is None:  # it was this unit that left
        raise_alarm(member, turn, AlarmName.SUCCESSOR_SILENT, f"took group {member.group} back: {text} (C-07)")
        finish(member, turn, Outcome.FAILED, "no successor was heard; this unit took the group back (C-07)")
    note_takeover(member)
    claim(member, turn, member.awaiting, text)


def _give_departure_up(member: Member, turn: Turn) -> None:
    """It was ordered away, its successor is silent, and it must not take the group back by itself."""
    if member.operation is not None and member.operation.verb in _DEPARTURES:
        text = f"no successor was heard, and this unit does not take group {member.group} back by itself"
        finish(member, turn, Outcome.FAILED, text)


def take_over_named(member: Member, turn: Turn) -> None:
    """The master named this unit: no timer at all. A name that lay unread for longer than a lease may be taken already."""
    is_late = turn.now_ns - turn.received_at_ns >= lease_ns(turn.packet.interval_ms)
    asked = member.operation
    is_unwanted = member.config.is_in_maintenance and asked is None
    if is_late or is_unwanted or withheld(member, turn.unit):
        hear_other_named(member, turn)
        return
    text = f"{turn.packet.name} muted its output and named this unit its successor"
    if asked is not None and asked.author:  # S-33: who wanted it
        text += f"; {asked.verb} by {asked.author}"
    claim(member, turn, Reason.NAMED_SUCCESSOR, text)


def claim(member: Member, turn: Turn, reason: Reason, text: str) -> None:
    """Put the claim on the LAN, then have the configuration loaded."""
    if member.operation is not None and member.operation.verb in _DEPARTURES:
        finish(member, turn, Outcome.FAILED, f"its successor did not stay; this unit takes group {member.group} back (C-07)")
    member.is_parked, member.is_loaded, member.farewell = False, False, None
    member.lease_until_ns, member.settled_at_ns, member.is_named = 0, None, reason is Reason.NAMED_SUCCESSOR
    silence_ns = turn.now_ns - member.master.heard_at_ns if member.master else turn.unit.timeout_ns(member)
    member.pace_ms, member.beats_to_raise = member.config.interval_ms, 0
    member.phases = Phases(silence_ns, turn.now_ns)
    engage(member, turn)
    go(member, turn, State.CLAIMING, reason, text)
    repeat_claim(member, turn)
    turn.arm(member, Timer.LIMIT, turn.now_ns + CLAIM_LIMIT_NS)
    member.phases.load_order = new_order(member, turn)
    turn.effects.append(LoadDevice(member.device, member.order, member.group))


def repeat_claim(member: Member, turn: Turn) -> None:
    """Every interval, until it is open."""
    say(member, turn, Kind.CLAIM)
    member.asserted_at_ns = turn.now_ns
    turn.arm(member, Timer.ADVERT, turn.now_ns + member.pace_ms * MS)


def insist(member: Member, turn: Turn) -> None:
    """A weaker claimer: repeat the claim, at most every 20 ms."""
    if turn.now_ns - member.asserted_at_ns >= REPEAT_NS:
        repeat_claim(member, turn)


def answer_as_claimer(member: Member, turn: Turn) -> None:
    """Who asks for proof of life is told at once that this unit claims: with a beacon, the next backup might claim as well."""
    if turn.packet.target:
        say(member, turn, Kind.CLAIM, target=turn.packet.unit_id, nonce=turn.packet.nonce)
        member.asserted_at_ns = turn.now_ns


def claim_left(member: Member, turn: Turn) -> None:
    """The claim is on the LAN: its lease begins, and the first one begins to settle."""
    if turn.packet.kind is Kind.CLAIM:
        member.lease_until_ns = turn.received_at_ns + lease_ns(member.pace_ms)
        if member.settled_at_ns is None:
            member.settled_at_ns = turn.now_ns + CLAIM_SETTLE_NS
            note_claimed(member, turn)
        _open_when_ready(member, turn)


def loaded(member: Member, turn: Turn) -> None:
    """The device holds the configuration."""
    member.is_loaded = True
    note_loaded(member, turn)
    _open_when_ready(member, turn)


def settled(member: Member, turn: Turn) -> None:
    """No other claim was heard, and none lies unread: this is a deadline, and those come when the socket has been read empty."""
    _open(member, turn)


def _open_when_ready(member: Member, turn: Turn) -> None:
    if member.settled_at_ns is None or not member.is_loaded:
        return
    if member.is_named or turn.now_ns >= member.settled_at_ns + UNREAD_LIMIT_NS:
        _open(member, turn)  # its claims hold the others off: no flood shall keep it from opening for longer than one interval
    else:
        turn.arm(member, Timer.SETTLE, max(member.settled_at_ns, turn.now_ns))


def _open(member: Member, turn: Turn) -> None:
    if member.is_loaded and member.lease_until_ns > turn.now_ns:
        member.is_loaded = False
        order = new_order(member, turn)
        turn.effects.append(OpenDevice(member.device, order, member.lease_until_ns))
        note_open_ordered(member, turn)


def opened(member: Member, turn: Turn) -> None:
    """The output is open: say so at once. If the claim's lease has ended by now, the process was stopped: it never was master."""
    if turn.now_ns >= member.lease_until_ns:
        _listen_again(member, turn)
        return
    go(member, turn, State.MASTER, Reason.OUTPUT_OPEN, "the output is open")
    begin_mastership(member, turn)
    note_opened(member, turn)


def begin_mastership(member: Member, turn: Turn) -> None:
    """Say so at once, and go on saying it; answer whoever ordered it."""
    member.master = None
    if member.config.is_n_to_m:
        turn.arm(member, Timer.POOL_WATCH, turn.now_ns)
    say(member, turn, Kind.ADVERT)
    turn.arm(member, Timer.ADVERT, turn.unit.next_beat_ns(member.pace_ms, turn.now_ns))
    turn.arm(member, Timer.LEASE, member.lease_until_ns)
    if member.operation is not None:
        took_ms = (turn.now_ns - member.operation.started_at_ns) / MS
        finish(member, turn, Outcome.DONE, f"this unit is master of group {member.group}, after {took_ms:.1f} ms")


def doubt_after_stall(member: Member, turn: Turn) -> None:
    """This process slept past its claim's lease: somebody else may be master by now."""
    if turn.now_ns >= member.lease_until_ns:
        _listen_again(member, turn)


def _listen_again(member: Member, turn: Turn) -> None:
    mute(member, turn)
    go(member, turn, State.BACKUP, Reason.LEASE_ENDED, "the claim's lease ended before the output was open; listening")
    finish(member, turn, Outcome.FAILED, "this unit was stopped while it took over; it listens again")
    turn.disarm(member, Timer.LIMIT)
    start_listening(member, turn)


def stand_down(member: Member, turn: Turn) -> None:
    """A live master, or a stronger claimer, was heard before this unit had opened."""
    message = turn.packet
    is_claim = message.kind is Kind.CLAIM
    reason = Reason.STRONGER_CLAIM if is_claim else Reason.MASTER_HEARD
    what = "claims too and is stronger" if is_claim else "is master and was heard again"
    mute(member, turn)
    go(member, turn, State.BACKUP, reason, f"{message.name} (priority {message.priority}) {what}")
    finish(member, turn, Outcome.FAILED, f"{message.name} {what}; this unit stays backup")
    member.backup_since_ns = turn.now_ns
    follow(member, turn)
    send_beacon(member, turn)


def give_claim_up(member: Member, turn: Turn) -> None:
    """The device did not open in time: let others take over."""
    text = f"device {member.device} did not open within {CLAIM_LIMIT_NS / 1e9:.0f} s"
    finish(member, turn, Outcome.FAILED, text)
    leave(member, turn, Farewell(Why.DEVICE_FAULT, State.FAULT, Reason.CLAIM_TIMED_OUT, text))


def lose_device(member: Member, turn: Turn) -> None:
    """The device failed while claiming: let others take over."""
    _, text = turn.unit.why_unable(member)
    finish(member, turn, Outcome.FAILED, text)
    leave(member, turn, Farewell(Why.DEVICE_FAULT, after_device_fault(member, turn), Reason.DEVICE_FAILED, text))
