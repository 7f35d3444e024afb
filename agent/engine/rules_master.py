"""A master: advertises, keeps its lease, answers rivals and requests."""

from agent.engine.agenda import Timer
from agent.engine.door import go, mute, raise_alarm
from agent.engine.effects import GrantLease
from agent.engine.election import NEVER_GIVES_UP
from agent.engine.member import Farewell, Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_backup import start_listening
from agent.engine.rules_leaving import after_device_fault, leave, succeeding
from agent.engine.speech import master_for_ms, say
from agent.engine.timing import MS, REPEAT_NS, lease_ns
from agent.engine.turn import Turn
from agent.wire.message import Kind, Why


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
