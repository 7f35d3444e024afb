"""What the engine wants done. Carry out all effects of one event, in order, before the next event."""

from dataclasses import dataclass
from enum import StrEnum

from agent.engine.phases import Phases
from agent.engine.reasons import AlarmName, Reason, Role, Severity, State
from agent.wire.message import Message


@dataclass(frozen=True, slots=True)
class Send:
    """Send this packet; report Sent (or SendFailed). `group` is the member that sends it."""

    group: int
    message: Message


@dataclass(frozen=True, slots=True)
class GrantLease:
    """Let the device's output stay open until then (monotonic ns). Carried out by one store into shared memory."""

    device: str
    until_ns: int


@dataclass(frozen=True, slots=True)
class LoadDevice:
    """Load the configuration of this group; report LOADED with this order number."""

    device: str
    order: int
    group: int


@dataclass(frozen=True, slots=True)
class ParkDevice:
    """Back to the pool, muted already: restore the unit's own configuration, that of its own group. No answer is waited for."""

    device: str
    group: int


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """Open the output, under the lease that ends then; report OPENED."""

    device: str
    order: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class MuteDevice:
    """End the lease now, mute; report MUTED when not one more datagram can leave."""

    device: str
    order: int


@dataclass(frozen=True, slots=True)
class Transition:
    """The one door between states was used. Goes to the journal, the trap, the metric label and the page."""

    group: int
    before: State
    after: State
    role: Role
    reason: Reason
    text: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Raised once, until cleared; raising it again only renews the text."""

    group: int
    name: AlarmName
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class ClearAlarm:
    """The condition is over."""

    group: int
    name: AlarmName


@dataclass(frozen=True, slots=True)
class HeardMaster:
    """A master was heard for the first time, or says something new about its configuration: whoever tracks it wants to know."""

    group: int
    message: Message
    address: str
    heard_at_ns: int


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How long each phase of the takeover took (F-7). Told when all are known."""

    group: int
    phases: Phases
    at_ns: int


@dataclass(frozen=True, slots=True)
class ControlsChanged:
    """A member's controls are others now: faces want its snapshot."""

    group: int


class Outcome(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reply:
    """The definite answer to a command (C-17)."""

    command_id: str
    outcome: Outcome
    text: str


Effect = (
    Send
    | GrantLease
    | LoadDevice
    | ParkDevice
    | OpenDevice
    | MuteDevice
    | Transition
    | RaiseAlarm
    | ClearAlarm
    | HeardMaster
    | TakenOver
    | ControlsChanged
    | Reply
)
