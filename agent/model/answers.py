"""Who asks, what for, and what is answered: the same on every face (C-17)."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from agent.model.kinds import Value
from agent.model.view import Index

MAX_REASON_BYTES = 200
"""Of why somebody changes or commands something, in UTF-8: the same on every face."""


class Role(IntEnum):
    """What a principal may do; each may do what those below may (C-20)."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Principal:
    """`name`: as authenticated (user, certificate, community label, never a secret). `face`: cli, snmp, modbus, http."""

    name: str
    face: str
    address: str
    role: Role

    def __str__(self) -> str:
        where = f" {self.address}" if self.address else ""
        return f"{self.name} ({self.face}{where})"


class Denial(Enum):
    """Why not. Beside each: SNMP; Modbus; HTTP; exit code of the command line."""

    BAD_VALUE = "bad_value"  # wrongValue (wrongType, wrongLength); 03; 400; 2
    UNKNOWN = "unknown"  # noCreation, notWritable; 02; 404; 2
    NOT_ALLOWED = "not_allowed"  # noAccess; 01; 403; 3
    CONFLICT = "conflict"  # inconsistentValue; 04; 409; 3   (locked, no able successor, not in this state)
    BUSY = "busy"  # resourceUnavailable; 06; 409 with the running operation; 4
    FAILED = "failed"  # commitFailed before anything was done, genErr after; 04; 503; 5   (core away, disk full)


@dataclass(frozen=True, slots=True)
class Change:
    """A new value for one settable object."""

    table: str
    index: Index
    name: str
    value: Value


class Verb(IntEnum):
    """The command object. NO_ACTION is what it always reads as; writing it does nothing."""

    NO_ACTION = 1
    SET_MASTER = 2
    SET_BACKUP = 3
    FORCE_MASTER = 4
    OFF = 5
    ON = 6
    ARM_STANDBY = 7
    ACKNOWLEDGE = 8


@dataclass(frozen=True, slots=True)
class Order:
    """A command to one member. `reason`: why, in the person's words. `is_forced`, `is_override`: as on the command line."""

    verb: Verb
    group: int
    reason: str = ""
    is_forced: bool = False
    is_override: bool = False


class Phase(IntEnum):
    """Of an operation."""

    IDLE = 1
    RUNNING = 2
    DONE = 3
    REFUSED = 4
    FAILED = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """Definite. `denial` None: accepted; `phase` says whether it is done. `operation`: its id, 0 when there is none.

    `culprit`: which of several changes was refused, from 0. `running`: the operation in the way when BUSY.
    """

    denial: Denial | None
    text: str
    phase: Phase = Phase.DONE
    operation: int = 0
    culprit: int = 0
    running: int = 0
    details: dict[str, object] = field(default_factory=dict)
