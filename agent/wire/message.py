"""The message that travels on the redundancy LAN, as a value.

A NamedTuple and not a dataclass: a unit with 255 groups makes 255 of them a second, and a frozen dataclass
costs three times as much to build.
"""

from enum import IntEnum, IntFlag
from typing import NamedTuple

MAGIC = 0x5553
MAJOR = 1
MINOR = 0
HEADER_BYTES = 112
TRAILER_BYTES = 36
MAX_DATAGRAM_BYTES = 512
REQUIRED_TTL = 255
INTERVAL_MS = range(10, 40_951)
NOT_ACTING = 0xFFFF
NO_DIGEST = bytes(32)
MAX_NAME_BYTES = 64
MAX_SOFTWARE_BYTES = 32
MASTER_FOR_MAX_MS = 0xFFFF_FFFF


class Kind(IntEnum):
    """One packet kind a purpose."""

    ADVERT = 1
    GIVE_UP = 2
    CLAIM = 3
    HANDOVER = 4
    QUESTION = 5
    BEACON = 6
    REQUEST = 7
    REFUSAL = 8


class Flag(IntFlag):
    """Bits of the flags field; unknown bits are ignored. AUTHENTICATED belongs to the codec alone."""

    NONE = 0
    AUTHENTICATED = 0x0001
    PREEMPT = 0x0002
    INCUMBENT = 0x0004
    PREEMPTING = 0x0008
    LEAVING = 0x0010
    ATTENDED = 0x0020


class Designation(IntEnum):
    """What a unit is for (C-01); two bits of the flags field."""

    MAIN = 0
    RESERVE = 1
    NM_BACKUP = 2


DESIGNATION_WORDS = {Designation.MAIN: "main", Designation.RESERVE: "reserve", Designation.NM_BACKUP: "nmBackup"}
"""As settings and faces say them."""


class Why(IntEnum):
    """The reason field of give-up, handover, request, refusal and beacon."""

    NONE = 0
    COMMAND = 1
    STOPPING = 2
    DEVICE_FAULT = 3
    PREEMPTED = 4
    YIELDED = 5
    REQUESTER_NOT_ABLE = 6
    NOT_MASTER = 7
    PRIORITY_255 = 8
    PREEMPTION_WOULD_UNDO = 9
    BUSY = 10
    RETURNED = 11
    LOCKED = 12
    MAINTENANCE = 13


class Message(NamedTuple):
    """One packet's meaning. Ranges and units as in docs/protocol.md; `encode` and `decode` hold them to it."""

    kind: Kind
    device_type: int
    group: int
    priority: int
    interval_ms: int
    unit_id: int
    boot: int
    sequence: int
    sent_at_us: int
    name: str
    flags: Flag = Flag.NONE
    designation: Designation = Designation.MAIN
    readiness: int = 0
    acting_for: int = NOT_ACTING
    master_for_ms: int = 0
    target: int = 0
    nonce: int = 0
    operation: int = 0
    why: Why = Why.NONE
    capacity: int = 0
    config_revision: int = 0
    config_digest: bytes = NO_DIGEST
    software: str = ""
