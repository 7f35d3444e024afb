"""What the generator writes into each elementary packet, and the meter reads: big-endian, behind 8 fixed bytes.

 0  "UNDSTDY1"
 8  datagram number, from 0, of this run of the generator (64)
16  CLOCK_MONOTONIC in ns, read just before the datagram was sent (64)
"""

import struct
from typing import NamedTuple

from agent.devices.ts import Datagram

MAGIC = b"UNDSTDY1"
MARKER_BYTES = 24
_MARKER = struct.Struct(">8sQQ")


class Marker(NamedTuple):
    """`number` 0.., `sent_ns` monotonic."""

    number: int
    sent_ns: int


def pack_marker(number: int, sent_ns: int) -> bytes:
    """24 bytes."""
    return _MARKER.pack(MAGIC, number, sent_ns)


def find_marker(datagram: Datagram) -> Marker | None:
    """The first marker in a datagram, wherever filters and RTP have put it; None: not from the generator."""
    data = bytes(datagram)
    at = data.find(MAGIC)
    if at < 0 or at + MARKER_BYTES > len(data):
        return None
    _, number, sent_ns = _MARKER.unpack_from(data, at)
    return Marker(number, sent_ns)
