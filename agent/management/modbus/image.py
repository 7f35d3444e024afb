"""The four banks as bytes, ready to be cut: a read is one look whether it is inside, and one slice.

Everything in here is of one view, because it is brought up to date in one go and never while an answer is made; so a value of
32 bits is never half old, and 125 registers over several groups are of one moment.
"""

from array import array
from collections.abc import Iterable

from agent.model.managed import Bank

PLACES = 0x10000
"""Addresses of a bank."""
Span = tuple[int, int]
"""First address, and the one after the last."""


class Extent:
    """Which addresses there are. `ends[a]`: one past the last of the unbroken run that a is in; 0: a is in none."""

    def __init__(self) -> None:
        self.ends = array("L", bytes(PLACES * array("L").itemsize))

    def set(self, spans: Iterable[Span]) -> None:
        """Spans that touch become one run."""
        self.ends = array("L", bytes(PLACES * array("L").itemsize))
        for start, end in _joined(spans):
            self.ends[start:end] = array("L", [end]) * (end - start)

    def has(self, address: int, count: int) -> bool:
        """All of them."""
        return address < PLACES and self.ends[address] >= address + count


class Registers(Extent):
    """Input or holding registers: two bytes each, high one first."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray(2 * PLACES)

    def read(self, address: int, count: int) -> bytes:
        """Only what `has`."""
        return bytes(self.data[2 * address : 2 * (address + count)])

    def write(self, address: int, words: bytes | bytearray) -> None:
        self.data[2 * address : 2 * address + len(words)] = words

    def word(self, address: int) -> int:
        return int.from_bytes(self.data[2 * address : 2 * address + 2])


class Bits(Extent):
    """Discrete inputs or coils: the lowest address is the lowest bit, as on the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray(PLACES // 8)

    def read(self, address: int, count: int) -> bytes:
        """Only what `has`; bits after the last are 0."""
        found = int.from_bytes(self.data[address // 8 : (address + count + 7) // 8], "little")
        return (found >> address % 8 & (1 << count) - 1).to_bytes((count + 7) // 8, "little")

    def write(self, address: int, count: int, lit: int) -> None:
        """`count` bits from a multiple of 8 on; both are multiples of 8."""
        self.data[address // 8 : (address + count) // 8] = lit.to_bytes(count // 8, "little")

    def put(self, address: int, is_lit: bool) -> None:
        mask = 1 << address % 8
        self.data[address // 8] = self.data[address // 8] & ~mask | (mask if is_lit else 0)


class Image:
    """All four."""

    def __init__(self) -> None:
        self.coils, self.discretes = Bits(), Bits()
        self.inputs, self.holdings = Registers(), Registers()
        self.bits = {1: self.coils, 2: self.discretes}
        self.registers = {3: self.holdings, 4: self.inputs}
        self.of_bank = {Bank.INPUT: self.inputs, Bank.HOLDING: self.holdings}


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
