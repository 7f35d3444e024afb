"""ASN.1 BER as SNMP uses it: definite lengths, tags of one byte. Decode or BerError, nothing else, whatever came."""

from typing import Final

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
COUNTER32: Final = 0x41
UNSIGNED: Final = 0x42
TIME_TICKS: Final = 0x43
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = b"\x80\x00"
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_VIEW: Final = b"\x82\x00"
EMPTY: Final = b"\x05\x00"

MAX_ARCS: Final = 128
"""RFC 3416, 4.1: of an object's name."""
MAX_ARC: Final = 0xFFFF_FFFF

Oid = tuple[int, ...]


class BerError(ValueError):
    """These bytes are not what SNMP says they should be."""


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    size = (length.bit_length() + 7) // 8
    return bytes((0x80 | size,)) + length.to_bytes(size, "big")


_LENGTHS: Final = tuple(map(_length, range(4096)))


def length_of(length: int) -> bytes:
    """In as few bytes as possible."""
    return _LENGTHS[length] if length < 4096 else _length(length)


def wrap(tag: int, content: bytes) -> bytes:
    """Tag, length, content."""
    return bytes((tag,)) + length_of(len(content)) + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Any whole number in as few bytes as possible; the unsigned kinds take 0 and up."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return bytes((tag, size)) + value.to_bytes(size, "big", signed=True)


def arcs(numbers: Oid) -> bytes:
    """The arcs below the first two, each in base 128. AssertionError for one outside 0..2^32-1."""
    content = bytearray()
    for number in numbers:
        assert 0 <= number <= MAX_ARC, f"{number} is no arc of an OID"
        if number < 0x80:
            content.append(number)
        else:
            groups = (number.bit_length() + 6) // 7
            content += bytes((number >> 7 * place & 0x7F) | (0x80 if place else 0) for place in range(groups - 1, -1, -1))
    return bytes(content)


def oid_content(oid: Oid) -> bytes:
    """A whole name of at least two arcs, without tag and length."""
    return arcs((oid[0] * 40 + oid[1], *oid[2:]))


def object_id(oid: Oid) -> bytes:
    """The same with tag and length."""
    return wrap(OID, oid_content(oid))


def oid_of(content: bytes) -> Oid:
    """BerError for none at all, one that stops in the middle of an arc, over 128 arcs, or an arc over 2^32-1."""
    numbers: list[int] = []
    number = 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if number > MAX_ARC:
            raise BerError("an arc is too large")
        if byte < 0x80:
            numbers.append(number)
            number = 0
    if not content or content[-1] >= 0x80 or len(numbers) >= MAX_ARCS:
        raise BerError("this is no object identifier")
    first = min(numbers[0] // 40, 2)
    return (first, numbers[0] - 40 * first, *numbers[1:])


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag, where the content begins, where it ends. BerError when it is not all there before `end`."""
    start = at + 2
    if start > end:
        raise BerError("it ends too early")
    length = data[at + 1]
    if length > 0x7F:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > end:
            raise BerError("this is no length")
        start, length = start + size, int.from_bytes(data[start : start + size], "big")
    if start + length > end:
        raise BerError("it ends too early")
    return data[at], start, start + length


def enter(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of this element begins and ends. BerError when its tag is another."""
    start = at + 2
    if start <= end and data[at] == tag and data[at + 1] < 0x80 and start + data[at + 1] <= end:  # the usual, without a call
        return start, start + data[at + 1]
    found, start, stop = header(data, at, end)
    if found != tag:
        raise BerError(f"tag {found:#x} where {tag:#x} is due")
    return start, stop


def signed(content: bytes, max_bytes: int = 4) -> int:
    """BerError when it is empty or longer than a 32-bit number is; zeros before it are forgiven."""
    if not content or not fits(content, max_bytes):
        raise BerError("this is no whole number")
    return int.from_bytes(content, "big", signed=True)


def fits(content: bytes, max_bytes: int) -> bool:
    """Could it be said in so many bytes? Some encoders put a byte or two too many before a number; none puts eight."""
    if len(content) <= max_bytes:
        return True
    if len(content) > max_bytes + 8:
        return False
    value = int.from_bytes(content, "big", signed=True)
    return -(1 << 8 * max_bytes - 1) <= value < 1 << 8 * max_bytes - 1


def take_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An INTEGER of 32 bits and where the next element begins. BerError."""
    start, stop = enter(data, at, end, INTEGER)
    return signed(data[start:stop]), stop


def take_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """An OCTET STRING and where the next element begins. BerError."""
    start, stop = enter(data, at, end, OCTETS)
    return data[start:stop], stop
