"""From a signal to the cell of the table that answers it."""

from agent.engine.cells import Signal
from agent.engine.member import Member
from agent.engine.reasons import State
from agent.engine.table import TABLE
from agent.engine.turn import Turn

_LEASED = (State.MASTER, State.OFF_ON_AIR)
_LEASE_SIGNALS = (Signal.LEASE_DUE, Signal.SENT)


def signal_member(member: Member, turn: Turn, signal: Signal) -> None:
    """Run one cell. A master whose lease has ended mutes first, and only then hears and speaks (C-02)."""
    if 0 < member.lease_until_ns <= turn.now_ns and member.state in _LEASED and signal not in _LEASE_SIGNALS:
        signal_member(member, turn, Signal.LEASE_DUE)
    cell = TABLE[signal][member.state]
    if cell.action is not None:
        turn.goals = cell.goals
        cell.action(member, turn)


def signal_everybody(turn: Turn, signal: Signal) -> None:
    """Each member of the unit, in turn."""
    for member in turn.unit.members.values():
        signal_member(member, turn, signal)


def count(counters: dict[str, int], name: str) -> None:
    """One more."""
    counters[name] = counters.get(name, 0) + 1
