"""A turn: one event being handled."""

from typing import NamedTuple

from agent.engine.agenda import Timer
from agent.engine.config import MemberConfig
from agent.engine.effects import Effect
from agent.engine.member import Member, Operation
from agent.engine.reasons import State
from agent.engine.unit import Unit
from agent.wire.message import Message


class Before(NamedTuple):
    """What a member's controls were until this event, and its T."""

    config: MemberConfig
    timeout_ns: int


class Turn:
    """One event being handled: the time, the event's own data, and the effects so far."""

    before: Before
    """Of an Adjusted, and of nothing else."""

    __slots__ = ("address", "before", "command", "due_ns", "effects", "goals", "message", "now_ns", "received_at_ns", "unit")

    def __init__(self, unit: Unit, now_ns: int) -> None:
        self.unit = unit
        self.now_ns = now_ns
        self.effects: list[Effect] = []
        self.goals: tuple[State, ...] = ()
        """The states into which the running cell of the table may lead."""
        self.message: Message | None = None
        self.received_at_ns = now_ns
        """When the packet arrived; of one that left, when it was sent."""
        self.due_ns = now_ns
        """When the deadline was due that this event is about."""
        self.address = ""
        self.command: Operation | None = None

    @property
    def packet(self) -> Message:
        """The packet of this event."""
        assert self.message is not None
        return self.message

    def arm(self, member: Member, timer: Timer, at_ns: int) -> None:
        """Set a deadline of a member."""
        self.unit.agenda.arm(member.config.group, timer, at_ns)

    def disarm(self, member: Member, *timers: Timer) -> None:
        """Forget deadlines of a member."""
        self.unit.agenda.disarm(member.config.group, *timers)
