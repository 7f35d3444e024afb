"""What a person orders: set-master, set-backup, stop. Every order gets a definite answer (C-17)."""

from dataclasses import replace

from agent.engine.agenda import Timer
from agent.engine.door import answer, finish, mute
from agent.engine.effects import Outcome
from agent.engine.election import NEVER_GIVES_UP
from agent.engine.member import Member, Operation
from agent.engine.reasons import Reason, State
from agent.engine.rules_asked import would_be_undone
from agent.engine.rules_attended import is_by_hand, is_called
from agent.engine.rules_claim import claim
from agent.engine.rules_leaving import leave, succeeding
from agent.engine.rules_off import be_off
from agent.engine.rules_pool import withheld
from agent.engine.rules_request import begin_request
from agent.engine.timing import MS
from agent.engine.turn import Turn
from agent.wire.message import Why

FORCED_WAIT_NS = 200 * MS
"""A forced set-master still asks first, for this long."""


def is_busy(member: Member, turn: Turn) -> bool:
    """Is a changeover running? Then that is the answer."""
    running = member.operation
    if running is None:
        return False
    age_ms = (turn.now_ns - running.started_at_ns) / MS
    who = f" by {running.author}" if running.author else ""
    answer(turn, Outcome.BUSY, f"{running.verb} (operation {running.number}{who}) has been running for {age_ms:.0f} ms")
    return True


def set_master_here(member: Member, turn: Turn) -> None:
    """On a backup: ask the master to hand over. Nobody to ask: refused unless forced."""
    command = turn.command
    assert command is not None
    if is_busy(member, turn):
        return
    why = withheld(member, turn.unit, command.is_forced)
    if why:
        answer(turn, Outcome.REFUSED, f"this unit cannot take over group {member.group}: {why}")
        return
    if is_called(member):
        member.operation = command
        claim(member, turn, Reason.COMMAND, f"ordered by {command.author or 'an operator'}; no master was heard for a full T")
        return
    if member.master is not None and not member.master.is_gone:
        member.operation = command
        begin_request(member, turn)
        if command.is_forced:
            turn.arm(member, Timer.LIMIT, turn.now_ns + FORCED_WAIT_NS)
        return
    if not command.is_forced:
        answer(turn, Outcome.REFUSED, _no_master(member, turn))
        return
    member.operation = command
    claim(member, turn, Reason.FORCED, f"forced by {command.author or 'an operator'}; no master was heard")


def _no_master(member: Member, turn: Turn) -> str:
    due_ns = turn.unit.agenda.get(member.group, Timer.TAKEOVER) or turn.now_ns
    in_s = max(0, due_ns - turn.now_ns) / 1e9
    what = f"no master of group {member.group} can be asked to hand over"
    if is_by_hand(member.config):
        return f"{what}; at once with --force, or without it in {in_s:.1f} s if none is heard"
    return f"{what}; this unit takes over by itself in {in_s:.1f} s if none is heard, or now with --force"


def give_request_up(member: Member, turn: Turn) -> None:
    """The master did not answer in time."""
    operation = member.operation
    if operation is None:
        return
    name = member.master.name if member.master else "the master"
    why = withheld(member, turn.unit, operation.is_forced)
    if operation.is_forced and why:
        finish(member, turn, Outcome.REFUSED, f"this unit cannot take over group {member.group}: {why}")
        return
    if operation.is_forced:
        claim(member, turn, Reason.FORCED, f"forced by {operation.author or 'an operator'}; {name} did not answer")
        return
    text = f"{name} is heard but did not answer; is the path to it broken? --force takes over all the same"
    finish(member, turn, Outcome.REFUSED, text)


def already_master(_member: Member, turn: Turn) -> None:
    """Nothing to do."""
    answer(turn, Outcome.DONE, "this unit is master already")


def already_backup(member: Member, turn: Turn) -> None:
    """Nothing to do."""
    if not is_busy(member, turn):
        answer(turn, Outcome.DONE, "this unit is backup already")


def busy_changing(member: Member, turn: Turn) -> None:
    """CHANGING OVER: answered, never executed later (D-26)."""
    if not is_busy(member, turn):
        answer(turn, Outcome.BUSY, f"a changeover is under way (state {member.state})")


def not_able(member: Member, turn: Turn) -> None:
    """Off, starting or at fault."""
    why = member.last.text if member.last else "it has just started"
    if member.config.is_off:
        why = f"it was switched off; `understudy on {member.group}` switches it on"
    answer(turn, Outcome.REFUSED, f"this unit cannot take part in group {member.group} now (state {member.state}): {why}")


def set_backup_here(member: Member, turn: Turn) -> None:
    """On a master: hand over to the best able backup, or refuse (C-07)."""
    command = turn.command
    assert command is not None
    if is_busy(member, turn):
        return
    refusal = _set_backup_refusal(member, turn, command)
    if refusal:
        answer(turn, Outcome.REFUSED, refusal)
        return
    member.operation, member.is_parked = command, True
    text = f"set-backup by {command.author or 'an operator'}"
    leave(member, turn, succeeding(turn, member, Why.COMMAND, State.BACKUP, text))


def _set_backup_refusal(member: Member, turn: Turn, command: Operation) -> str:
    able = turn.unit.peers.able(member.group, turn.now_ns)
    if member.config.priority == NEVER_GIVES_UP:
        if not command.is_override:
            return "priority 255 never gives up by itself; --override says that you mean it (C-03)"
    elif able and would_be_undone(member, turn, able[0][0].priority, able[0][1].unit_id):
        return "preemption is on and would undo it at once; turn preempt off, or stop this unit instead"
    if not able and not command.is_forced:
        return f"no backup of group {member.group} says that it can serve; repair one first, or --force (C-07)"
    return ""


def stop_master(member: Member, turn: Turn) -> None:
    """Orderly: hand over, or give up; then off."""
    finish(member, turn, Outcome.FAILED, "the agent is stopping")
    member.operation = turn.command
    leave(member, turn, succeeding(turn, member, Why.STOPPING, State.OFF, "the agent is stopping"))


def stop_here(member: Member, turn: Turn) -> None:
    """Not master: tell the others that this successor is gone, and be off."""
    finish(member, turn, Outcome.FAILED, "the agent is stopping")
    if member.state is State.CLAIMING:
        mute(member, turn)
    be_off(member, turn, Reason.STOPPING, "the agent is stopping")
    answer(turn, Outcome.DONE, "off")


def stop_while_yielding(member: Member, turn: Turn) -> None:
    """The farewell goes on; it only ends in off."""
    assert member.farewell is not None
    finish(member, turn, Outcome.FAILED, "the agent is stopping")
    member.operation = turn.command
    member.farewell = replace(member.farewell, why=Why.STOPPING, after=State.OFF)


def already_off(_member: Member, turn: Turn) -> None:
    """Nothing to do."""
    answer(turn, Outcome.DONE, "off already")
