"""Leaving: mute first, then speak (S-07, C-02, C-04)."""

from dataclasses import replace

from agent.engine.agenda import Timer
from agent.engine.door import finish, go, mute, raise_alarm
from agent.engine.effects import Outcome
from agent.engine.member import Farewell, Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_backup import send_beacon
from agent.engine.speech import ask_who_is_master, say
from agent.engine.timing import CLAIM_LIMIT_NS, FLAP_REST_NS, GIVE_UP_REPEATS, REPEAT_NS
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Why


def leave(member: Member, turn: Turn, farewell: Farewell) -> None:
    """Order silence; the farewell is said when the output is muted, or when its lease has run out."""
    lease_until_ns = max(member.lease_until_ns, turn.now_ns)
    member.farewell = farewell
    mute(member, turn)
    go(member, turn, State.YIELDING, farewell.reason, f"muting: {farewell.text}")
    # A worker that does not answer is as good as muted once the lease that it held is over.
    turn.arm(member, Timer.LEASE, lease_until_ns)


def come_back(member: Member, turn: Turn) -> None:
    """Link or device is back before the farewell is said: it leaves, and stays a backup."""
    if member.farewell is not None and member.farewell.after is State.FAULT and turn.unit.can_serve(member):
        member.farewell = replace(member.farewell, after=State.BACKUP)


def muted(member: Member, turn: Turn) -> None:
    """Not one more datagram leaves: say goodbye, and become what comes after."""
    farewell = member.farewell
    assert farewell is not None
    after = farewell.after
    if after is State.BACKUP and not turn.unit.could_serve_again(member):
        after = State.FAULT
    if farewell.yielded_after_ms is None:
        member.repeats_left = GIVE_UP_REPEATS
        repeat_farewell(member, turn)
    go(member, turn, after, farewell.reason, farewell.text)
    _AFTERWARDS[after](member, turn, farewell)


def _after_as_backup(member: Member, turn: Turn, farewell: Farewell) -> None:
    member.backup_since_ns = turn.now_ns
    member.master = None
    yielded_after_ms = farewell.yielded_after_ms
    member.awaiting = Reason.SUCCESSOR_SILENT if yielded_after_ms is None else Reason.NO_MASTER_AT_START
    turn.arm(member, Timer.TAKEOVER, turn.now_ns + turn.unit.timeout_ns(member))
    if yielded_after_ms is not None:
        say(member, turn, Kind.BEACON, why=Why.YIELDED, yielded_after_ms=yielded_after_ms)
        ask_who_is_master(member, turn)
    send_beacon(member, turn)


def _after_as_fault(member: Member, turn: Turn, farewell: Farewell) -> None:
    member.preempt_after_ns = turn.now_ns + FLAP_REST_NS
    finish(member, turn, Outcome.FAILED, farewell.text)
    # The device may have been there all along, only too slow: it gets another chance.
    turn.arm(member, Timer.LIMIT, turn.now_ns + 2 * CLAIM_LIMIT_NS)
    raise_alarm(member, turn, AlarmName.NOT_READY, farewell.text)


def _after_as_off(member: Member, turn: Turn, farewell: Farewell) -> None:
    finish(member, turn, Outcome.DONE, farewell.text)


_AFTERWARDS = {State.BACKUP: _after_as_backup, State.FAULT: _after_as_fault, State.OFF: _after_as_off}


def repeat_farewell(member: Member, turn: Turn) -> None:
    """Give-up or handover: three times, 20 ms apart, priority 0."""
    farewell = member.farewell
    if farewell is None or member.repeats_left == 0:
        return
    member.repeats_left -= 1
    kind = Kind.HANDOVER if farewell.target else Kind.GIVE_UP
    flags = Flag.LEAVING if farewell.after is State.OFF else Flag.NONE
    number = member.operation.number if member.operation else 0
    say(member, turn, kind, target=farewell.target, operation=number, why=farewell.why, priority=0, flags=flags)
    if member.repeats_left:
        turn.arm(member, Timer.REPEAT, turn.now_ns + REPEAT_NS)


def hear_successor(member: Member, turn: Turn) -> None:
    """Somebody has the group: no need to say it again."""
    turn.disarm(member, Timer.REPEAT)
    member.repeats_left = 0


def after_device_fault(member: Member, turn: Turn) -> State:
    """Fault; but a pool that has another device goes on as a backup with that one."""
    return State.BACKUP if member.is_pooled and turn.unit.could_serve_again(member) else State.FAULT


def succeeding(turn: Turn, member: Member, why: Why, after: State, text: str) -> Farewell:
    """The farewell that names the best able backup, or nobody when there is none."""
    able = turn.unit.peers.able(member.group, turn.now_ns)
    if not able:
        return Farewell(why, after, Reason.GAVE_UP, f"{text}; no able backup is known, whoever hears it may take over")
    _, peer = able[0]
    return Farewell(why, after, Reason.HANDED_OVER, f"{text}; handed over to {peer.name}", peer.unit_id)
