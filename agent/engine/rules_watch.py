"""Mistakes in the set-up of a pool that only the LAN can show: an alarm, and nothing else depends on it (C-16, S-20, S-23)."""

from collections.abc import Iterator

from agent.engine.agenda import Timer
from agent.engine.config import Seat
from agent.engine.door import clear_alarm, raise_alarm
from agent.engine.election import NEVER_GIVES_UP
from agent.engine.member import Member
from agent.engine.peers import Seat as PeerSeat
from agent.engine.reasons import AlarmName, State
from agent.engine.timing import SEAT_LIFE_NS, SECOND
from agent.engine.turn import Turn
from agent.wire.message import Designation

SILENT_NS = SEAT_LIFE_NS
LOOK_AGAIN_NS = 5 * SECOND


def watch(member: Member, turn: Turn) -> None:
    """Look at what the others say of themselves in this group."""
    if not member.config.is_n_to_m:
        return
    findings = [text for name, seat in _seats(member, turn) for text in _findings(member, name, seat)]
    if findings:
        raise_alarm(member, turn, AlarmName.POOL_CONFLICT, "; ".join(sorted(findings)))
    else:
        clear_alarm(member, turn, AlarmName.POOL_CONFLICT)
    _tell_home_is_back(member, turn)
    if findings or AlarmName.RETURNED in member.alarms:  # it may fall silent
        turn.arm(member, Timer.POOL_WATCH, turn.now_ns + LOOK_AGAIN_NS)


def _seats(member: Member, turn: Turn) -> Iterator[tuple[str, PeerSeat]]:
    for peer in turn.unit.peers.by_id.values():
        seat = peer.seats.get(member.group)
        if seat is not None and seat.priority and not seat.is_leaving and turn.now_ns - seat.heard_at_ns < SILENT_NS:
            yield peer.name, seat


def _findings(member: Member, name: str, seat: PeerSeat) -> Iterator[str]:
    """Sentences. `name`, `seat`: another unit in this group."""
    group, config = member.group, member.config
    if seat.is_preempting or seat.priority == NEVER_GIVES_UP:
        what = "priority 255" if seat.priority == NEVER_GIVES_UP else "preempt on"
        yield f"{name} has {what} in group {group}: neither may be in N:M (S-24, C-16)"
    if config.designation is Designation.MAIN:
        yield from _findings_of_master(member, name, seat)
        return
    is_backup = seat.designation is Designation.NM_BACKUP
    if not is_backup and config.seat is Seat.POOLED and seat.priority <= config.priority:
        yield f"{name}, master of group {group}, has priority {seat.priority}; this backup's must be below it (S-23)"
    if is_backup and seat.priority == config.priority:
        yield f"{name} is a backup of priority {seat.priority} too: backups need different ones (C-16)"


def _findings_of_master(member: Member, name: str, seat: PeerSeat) -> Iterator[str]:
    group, priority = member.group, member.config.priority
    if seat.designation is Designation.MAIN:
        yield f"{name} and this unit are both set to be master of group {group}: each needs a group of its own (S-20)"
    elif seat.priority >= priority:
        yield f"{name}, a backup, has priority {seat.priority}: it must be below this master's {priority} (S-23)"


def _tell_home_is_back(member: Member, turn: Turn) -> None:
    """To the operator of the acting unit, too (Z-39)."""
    if not member.is_pooled:
        return
    homes = [name for name, seat in _seats(member, turn) if seat.designation is Designation.MAIN and seat.is_backup]
    if homes and member.state is State.MASTER:
        text = f"{homes[0]} is back and waits; `understudy set-master {member.group}` there brings group {member.group} home"
        raise_alarm(member, turn, AlarmName.RETURNED, text)
    else:
        clear_alarm(member, turn, AlarmName.RETURNED)
