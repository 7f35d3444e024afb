"""A value of the model ⇄ 16-bit registers, high word first. None, and what a place is too small for, have their words."""

from agent.management.modbus.codes import Code, Refused
from agent.model.cut import cut
from agent.model.kinds import Counter, Flag, Kind, Number, Text, Value
from agent.model.registers import MISSING_SIGNED, MISSING_UNSIGNED


def words_of(kind: Kind, value: Value, count: int) -> bytes:
    """Two bytes a word, `count` words."""
    if isinstance(kind, Text):
        return _text(value if isinstance(value, str) else "", 2 * count)
    if isinstance(value, bytes):
        return value[: 2 * count].ljust(2 * count, b"\0")
    if not isinstance(value, int):
        return _missing(kind, count)
    return _number(kind, int(value), count)


def value_of(kind: Kind, words: bytes) -> Value:
    """What a client means by these words; Refused (03) for what can mean nothing. Ranges are the arbiter's to check."""
    number = int.from_bytes(words)
    if isinstance(kind, Flag):
        if number > 1:
            raise Refused(Code.ILLEGAL_VALUE)
        return bool(number)
    if _is_signed(kind):
        return int.from_bytes(words, signed=True)
    return number


def _number(kind: Kind, value: int, count: int) -> bytes:
    """A counter goes on from 0; another number that is too large stays just below what says `not known`."""
    top = (1 << 16 * count) - 1
    if isinstance(kind, Counter):
        return (value & top).to_bytes(2 * count)
    if _is_signed(kind):
        return max(-(top >> 1), min(value, top >> 1)).to_bytes(2 * count, signed=True)
    return max(0, min(value, top - 1)).to_bytes(2 * count)


def _missing(kind: Kind, count: int) -> bytes:
    if _is_signed(kind):
        return MISSING_SIGNED.to_bytes(2).ljust(2 * count, b"\0")
    return MISSING_UNSIGNED.to_bytes(2) * count


def _is_signed(kind: Kind) -> bool:
    return isinstance(kind, Number) and kind.low < 0


def _text(text: str, size: int) -> bytes:
    """UTF-8, cut between letters, zeros after it."""
    return cut(text, size).encode(errors="replace").ljust(size, b"\0")
