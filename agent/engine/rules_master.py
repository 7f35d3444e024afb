"""A master: advertises, keeps its lease, answers rivals and requests."""

from agent.engine.agenda import Timer
from agent.engine.door import go, mute, raise_alarm
from agent.engine.effects import GrantLease
from agent.engine.election import NEVER_GIVES_UP
from agent.engine.member import Farewell, Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_backup import start_listening
from agent.engine.rules_leaving import after_device_fault, leave, succeeding
from agent.engine.speech import is_preempting, master_for_ms, say
from agent.engine.timing import CHANGEOVER_LIMIT_NS, MS, REPEAT_NS, lease_ns
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Message, Why


def advertise(member: Member, turn: Turn) -> None:
    """On the nominal beat, without drift. The engine has made sure that the lease has not ended."""
    pace_ms = member.pace_ms
    interval_ns = pace_ms * MS
    beat_ns = turn.due_ns if turn.due_ns + interval_ns > turn.now_ns else turn.now_ns
    turn.unit.beat_ns[pace_ms] = beat_ns
    turn.arm(member, Timer.ADVERT, beat_ns + interval_ns)
    if turn.unit.is_link_up or not turn.unit.rules.holds_on_carrier_loss:
        say(member, turn, Kind.ADVERT)
        if member.beats_to_raise:
            _raise_pace(member, turn)
    else:
        _renew(member, turn, turn.now_ns)


def _raise_pace(member: Member, turn: Turn) -> None:
    """A longer interval counts once three adverts in a row have said it. Had one not left, the lease would have ended."""
    member.beats_to_raise -= 1
    if member.beats_to_raise == 0:
        member.pace_ms = member.config.interval_ms
        turn.arm(member, Timer.ADVERT, turn.unit.next_beat_ns(member.pace_ms, turn.now_ns))


def advertise_again(member: Member, turn: Turn) -> None:
    """The last advert did not leave, or the link is back: while the lease lasts nothing is lost yet."""
    say(member, turn, Kind.ADVERT)


def advertise_news(member: Member, turn: Turn) -> None:
    """The configuration has changed: the backups hear of it at once, at most every 20 ms."""
    if turn.now_ns - member.asserted_at_ns >= REPEAT_NS:
        member.asserted_at_ns = turn.now_ns
        say(member, turn, Kind.ADVERT)
    else:
        turn.arm(member, Timer.REPEAT, member.asserted_at_ns + REPEAT_NS)


def try_again_soon(member: Member, turn: Turn) -> None:
    """It could not be sent: again in 20 ms, not only at the next beat."""
    turn.arm(member, Timer.REPEAT, turn.now_ns + REPEAT_NS)


def advert_left(member: Member, turn: Turn) -> None:
    """The lease counts from the moment before the advert was sent (F-8); one that has ended is not renewed."""
    if turn.packet.kind is not Kind.ADVERT:
        return
    if turn.now_ns >= member.lease_until_ns:
        lease_ended(member, turn)  # frozen between stamping and sending: a backup may have opened since
        return
    _renew(member, turn, turn.received_at_ns)


def _renew(member: Member, turn: Turn, from_ns: int) -> None:
    member.lease_until_ns = from_ns + lease_ns(member.pace_ms)
    turn.arm(member, Timer.LEASE, member.lease_until_ns)
    turn.effects.append(GrantLease(member.device, member.lease_until_ns))


def lease_ended(member: Member, turn: Turn) -> None:
    """It could not advertise for longer than the fastest backup waits: it is no longer master (C-02)."""
    late_ms = (turn.now_ns - member.lease_until_ns) / MS
    mute(member, turn)
    if turn.unit.can_serve(member):
        text = f"no advert could be sent before the lease ended {late_ms:.1f} ms ago; muted, listening"
        go(member, turn, State.BACKUP, Reason.LEASE_ENDED, text)
        start_listening(member, turn)
        return
    reason, text = turn.unit.why_unable(member)
    go(member, turn, State.FAULT, reason, text)
    raise_alarm(member, turn, AlarmName.NOT_READY, text)


def lose_device(member: Member, turn: Turn) -> None:
    """The output cannot be served any more: somebody else must."""
    _, text = turn.unit.why_unable(member)
    leave(member, turn, succeeding(turn, member, Why.DEVICE_FAULT, after_device_fault(member, turn), text))


def reassert(member: Member, turn: Turn) -> None:
    """A claim never beats a live master, and a weaker master does not either: advertise at once, at most every 20 ms."""
    if turn.packet.kind is Kind.ADVERT:
        note_rival(member, turn)
    if turn.now_ns - member.asserted_at_ns >= REPEAT_NS:
        member.asserted_at_ns = turn.now_ns
        say(member, turn, Kind.ADVERT)


def yield_to_rival(member: Member, turn: Turn) -> None:
    """A stronger master is on the LAN: the loser mutes before it acknowledges (C-02)."""
    note_rival(member, turn)
    message = turn.packet
    text = f"{message.name} (priority {message.priority}) is master too, and wins over priority {member.config.priority}"
    was_master_for_ms = master_for_ms(member, turn.now_ns)
    farewell = Farewell(Why.YIELDED, State.BACKUP, Reason.RIVAL_WON, text, yielded_after_ms=was_master_for_ms)
    leave(member, turn, farewell)


def hear_yielded(member: Member, turn: Turn) -> None:
    """A rival that lost has muted, and says how long it was master: the winner may hear of it only now."""
    note_rival(member, turn)


def note_rival(member: Member, turn: Turn) -> None:
    """Two masters: latch the alarm, and count the overlap once for each meeting."""
    message = turn.packet
    if turn.now_ns > member.rival_until_ns:
        overlap_ms = min(master_for_ms(member, turn.now_ns), message.master_for_ms)
        member.split_brains += 1
        member.overlap_ns += overlap_ms * MS
        text = f"{message.name} and this unit were both master of group {member.group} for {overlap_ms} ms"
        raise_alarm(member, turn, AlarmName.SPLIT_BRAIN, text)
    member.rival_until_ns = turn.now_ns + 2 * max(message.interval_ms, member.config.interval_ms) * MS
    if message.priority == member.config.priority == NEVER_GIVES_UP:
        text = f"{message.name} and this unit both have priority 255 in group {member.group}: lower one of them (C-03)"
        raise_alarm(member, turn, AlarmName.TWO_PRIORITY_255, text)


def answer_question(member: Member, turn: Turn) -> None:
    """Who is master? This unit."""
    say(member, turn, Kind.ADVERT, target=turn.packet.unit_id, nonce=turn.packet.nonce)


def answer_as_backup(member: Member, turn: Turn) -> None:
    """Addressed questions are answered in every state: they ask for proof of life."""
    if turn.packet.target:
        say(member, turn, Kind.BEACON, target=turn.packet.unit_id, nonce=turn.packet.nonce)


def hear_request(member: Member, turn: Turn) -> None:
    """Hand over to the one that asks, unless there is a reason not to. One that was read too late is asked for no longer."""
    message = turn.packet
    if turn.now_ns - turn.received_at_ns >= CHANGEOVER_LIMIT_NS:
        return
    why = _objection(member, turn, message)
    if why is not Why.NONE:
        refuse(member, turn, why)
        return
    answer = Why.PREEMPTED if int(message.flags) & Flag.PREEMPTING else message.why
    reason, what = _ASKED_BECAUSE.get(answer, _ASKED_BECAUSE[Why.COMMAND])
    text = f"{message.name} (priority {message.priority}) {what}"
    member.is_parked = member.is_parked or (member.config.is_n_to_m and answer is Why.COMMAND)
    leave(member, turn, Farewell(answer, State.BACKUP, reason, text, message.unit_id))


_ASKED_BECAUSE = {
    Why.COMMAND: (Reason.COMMAND, "was ordered to take over"),
    Why.PREEMPTED: (Reason.PREEMPTED, "preempts"),
    Why.RETURNED: (Reason.RETURNED, "is back, and its return policy asks for the group"),
}


def refuse(member: Member, turn: Turn, why: Why) -> None:
    """A definite answer (C-17)."""
    message = turn.packet
    say(member, turn, Kind.REFUSAL, target=message.unit_id, operation=message.operation, why=why)


def refuse_as_busy(member: Member, turn: Turn) -> None:
    """A changeover is under way; the one that it is for needs no answer."""
    if member.farewell is None or member.farewell.target != turn.packet.unit_id:
        refuse(member, turn, Why.BUSY)


def refuse_as_not_master(member: Member, turn: Turn) -> None:
    """A request that came too late, or twice."""
    if member.farewell is None or member.farewell.target != turn.packet.unit_id:
        refuse(member, turn, Why.NOT_MASTER)


def _objection(member: Member, turn: Turn, message: Message) -> Why:
    if member.operation is not None:
        return Why.BUSY
    if member.config.priority == NEVER_GIVES_UP:
        return Why.PRIORITY_255
    if message.readiness == 0:
        return Why.REQUESTER_NOT_ABLE
    if int(message.flags) & Flag.PREEMPTING:
        return Why.NONE if message.priority > member.config.priority else Why.PREEMPTION_WOULD_UNDO
    return Why.PREEMPTION_WOULD_UNDO if would_be_undone(member, turn, message.priority, message.unit_id) else Why.NONE


def would_be_undone(member: Member, turn: Turn, priority: int, unit_id: int) -> bool:
    """Would this unit, or another able one, preempt a master of that priority at once?"""
    if is_preempting(member.config) and member.config.priority > priority:
        return True
    others = turn.unit.peers.able(member.group, turn.now_ns)
    return any(seat.is_preempting and seat.priority > priority and peer.unit_id != unit_id for seat, peer in others)
