"""A person switches a seat off and on (D-12, C-12), or acknowledges its alarms. Every order gets a definite answer (C-17)."""

from agent.engine.agenda import Timer
from agent.engine.door import answer, clear_alarm, go, raise_alarm
from agent.engine.effects import Outcome
from agent.engine.election import NEVER_GIVES_UP
from agent.engine.member import Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.rules_backup import start_listening
from agent.engine.rules_claim import begin_mastership
from agent.engine.rules_command import is_busy
from agent.engine.rules_leaving import leave, succeeding
from agent.engine.rules_off import be_off_by_command, hold, set_off
from agent.engine.timing import SEAT_LIFE_NS, START_LIMIT_NS
from agent.engine.turn import Turn
from agent.wire.message import Why


def _by_whom(turn: Turn) -> str:
    assert turn.command is not None
    return turn.command.author or "an operator"


def off_here(member: Member, turn: Turn) -> None:
    """Not in control: say farewell, and be off."""
    if is_busy(member, turn):
        return
    member.operation = turn.command
    be_off_by_command(member, turn, f"switched off by {_by_whom(turn)}")


def off_master(member: Member, turn: Turn) -> None:
    """In control: hand over, and be off when the successor is master. Nobody able: refused, or its output stays open (C-12)."""
    command = turn.command
    assert command is not None
    if is_busy(member, turn):
        return
    text = f"switched off by {_by_whom(turn)}"
    if turn.unit.peers.able(member.group, turn.now_ns):
        member.operation, member.is_parked = command, True
        leave(member, turn, succeeding(turn, member, Why.COMMAND, State.BACKUP, text))
    elif command.is_forced:
        _stay_on_air(member, turn, f"{text}, forced: its output stays open, and nobody protects group {member.group}")
    else:
        why = f"no backup of group {member.group} says that it can serve, and this unit is on the air"
        answer(turn, Outcome.REFUSED, f"{why}; repair one first, or --force: the output then stays as it is (C-12)")


def _stay_on_air(member: Member, turn: Turn, text: str) -> None:
    go(member, turn, State.OFF_ON_AIR, Reason.COMMAND, text)
    set_off(member, turn, is_off=True)
    raise_alarm(member, turn, AlarmName.OFF_ON_AIR, f"{text}; `understudy on {member.group}` takes it under control again")
    hold(member, turn)
    answer(turn, Outcome.DONE, text)


def already_off(_member: Member, turn: Turn) -> None:
    """Nothing to do."""
    answer(turn, Outcome.DONE, "off already")


def on_here(member: Member, turn: Turn) -> None:
    """Begin again, listening for one full T. Why it left is forgotten: preemption and its return policy may act again."""
    if not member.config.is_off or turn.unit.is_stopping:
        answer(turn, Outcome.REFUSED, "the agent is stopping; start it again")
        return
    text = f"switched on by {_by_whom(turn)}"
    set_off(member, turn, is_off=False)
    member.is_parked = False
    if turn.unit.can_serve(member):
        go(member, turn, State.BACKUP, Reason.COMMAND, f"{text}; listening for a master")
        start_listening(member, turn)
    else:
        go(member, turn, State.INIT, Reason.COMMAND, f"{text}; waiting for link and device")
        turn.arm(member, Timer.LIMIT, turn.now_ns + START_LIMIT_NS)
    answer(turn, Outcome.DONE, text)


def on_air_again(member: Member, turn: Turn) -> None:
    """Its output was left on the air: under control again as soon as the socket has been read empty, if nobody else is heard."""
    if is_busy(member, turn):
        return
    member.operation = turn.command
    if not member.doubted:
        turn.arm(member, Timer.HOLD, turn.now_ns)


def hold_or_resume(member: Member, turn: Turn) -> None:
    """Its lease is to be renewed; or it was switched on, and is master again."""
    if member.operation is None:
        hold(member, turn)
        return
    go(member, turn, State.MASTER, Reason.COMMAND, f"switched on by {member.operation.author or 'an operator'} on the air")
    clear_alarm(member, turn, AlarmName.OFF_ON_AIR)
    set_off(member, turn, is_off=False)
    member.doubted = 0
    member.pace_ms, member.beats_to_raise = member.config.interval_ms, 0
    begin_mastership(member, turn)


def already_on(member: Member, turn: Turn) -> None:
    """Nothing to do."""
    if not is_busy(member, turn):
        answer(turn, Outcome.DONE, "on already")


_LATCHED = (AlarmName.SPLIT_BRAIN, AlarmName.TWO_PRIORITY_255, AlarmName.SUCCESSOR_SILENT)
"""They tell of something that is over, and stay until somebody has read them."""


def acknowledge(member: Member, turn: Turn) -> None:
    """Clear what has only been left for a person to read; what is still so stays."""
    latched = [name for name in _LATCHED if name in member.alarms]
    lasting = [name for name in latched if _lasts(member, turn, name)]
    cleared = [name for name in latched if name not in lasting]
    for name in cleared:
        clear_alarm(member, turn, name)
    said = f"cleared: {', '.join(cleared)}" if cleared else "there is nothing to clear"
    answer(turn, Outcome.DONE, said + (f"; still so: {', '.join(lasting)}" if lasting else ""))


def _lasts(member: Member, turn: Turn, name: AlarmName) -> bool:
    if name is AlarmName.SPLIT_BRAIN:
        return turn.now_ns <= member.rival_until_ns
    if name is AlarmName.TWO_PRIORITY_255 and member.config.priority == NEVER_GIVES_UP:
        seats = [peer.seats[member.group] for peer in turn.unit.peers.by_id.values() if member.group in peer.seats]
        return any(seat.priority == NEVER_GIVES_UP and turn.now_ns - seat.heard_at_ns < SEAT_LIFE_NS for seat in seats)
    return False
