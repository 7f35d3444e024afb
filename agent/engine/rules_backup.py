"""A backup: listens, follows the master, and knows why it would take over."""

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, finish, go, mute, raise_alarm
from agent.engine.effects import Outcome
from agent.engine.member import Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.speech import ask_who_is_master, say
from agent.engine.timing import (
    BEACON_PACE_NS,
    MS,
    beacon_interval_ns,
    skew_ns,
)
from agent.engine.turn import Turn
from agent.wire.message import Kind

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
