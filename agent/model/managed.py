"""One managed object, and one table of them: what is declared."""

from dataclasses import dataclass
from enum import Enum

from agent.model.kinds import Kind


class Access(Enum):
    """What faces may do with it, in the words of SMIv2."""

    READ = "read-only"
    WRITE = "read-write"
    INDEX = "not-accessible"
    NOTIFY = "accessible-for-notify"


class Bank(Enum):
    """The four Modbus banks."""

    COIL = "coil"
    DISCRETE = "discrete input"
    INPUT = "input register"
    HOLDING = "holding register"


@dataclass(frozen=True, slots=True)
class Register:
    """Where PLCs find it. `offset`: from the beginning of its table's block; `words`: 16-bit registers, high word first."""

    bank: Bank
    offset: int
    words: int = 1


@dataclass(frozen=True, slots=True)
class Managed:
    """A parameter. `name` in snake_case, without the table's name: `advertisement_interval_ms`; JSON has it as it is.

    `snmp`: camelCase with the table's prefix, `usMemberAdvertisementInterval`. `column`: last arc of its OID.
    `metric`: name in Prometheus without the prefix `understudy_`; empty: none. `requirement`: why it is there, `S-12`.
    """

    name: str
    kind: Kind
    help: str
    column: int
    snmp: str
    access: Access = Access.READ
    register: Register | None = None
    metric: str = ""
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one shape; no index: one row, that is scalars. `arc`: below the root's objects. `limit`: rows at most."""

    name: str
    help: str
    arc: int
    index: tuple[Managed, ...]
    columns: tuple[Managed, ...]
    limit: int = 1

    def column(self, name: str) -> Managed:
        """KeyError when there is none of that name."""
        found = next((column for column in (*self.columns, *self.index) if column.name == name), None)
        if found is None:
            raise KeyError(name)
        return found
