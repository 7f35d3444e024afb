"""What another unit asks: who is master, and to hand over. Every request gets a definite answer (C-17)."""

from agent.engine.election import NEVER_GIVES_UP
from agent.engine.member import Farewell, Member
from agent.engine.reasons import Reason, State
from agent.engine.rules_leaving import leave
from agent.engine.speech import is_preempting, say
from agent.engine.timing import CHANGEOVER_LIMIT_NS
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Message, Why


def answer_question(member: Member, turn: Turn) -> None:
    """Who is master? This unit."""
    say(member, turn, Kind.ADVERT, target=turn.packet.unit_id, nonce=turn.packet.nonce)


def answer_unless_off(member: Member, turn: Turn) -> None:
    """While the agent stops, as a backup does; one that a person has switched off says nothing (D-12)."""
    if not member.config.is_off:
        answer_as_backup(member, turn)


def refuse_unless_off(member: Member, turn: Turn) -> None:
    """The same: no answer is what it is asked for."""
    if not member.config.is_off:
        refuse_as_not_master(member, turn)


def answer_as_backup(member: Member, turn: Turn) -> None:
    """Addressed questions are answered in every state: they ask for proof of life."""
    if turn.packet.target:
        say(member, turn, Kind.BEACON, target=turn.packet.unit_id, nonce=turn.packet.nonce)


def hear_request(member: Member, turn: Turn) -> None:
    """Hand over to the one that asks, unless there is a reason not to. One that was read too late is asked for no longer."""
    message = turn.packet
    if turn.now_ns - turn.received_at_ns >= CHANGEOVER_LIMIT_NS:
        return
    why = _closed_to(member, message) or _objection(member, turn, message)
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


def _closed_to(member: Member, message: Message) -> Why:
    """A lock stops what a person orders, wherever, and nothing automatic; maintenance the other way round (C-13)."""
    is_automatic = bool(int(message.flags) & Flag.PREEMPTING) or message.why is Why.RETURNED
    if is_automatic:
        return Why.MAINTENANCE if member.config.is_in_maintenance else Why.NONE
    return Why.LOCKED if member.config.is_locked else Why.NONE


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
