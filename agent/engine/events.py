"""What the engine can be told. Times are ns on the unit's monotonic clock."""

from dataclasses import dataclass
from enum import StrEnum

from agent.engine.config import Controls
from agent.wire.errors import Rejection
from agent.wire.message import Message


@dataclass(frozen=True, slots=True)
class Start:
    """The process is up, muted; it listens for one full T once link and device are there (C-22), and tells if they are not."""


@dataclass(frozen=True, slots=True)
class PacketReceived:
    """A decoded packet and the moment at which the kernel received it."""

    message: Message
    received_at_ns: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class PacketRejected:
    """A datagram that did not decode. It changes a counter and nothing else."""

    reason: Rejection


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. `is_drained`: every packet received before now has been handled.

    Only then may a silence be believed; adverts go out on time all the same.
    """

    is_drained: bool = True


@dataclass(frozen=True, slots=True)
class Stalled:
    """This process did not run for `gap_ns`, though it wanted to. Packets of that time have been handled before this."""

    gap_ns: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet left. `sent_at_ns` was read before the system call: the lease counts from it."""

    group: int
    message: Message
    sent_at_ns: int


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The system refused to send; or the link has no carrier."""

    group: int
    message: Message
    error: str


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """Carrier of the LAN interface, from rtnetlink."""

    is_up: bool
    detail: str = ""


class DeviceReport(StrEnum):
    """What a device worker reports."""

    READY = "ready"
    """It runs and is muted; sent on (re)connection."""
    LOADED = "loaded"
    OPENED = "opened"
    MUTED = "muted"
    LOCKED = "locked"
    """All carriers of what was loaded have sync; opening does not wait for it (S-26). `order` is that of the load."""
    FAILED = "failed"
    """It died, is silent, or could not carry out an order."""


@dataclass(frozen=True, slots=True)
class DeviceReported:
    """A device worker reports. `order` is the number of the order that this answers; 0 for READY and FAILED."""

    device: str
    report: DeviceReport
    order: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class ConfigChanged:
    """What the ledger says of a group's configuration. `is_held`: a complete, verified snapshot is in force here (C-08)."""

    group: int
    revision: int
    digest: bytes
    is_held: bool
    readiness: int = 255
    """0..255: how well this unit could serve with it (C-14, C-15); 0: not at all."""
    rank: int = 1000
    """Of the most important service, 1 first (C-16)."""
    capacity: int = 0
    """Services that this unit can carry; 0: not stated."""
    reasons: tuple[str, ...] = ()
    own: str = ""
    """Changes with this unit's own part; for the device alone."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A member's controls were changed: the whole set, in force from now on. Answered under `request_id`, if there is one."""

    group: int
    controls: Controls
    request_id: str = ""


class Verb(StrEnum):
    """What a person can order."""

    SET_MASTER = "set-master"
    SET_BACKUP = "set-backup"
    OFF = "off"
    ON = "on"
    ACKNOWLEDGE = "acknowledge"
    STOP = "stop"
    """Of the agent, not of a person."""


@dataclass(frozen=True, slots=True)
class Command:
    """An order from a face. `is_forced`: --force; `is_override`: --override (priority 255, C-03)."""

    command_id: str
    verb: Verb
    group: int
    is_forced: bool = False
    is_override: bool = False
    author: str = ""


Event = (
    Start
    | PacketReceived
    | PacketRejected
    | Tick
    | Stalled
    | Sent
    | SendFailed
    | LinkChanged
    | DeviceReported
    | ConfigChanged
    | Adjusted
    | Command
)
