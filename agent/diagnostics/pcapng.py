"""pcapng, as much as a record needs: section, one interface, packets with comment and data of ours, and blocks of ours.

Wireshark opens it: packets are Enhanced Packet Blocks (raw IP, ns). Everything else that core told is in Custom Blocks, which
other programs skip. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SECTION, INTERFACE, PACKET, CUSTOM = 0x0A0D0D0A, 1, 6, 0x00000BAD
RAW_IP = 101
NUMBER = 8072
"""No enterprise number is registered for this project: that of net-snmp, below whose playpen its MIB is; see MARK."""
MARK = b"understudy-record-1\n"
"""Begins the data of each custom block, so that no block of anybody else is taken for one."""
COMMENT, CUSTOM_TEXT, END = 1, 2988, 0
_BYTE_ORDER, _TSRESOL, _NAME, _APPLICATION = 0x1A2B3C4D, 9, 2, 4
MAX_BLOCK_BYTES = 32 << 20
_HEAD = struct.Struct("<II")
_PACKET = struct.Struct("<IIIII")


class Block(NamedTuple):
    """`body` without type and lengths."""

    kind: int
    body: bytes


def section(application: str, interface: str) -> bytes:
    """How a file begins."""
    body = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1) + _options([(_APPLICATION, application.encode())])
    named = _options([(_NAME, interface.encode()), (_TSRESOL, b"\x09")])
    return _block(SECTION, body) + _block(INTERFACE, struct.pack("<HHI", RAW_IP, 0, 0) + named)


def packet(utc_ns: int, data: bytes, comment: str, text: str) -> bytes:
    """A packet with a comment for people and a text for `replay`."""
    custom = struct.pack("<I", NUMBER) + text.encode()
    head = _PACKET.pack(0, utc_ns >> 32, utc_ns & 0xFFFF_FFFF, len(data), len(data))
    comments = [(COMMENT, comment.encode())] if comment else []
    return _block(PACKET, head + _padded(data) + _options([*comments, (CUSTOM_TEXT, custom)]))


def custom(text: str, raw: bytes = b"") -> bytes:
    """Anything but a packet."""
    data = text.encode()
    return _block(CUSTOM, struct.pack("<I", NUMBER) + MARK + _HEAD.pack(len(data), len(raw)) + data + raw)


def blocks(data: bytes) -> Iterator[Block]:
    """All whole blocks, little-endian; a torn tail ends them. What cannot be a block ends them as well."""
    at = 0
    while at + _HEAD.size <= len(data):
        kind, length = _HEAD.unpack_from(data, at)
        if length < 12 or length % 4 or length > MAX_BLOCK_BYTES or at + length > len(data):
            return
        yield Block(kind, data[at + 8 : at + length - 4])
        at += length


def custom_of(body: bytes) -> tuple[str, bytes] | None:
    """Text and bytes of a custom block of ours; None: somebody else's."""
    start = 4 + len(MARK) + _HEAD.size
    if body[4 : start - _HEAD.size] != MARK or len(body) < start:
        return None
    text_bytes, raw_bytes = _HEAD.unpack_from(body, start - _HEAD.size)
    middle = start + text_bytes
    return body[start:middle].decode("utf-8", "replace"), body[middle : middle + raw_bytes]


def packet_of(body: bytes) -> tuple[int, bytes, str]:
    """Ticks since the epoch (ns in our files), the packet, and our text (empty: somebody else's packet)."""
    _, high, low, length, _ = _PACKET.unpack_from(body)
    end = _PACKET.size + length
    return high << 32 | low, body[_PACKET.size : end], _text_in(body[end + -length % 4 :])


def _text_in(options: bytes) -> str:
    for code, value in options_of(options):
        if code == CUSTOM_TEXT and value[:4] == struct.pack("<I", NUMBER):
            return value[4:].decode("utf-8", "replace")
    return ""


def options_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option."""
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("<HH", data, at)
        if code == END:
            return
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4


def _block(kind: int, body: bytes) -> bytes:
    body = _padded(body)
    length = len(body) + 12
    return _HEAD.pack(kind, length) + body + struct.pack("<I", length)


def _options(options: list[tuple[int, bytes]]) -> bytes:
    packed = b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options)
    return packed + struct.pack("<HH", END, 0)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
