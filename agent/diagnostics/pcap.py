"""An outsider's capture: pcap or pcapng of tcpdump, Wireshark or anybody, as words of the redundancy LAN."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agent.diagnostics import pcapng
from agent.diagnostics.events import message_of
from agent.diagnostics.frames import datagram_in
from agent.diagnostics.outside import outside
from agent.diagnostics.reading import RecordError, content
from agent.diagnostics.timeline import Timeline, Word
from agent.wire.errors import DecodeError, Rejection
from agent.wire.message import REQUIRED_TTL

_CLASSIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_SECTION = struct.pack("<I", pcapng.SECTION)
_RAW, _ETHERNET, _COOKED, _COOKED_2 = (101, 12, 228, 229), 1, 113, 276
_IP = {b"\x08\x00", b"\x86\xdd"}
_VLAN = {b"\x81\x00", b"\x88\xa8"}
SECOND = 1_000_000_000
MAX_ROUTERS = 32
"""No unit is further away than that ([lan] minimum_ttl); what is comes from elsewhere, and every unit refuses it."""
COPY_NS = 20_000_000
"""Of one packet at two interfaces; later it is a recording."""


class Packet(NamedTuple):
    """`link`: the link type of its interface."""

    utc_ns: int
    link: int
    data: bytes


def timeline_from(path: Path) -> Timeline:
    """What an outsider sees. RecordError: no capture, or one without a packet of ours."""
    words: dict[tuple[int, int, int], Word] = {}
    foreign = repeated = 0
    for packet in packets_in(path):
        datagram = datagram_in(ip_of(packet))
        try:
            message = message_of(datagram.payload if datagram else b"")
        except DecodeError:
            foreign += 1
            continue
        assert datagram is not None
        refused = Rejection.TTL.value if datagram.ttl < REQUIRED_TTL - MAX_ROUTERS else ""
        # The same packet at two interfaces (tcpdump -i any) is one word; only the first copy of a replayed one counts.
        key = (message.unit_id, message.boot, message.sequence)
        first = words.setdefault(key, Word(packet.utc_ns, message, datagram.source, refused=refused))
        repeated += packet.utc_ns - first.at_ns > COPY_NS
    if not words:
        raise RecordError(
            f"{path} holds no packet of a redundancy LAN ({foreign} others). Capture with: tcpdump -w FILE udp port 7420"
        )
    found = outside(list(words.values()), foreign)
    found.repeated = repeated
    return found


def packets_in(path: Path) -> Iterator[Packet]:
    """RecordError: neither pcap nor pcapng."""
    data = content(path)
    if data[:4] in _CLASSIC:
        return _classic(data)
    if data[:4] == _SECTION:
        return _next_generation(data)
    raise RecordError(f"{path} is neither a record of this agent nor a pcap. Give *.pcapng.gz of DATA_DIR/records, or a capture.")


def _classic(data: bytes) -> Iterator[Packet]:
    order, unit_ns = _CLASSIC[data[:4]]
    link = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF if len(data) >= 24 else 0
    head, at = struct.Struct(f"{order}IIII"), 24
    while at + head.size <= len(data):
        seconds, rest, length, _ = head.unpack_from(data, at)
        at += head.size
        if at + length > len(data):
            return
        yield Packet(seconds * SECOND + rest * unit_ns, link, data[at : at + length])
        at += length


def _next_generation(data: bytes) -> Iterator[Packet]:
    interfaces: list[tuple[int, int]] = []
    for block in pcapng.blocks(data):
        if block.kind == pcapng.SECTION:
            interfaces = []
        elif block.kind == pcapng.INTERFACE and len(block.body) >= 8:
            interfaces.append((int.from_bytes(block.body[:2], "little"), _ticks_a_second(block.body[8:])))
        elif block.kind == pcapng.PACKET and len(block.body) >= 20:
            number = int.from_bytes(block.body[:4], "little")
            if number < len(interfaces):
                link, ticks = interfaces[number]
                at, frame, _ = pcapng.packet_of(block.body)
                yield Packet(at * SECOND // ticks, link, frame)


def _ticks_a_second(options: bytes) -> int:
    found = dict(pcapng.options_of(options)).get(9, b"\x06")
    exponent = found[0] & 0x7F if found else 6
    return int((2 if found and found[0] & 0x80 else 10) ** exponent)


def ip_of(packet: Packet) -> bytes:
    """Without its link header; empty: nothing that carries IP."""
    data = packet.data
    if packet.link in _RAW:
        return data
    if packet.link == _ETHERNET:
        at = 12
        while data[at : at + 2] in _VLAN:
            at += 4
        return data[at + 2 :] if data[at : at + 2] in _IP else b""
    if packet.link == _COOKED:
        return data[16:] if data[14:16] in _IP else b""
    if packet.link == _COOKED_2:
        return data[20:] if data[:2] in _IP else b""
    return b""
