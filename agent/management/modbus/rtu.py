"""Frames of Modbus RTU in what came over a line up to a silence. Pure.

      1 unit id   1..253 PDU   2 CRC-16, low byte first

On a line shared with others everybody hears everything: requests to others, and their answers. What begins a burst may be any
of these; but behind garbage only a frame to us is looked for, so a request is not lost because of what stood before it.
"""

from collections.abc import Iterator

MIN_FRAME_BYTES, MAX_FRAME_BYTES = 4, 256
_FIXED = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 8: 8, 17: 4, 22: 10, 43: 7}
"""Sizes of requests, whole frames."""
_COUNTED = {15: 6, 16: 6, 23: 10}
"""Where in the frame the number of data bytes stands."""
_ANSWERS_COUNTED = {1, 2, 3, 4, 17, 23}
_ANSWERS_OF_ANY_SIZE = {8, 43}


def _table() -> tuple[int, ...]:
    entries = []
    for entry in range(256):
        crc = entry
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        entries.append(crc)
    return tuple(entries)


_TABLE = _table()


def crc_of(data: bytes) -> int:
    """CRC-16/MODBUS: x^16 + x^15 + x^2 + 1 reflected, begun with FFFF. 0 over a frame with its CRC."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def framed(unit: int, pdu: bytes) -> bytes:
    """Ready for the line."""
    body = bytes((unit,)) + pdu
    return body + crc_of(body).to_bytes(2, "little")


def frames_in(burst: bytes, unit: int) -> tuple[list[bytes], int]:
    """The frames (unit id and PDU, without CRC), and where the last one ended; 0: there is none (yet)."""
    frames: list[bytes] = []
    start = end = 0
    while len(burst) - start >= MIN_FRAME_BYTES:
        size = _size_at(burst, start, start == end, unit)
        if size:
            frames.append(burst[start : start + size - 2])
            end = start + size
        start += size or 1
    return frames, end


def _size_at(burst: bytes, start: int, is_boundary: bool, unit: int) -> int:
    """Of the frame that begins there; 0: none does."""
    if not is_boundary and burst[start] not in (unit, 0):
        return 0
    left = len(burst) - start
    for size in _sizes(burst, start):
        if MIN_FRAME_BYTES <= size <= min(left, MAX_FRAME_BYTES) and crc_of(burst[start : start + size]) == 0:
            return size
    return 0


def _sizes(burst: bytes, start: int) -> Iterator[int]:
    """What its size may be: as a request, as an answer, and, where the function does not say it, up to the silence."""
    function = burst[start + 1]
    if function in _FIXED:
        yield _FIXED[function]
    place = _COUNTED.get(function)
    if place is not None and start + place < len(burst):
        yield place + 3 + burst[start + place]
    if function in _ANSWERS_COUNTED:
        yield 5 + burst[start + 2]
    if function not in _FIXED or function in _ANSWERS_OF_ANY_SIZE:
        yield len(burst) - start
    if function in _COUNTED or function & 0x80:
        yield 5 if function & 0x80 else 8
