"""What a client can ask, as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """FC 1..4: which bank, and how many bits or registers from where. The end may lie past 65,535: no such address (02)."""

    function: int
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class WriteBits:
    """FC 5 and 15."""

    function: int
    address: int
    values: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class WriteRegisters:
    """FC 6 and 16. `words`: two bytes each, as they came."""

    function: int
    address: int
    words: bytes


@dataclass(frozen=True, slots=True)
class MaskRegister:
    """FC 22: (present AND `keep`) OR (`put` AND NOT `keep`)."""

    address: int
    keep: int
    put: int

    def applied(self, present: int) -> int:
        return (present & self.keep) | (self.put & ~self.keep & 0xFFFF)


@dataclass(frozen=True, slots=True)
class WriteAndRead:
    """FC 23: written first, then read."""

    read: Read
    write: WriteRegisters


@dataclass(frozen=True, slots=True)
class Diagnose:
    """FC 8."""

    sub_function: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Identify:
    """FC 43/14. `code`: 1 basic, 2 regular, 3 extended, 4 one object."""

    code: int
    object_id: int


@dataclass(frozen=True, slots=True)
class ReportServerId:
    """FC 17."""


Request = Read | WriteBits | WriteRegisters | MaskRegister | WriteAndRead | Diagnose | Identify | ReportServerId
