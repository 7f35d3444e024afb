"""How a member speaks: every packet that leaves is made here."""

from functools import reduce
from itertools import product
from operator import or_

from agent.engine.config import MemberConfig
from agent.engine.effects import Send
from agent.engine.election import NEVER_GIVES_UP
from agent.engine.events import Verb
from agent.engine.member import Configuration, Member
from agent.engine.reasons import State
from agent.engine.rules_pool import NO_RANK, acting_for, busy_for_ms, withheld
from agent.engine.timing import MS
from agent.engine.turn import Turn
from agent.engine.unit import Unit
from agent.wire.message import MASTER_FOR_MAX_MS, NO_DIGEST, Flag, Kind, Message, Why

_ABLE_STATES = frozenset({State.BACKUP, State.CLAIMING, State.MASTER, State.YIELDING})
_NO_CONFIGURATION = Configuration(0, NO_DIGEST, False, 255, NO_RANK, 0, ())
_OF_CONFIG = (Flag.PREEMPT, Flag.INCUMBENT, Flag.ATTENDED)
_FLAGS = {
    which: reduce(or_, (flag for flag, is_set in zip(_OF_CONFIG, which, strict=True) if is_set), Flag.NONE)
    for which in product((False, True), repeat=len(_OF_CONFIG))
}


def is_preempting(config: MemberConfig) -> bool:
    """At 255 both preempt modes are ignored: the owner takes its group back (S-06)."""
    return config.is_preempting or config.priority == NEVER_GIVES_UP


def readiness(member: Member, unit: Unit) -> int:
    """0 cannot serve, 255 can; between: what the configuration allows (C-14, C-15)."""
    if member.state not in _ABLE_STATES or not unit.can_serve(member):
        return 0
    if member.state is not State.BACKUP:
        return 255
    if withheld(member, unit) or _is_kept_back(member):
        return 0
    return 255 if member.configuration is None else member.configuration.readiness


def _is_kept_back(member: Member) -> bool:
    """In maintenance nobody shall name it; but the master that a person makes it ask must know that it can serve (C-13)."""
    return member.config.is_in_maintenance and (member.operation is None or member.operation.verb is not Verb.SET_MASTER)


def master_for_ms(member: Member, now_ns: int) -> int:
    """How long master without a break; 0 when not."""
    if member.master_since_ns is None:
        return 0
    return min((now_ns - member.master_since_ns) // MS, MASTER_FOR_MAX_MS)


def say(
    member: Member,
    turn: Turn,
    kind: Kind,
    *,
    target: int = 0,
    nonce: int = 0,
    operation: int = 0,
    why: Why = Why.NONE,
    priority: int | None = None,
    flags: Flag = Flag.NONE,
    yielded_after_ms: int | None = None,
) -> Message:
    """Number a packet, stamp it and send it."""
    unit, config, identity = turn.unit, member.config, turn.unit.identity
    unit.sequence += 1
    age_ms = master_for_ms(member, turn.now_ns) if yielded_after_ms is None else yielded_after_ms
    if member.state is State.BACKUP and kind is Kind.BEACON and unit.pool.engaged and yielded_after_ms is None:
        age_ms = min(busy_for_ms(member, unit, turn.now_ns), MASTER_FOR_MAX_MS)
    held = member.configuration or _NO_CONFIGURATION
    own_flags = _FLAGS[is_preempting(config), config.is_incumbent_healing, config.is_attended]
    message = Message(
        kind, config.device_type, config.group, config.priority if priority is None else priority, config.interval_ms,
        identity.unit_id, identity.boot, unit.sequence, turn.now_ns // 1000, identity.name,
        own_flags | flags if flags else own_flags, config.designation, readiness(member, unit),
        acting_for(member, unit), age_ms, target, nonce, operation, why,
        held.capacity, held.revision, held.digest, identity.software,
    )  # fmt: skip
    turn.effects.append(Send(config.group, message))
    return message


def ask_who_is_master(member: Member, turn: Turn) -> None:
    """The question to everybody; its nonce proves whoever answers."""
    say(member, turn, Kind.QUESTION, nonce=turn.unit.peers.question_nonce(turn.now_ns))
