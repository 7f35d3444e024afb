"""How near did each advert of the tracked master come to a takeover? Measured; too near is an alarm (S-15, F-1, F-2)."""

from typing import NamedTuple

from agent.engine.agenda import Timer
from agent.engine.arrivals import MINUTE_NS, MINUTES, Arrivals
from agent.engine.door import clear_alarm, raise_alarm
from agent.engine.member import Member, TrackedMaster
from agent.engine.reasons import AlarmName, Reason
from agent.engine.timing import MS
from agent.engine.turn import Turn
from agent.wire.message import Kind, Message

QUIET_NS = MINUTES * MINUTE_NS
"""After so long without another near miss the alarm is over."""


def begin_arrivals(member: Member, turn: Turn) -> None:
    """The next advert is the first whose distance counts: before it lies a claim, another interval, master or life."""
    message, arrivals = turn.packet, member.arrivals
    offset = message.sequence - turn.unit.peers.by_id[message.unit_id].packets
    _begin(member, turn, offset - arrivals.offset)
    arrivals.offset, arrivals.sent_at_us = offset, message.sent_at_us


def _begin(member: Member, turn: Turn, missing: int) -> None:
    message, arrivals = turn.packet, member.arrivals
    if arrivals.silent_since_ns is not None:
        _judge_takeover(member, turn, arrivals.silent_since_ns, missing)
    arrivals.begin((message.unit_id, message.interval_ms), message.boot, turn.received_at_ns)


def note_takeover(member: Member) -> None:
    """T is over without a word of the tracked master. Whether it was dead is known when somebody is heard."""
    if member.master is not None and member.awaiting is Reason.MASTER_SILENT:
        member.arrivals.silent_since_ns = member.master.heard_at_ns


def _judge_takeover(member: Member, turn: Turn, since_ns: int, missing: int) -> None:
    """It was a false one, if that master has been master all the time (F-1, F-2)."""
    message, arrivals = turn.packet, member.arrivals
    arrivals.silent_since_ns = None
    distance_ns, interval_ns = turn.received_at_ns - since_ns, message.interval_ms * MS
    is_same = arrivals.master == (message.unit_id, message.interval_ms) and message.boot == arrivals.boot
    if not is_same or message.kind is not Kind.ADVERT or message.master_for_ms * MS < distance_ns:
        return
    arrivals.window.takeovers += 1
    run = min(missing, arrivals.timeout_ns // interval_ns) if missing > 0 else 0
    late_ns = 0 if run else distance_ns - interval_ns
    if run:
        arrivals.note_missing(run)
    arrivals.note(turn.received_at_ns, distance_ns, late_ns)
    if late_ns > arrivals.window.latest_ns:
        arrivals.note_latest(late_ns, late_ns)
    _warn(member, turn, arrivals.timeout_ns - distance_ns, _missing(run) if run else _late(late_ns, late_ns))


def note_arrival(member: Member, turn: Turn, tracked: TrackedMaster) -> None:
    """A word of the tracked master, before the time of its last one is forgotten. The hot path of a backup: as a rule it is as
    punctual as ever, and nothing but counted.
    """
    message, arrivals, at_ns = turn.packet, member.arrivals, turn.received_at_ns
    offset = message.sequence - turn.unit.peers.by_id[message.unit_id].packets
    missing, arrivals.offset = offset - arrivals.offset, offset
    sent_us, arrivals.sent_at_us = message.sent_at_us - arrivals.sent_at_us, message.sent_at_us
    distance_ns = at_ns - tracked.heard_at_ns
    if arrivals.low_ns <= distance_ns <= arrivals.high_ns and missing <= 0 and at_ns < arrivals.minute_until_ns:
        arrivals.usual += 1
        arrivals.usual_ns += distance_ns
    elif _is_advert_after_advert(message, arrivals, tracked):
        _look_at(member, turn, _Arrival(distance_ns, distance_ns - sent_us * 1000, missing))
    else:
        _begin(member, turn, missing)


class _Arrival(NamedTuple):
    """`way_ns`: how much longer it was on its way than the one before it. `missing`: packets of its sender since then."""

    distance_ns: int
    way_ns: int
    missing: int


def _is_advert_after_advert(message: Message, arrivals: Arrivals, tracked: TrackedMaster) -> bool:
    is_same = arrivals.master == (message.unit_id, message.interval_ms) and message.boot == arrivals.boot
    return is_same and message.kind is Kind.ADVERT and not tracked.is_claiming and arrivals.silent_since_ns is None


def _look_at(member: Member, turn: Turn, arrival: _Arrival) -> None:
    arrivals, distance_ns, interval_ns = member.arrivals, arrival.distance_ns, turn.packet.interval_ms * MS
    margin_ns = arrivals.timeout_ns - distance_ns
    if margin_ns <= 0 and turn.unit.agenda.get(member.group, Timer.TAKEOVER) is None:
        return  # its deadline passed, and a person was called or the pool was busy: that was more than near
    run = min(arrival.missing, max(0, (distance_ns + interval_ns // 2) // interval_ns - 1)) if arrival.missing > 0 else 0
    late_ns = distance_ns - (run + 1) * interval_ns
    if run:
        arrivals.note_missing(run)
    elif arrival.missing > 0:  # one that came between two beats, and the next beat is missing: that is not late
        late_ns = min(late_ns, arrival.way_ns)
    arrivals.note(turn.received_at_ns, distance_ns, late_ns)
    if late_ns > arrivals.window.latest_ns:
        arrivals.note_latest(late_ns, arrival.way_ns)
    if margin_ns < arrivals.thin_ns or (run and margin_ns * 20 <= interval_ns * 21):
        _warn(member, turn, margin_ns, _missing(run) if run else _late(late_ns, arrival.way_ns))


def _missing(run: int) -> str:
    adverts = "1 advert was" if run == 1 else f"{run} adverts in a row were"
    return f"{adverts} lost (F-2)"


def _late(late_ns: int, way_ns: int) -> str:
    where = "on its way" if 2 * way_ns > late_ns else "at its sender"
    return f"an advert was {late_ns / MS:.0f} ms late, most of it {where} (F-1)"


def _warn(member: Member, turn: Turn, margin_ns: int, what: str) -> None:
    """Told anew only when it was nearer still: a bad LAN fills no journal."""
    arrivals = member.arrivals
    turn.arm(member, Timer.THIN, turn.now_ns + QUIET_NS)
    if AlarmName.MARGIN_THIN in member.alarms and margin_ns >= arrivals.told_ns:
        return
    arrivals.told_ns = margin_ns
    would = "before this unit would have taken" if margin_ns > 0 else "after this unit had begun to take"
    text = (
        f"{turn.packet.name}: {what}; its next word came {abs(margin_ns) / MS:.0f} ms {would} group {member.group} over, "
        f"T = {arrivals.timeout_ns / 1e9:g} s: understudy advise {member.group}"
    )
    raise_alarm(member, turn, AlarmName.MARGIN_THIN, text)


def end_warning(member: Member, turn: Turn) -> None:
    """Ten minutes without another."""
    clear_alarm(member, turn, AlarmName.MARGIN_THIN)
