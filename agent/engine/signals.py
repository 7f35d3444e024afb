"""What a packet means to one member: the packet's kind, seen with the member's own priority, id and state."""

from agent.engine.cells import Signal
from agent.engine.election import Standing, beats
from agent.engine.member import Member
from agent.engine.reasons import State
from agent.engine.speech import master_for_ms
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Message, Why

_INCUMBENT = int(Flag.INCUMBENT)
_ADDRESSED = {Kind.REQUEST: Signal.REQUEST, Kind.REFUSAL: Signal.REFUSAL}


def is_from_tracked(member: Member, message: Message) -> bool:
    """Priority 0 is valid only from the tracked master (C-04)."""
    return member.master is not None and member.master.unit_id == message.unit_id


def signal_of(member: Member, turn: Turn) -> Signal | None:
    """The row of the table for a fresh packet of our group; None when it is for somebody else, or was noted already."""
    message, own_id = turn.packet, turn.unit.identity.unit_id
    if message.kind is Kind.ADVERT:
        return Signal.STRONGER_ADVERT if _is_weaker(member, turn) else Signal.WEAKER_ADVERT
    if message.kind is Kind.CLAIM:
        return Signal.STRONGER_CLAIM if _rank(message) > (member.config.priority, own_id) else Signal.WEAKER_CLAIM
    if message.kind is Kind.GIVE_UP:
        return Signal.GIVE_UP
    if message.kind is Kind.HANDOVER:
        return Signal.NAMED if message.target == own_id else Signal.OTHER_NAMED
    if message.kind is Kind.BEACON:
        return Signal.YIELDED if message.why is Why.YIELDED else None
    return _ADDRESSED.get(message.kind) if message.target == own_id else None


def _rank(message: Message) -> tuple[int, int]:
    return message.priority, message.unit_id


def _is_weaker(member: Member, turn: Turn) -> bool:
    """Would this member lose against the master that was heard?"""
    message, config, own_id = turn.packet, member.config, turn.unit.identity.unit_id
    if member.state is not State.MASTER:  # the hot path of a backup
        return _rank(message) > (config.priority, own_id)
    theirs = Standing(*_rank(message), message.master_for_ms, bool(int(message.flags) & _INCUMBENT))
    ours = Standing(config.priority, own_id, master_for_ms(member, turn.now_ns), config.is_incumbent_healing)
    return beats(theirs, ours)
