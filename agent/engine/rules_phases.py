"""How long a takeover took, phase by phase (F-7): told once, when everything is known."""

from agent.engine.effects import TakenOver
from agent.engine.member import Member
from agent.engine.reasons import State
from agent.engine.turn import Turn


def note_claimed(member: Member, turn: Turn) -> None:
    """The claim has left."""
    if member.phases is not None:
        member.phases.claim_ns = turn.received_at_ns - member.phases.decided_at_ns


def note_loaded(member: Member, turn: Turn) -> None:
    """The device holds the configuration."""
    if member.phases is not None:
        member.phases.load_ns = turn.now_ns - member.phases.decided_at_ns


def note_open_ordered(member: Member, turn: Turn) -> None:
    """The claim has settled, the device is told to open."""
    if member.phases is not None:
        member.phases.open_ordered_at_ns = turn.now_ns


def note_opened(member: Member, turn: Turn) -> None:
    """The output is open."""
    phases = member.phases
    if phases is not None and phases.open_ordered_at_ns is not None and phases.open_ns is None:
        phases.open_ns = turn.now_ns - phases.open_ordered_at_ns
        _tell_if_known(member, turn)


def locked(member: Member, turn: Turn) -> None:
    """All carriers have sync; that may be before or after the output opened (S-26)."""
    phases = member.phases
    if phases is not None and phases.lock_ns is None:
        phases.lock_ns = turn.now_ns - phases.decided_at_ns
        _tell_if_known(member, turn)


def _tell_if_known(member: Member, turn: Turn) -> None:
    if member.phases is not None and member.phases.are_known and member.state is State.MASTER:
        turn.effects.append(TakenOver(member.group, member.phases, turn.now_ns))
