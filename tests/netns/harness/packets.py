"""What a tap saw, and the little of each protocol that judging needs. `tests/scapy_layer.py` checks packets; this counts them."""

import struct
from enum import IntEnum
from typing import NamedTuple

HEADER = struct.Struct(">HBBHHBBBBHHQIIQQQQIHHQ32s")  # docs/protocol.md, up to the configuration digest
MAGIC = 0x5553
NAME_ITEM = 1
NOT_ACTING = 0xFFFF


class Kind(IntEnum):
    """docs/protocol.md, the kinds. VRRP has the first two: its give-up is an advert with priority 0."""

    ADVERT = 1
    GIVE_UP = 2
    CLAIM = 3
    HANDOVER = 4
    QUESTION = 5
    BEACON = 6
    REQUEST = 7
    REFUSAL = 8


class Packet(NamedTuple):
    """`time_ns`: CLOCK_REALTIME when the kernel took it from `host`'s cable, the same clock in every namespace."""

    time_ns: int
    host: str
    src: str
    dst: str
    ttl: int
    payload: bytes


class Said(NamedTuple):
    """A packet of either protocol as far as judging needs it. `interval_ms` is the sender's advertisement interval.
    `acting_for` None: for nobody. `digest`: hex, of the configuration; zeros: none."""

    time_ns: int
    host: str
    kind: int
    group: int
    priority: int
    interval_ms: int
    sequence: int
    target: int
    reason: int
    packet: Packet
    readiness: int = 0
    acting_for: int | None = None
    revision: int = 0
    digest: str = ""


def said(packet: Packet) -> Said | None:
    """Read an Understudy datagram; None: not one."""
    if len(packet.payload) < HEADER.size:
        return None
    fields = HEADER.unpack_from(packet.payload)
    if fields[0] != MAGIC:
        return None
    kind, group, priority, interval, sequence, target, reason = (fields[i] for i in (2, 6, 7, 9, 14, 16, 19))
    readiness, acting_for, revision, digest = (fields[i] for i in (8, 10, 21, 22))
    acting = None if acting_for == NOT_ACTING else acting_for
    more = readiness, acting, revision, digest.hex()
    return Said(packet.time_ns, packet.host, kind, group, priority, interval, sequence, target, reason, packet, *more)


def said_vrrp(packet: Packet) -> Said | None:
    """Read a VRRPv3 advert (RFC 5798, 5.1); centiseconds become milliseconds."""
    if len(packet.payload) < 8 or packet.payload[0] != 0x31:
        return None
    _, group, priority, _, interval_cs = struct.unpack_from(">BBBBH", packet.payload)
    kind = Kind.ADVERT if priority else Kind.GIVE_UP
    return Said(packet.time_ns, packet.host, kind, group, priority, (interval_cs & 0xFFF) * 10, 0, 0, 0, packet)


def parse_frame(time_ns: int, host: str, frame: bytes) -> Packet | None:
    """Ethernet and IPv4 off; UDP off too. None: something else, or cut short."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return None
    start = 14 + (frame[14] & 0x0F) * 4
    if frame[23] == 17:
        start += 8
    src, dst = (".".join(map(str, frame[at : at + 4])) for at in (26, 30))
    end = 14 + int.from_bytes(frame[16:18], "big")  # short frames are padded
    return Packet(time_ns, host, src, dst, frame[22], frame[start:end])
