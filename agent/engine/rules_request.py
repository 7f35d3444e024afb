"""A backup asks its master to hand over: by command, by preemption (S-09, S-10), by its return policy (C-10)."""

from agent.engine.agenda import Timer
from agent.engine.door import finish
from agent.engine.effects import Outcome
from agent.engine.events import Verb
from agent.engine.member import Member, Operation
from agent.engine.reasons import State
from agent.engine.rules_follow import follow
from agent.engine.rules_return import is_return_due
from agent.engine.speech import is_preempting, say
from agent.engine.timing import (
    CHANGEOVER_LIMIT_NS,
    REQUEST_REPEAT_NS,
    beacon_interval_ns,
)
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Why


def follow_or_preempt(member: Member, turn: Turn) -> None:
    """A weaker master: follow it, and ask it to hand over if preemption says so (S-09, S-10)."""
    follow(member, turn)
    if member.config.is_in_maintenance or member.state is not State.BACKUP:
        return
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
    Why.LOCKED: "changeovers are locked at {name}; unlock it there first (C-13)",
    Why.MAINTENANCE: "{name} is in maintenance, and hands over to a person's order only (C-13)",
    Why.BUSY: "it is busy with another changeover; try again when that has ended",
}


def be_refused(member: Member, turn: Turn) -> None:
    """The master will not hand over: say why. Preemption tries again later."""
    message = turn.packet
    if member.operation is None or message.operation != member.operation.number:
        return
    member.preempt_after_ns = turn.now_ns + beacon_interval_ns(member.config.interval_ms)
    outcome = Outcome.BUSY if message.why is Why.BUSY else Outcome.REFUSED
    why = _REFUSALS.get(message.why, f"reason {message.why.name}").format(name=message.name)
    finish(member, turn, outcome, f"{message.name}, the master, refused: {why}")
