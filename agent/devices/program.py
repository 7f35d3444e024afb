"""A small valid programme: PAT, PMT, PCR and private PES packets, for the generator.

Every elementary packet is a PES packet of its own (private_stream_1, a PTS 0.2 s after the PCR):

     0  TS header (4)                         4  [adaptation field with PCR (8), first PID only, every 20 ms]
     4  00 00 01 BD, length, 80 80 05 (9)    13  PTS (5)
    18  marker (24), see marker.py           42  0xFF to the end
"""

import struct
from collections.abc import Sequence
from functools import cache

from agent.devices.marker import pack_marker
from agent.devices.ts import NULL_PID, PACKET_BYTES, SYNC_BYTE

PACKETS_A_DATAGRAM = 7
DATAGRAM_BYTES = PACKETS_A_DATAGRAM * PACKET_BYTES
PMT_PID = 0x1000
FIRST_PID = 32
MAX_ELEMENTARY_PIDS = 30
TABLES_EVERY_NS = 50_000_000
PCR_EVERY_NS = 20_000_000
PTS_AHEAD_NS = 200_000_000

_PAT_PID = 0
_PROGRAM = 1
_PRIVATE_PES = 0x06
_UNIT_START = 0x4000


class Programme:
    """`pids`: 1..30 elementary PIDs, 32..8190 without 4096 (the PMT's). ValueError: others."""

    def __init__(self, pids: Sequence[int]) -> None:
        if not 1 <= len(set(pids)) == len(pids) <= MAX_ELEMENTARY_PIDS:
            raise ValueError(f"1..{MAX_ELEMENTARY_PIDS} different PIDs are needed, not {list(pids)}")
        for pid in pids:
            if not FIRST_PID <= pid < NULL_PID or pid == PMT_PID:
                raise ValueError(f"PID {pid} is not free for a stream; use {FIRST_PID}..{NULL_PID - 1}, but {PMT_PID}")
        self._pids = tuple(pids)
        self._tables = ((_PAT_PID, _section(_pat())), (PMT_PID, _section(_pmt(self._pids))))
        self._counters = dict.fromkeys((_PAT_PID, PMT_PID, *pids), 0)
        self._tables_due_ns = self._pcr_due_ns = 0
        self._next_slot = 0

    def datagram(self, number: int, sent_ns: int, due_ns: int) -> bytes:
        """Seven packets. `due_ns`: when it should leave, the time of the PCR; `sent_ns`: when it does, for the marker."""
        packets: list[bytes] = []
        if due_ns >= self._tables_due_ns:
            self._tables_due_ns = due_ns + TABLES_EVERY_NS
            packets = [self._header(pid, 0x10) + section for pid, section in self._tables]
        packets.append(self._elementary(self._pids[0], number, sent_ns, due_ns))
        while len(packets) < PACKETS_A_DATAGRAM:
            self._next_slot = (self._next_slot + 1) % len(self._pids)
            packets.append(self._elementary(self._pids[self._next_slot], number, sent_ns, due_ns))
        return b"".join(packets)

    def _elementary(self, pid: int, number: int, sent_ns: int, due_ns: int) -> bytes:
        has_pcr = pid == self._pids[0] and due_ns >= self._pcr_due_ns
        if has_pcr:
            self._pcr_due_ns = due_ns + PCR_EVERY_NS
        start = self._header(pid, 0x30) + _adaptation(due_ns) if has_pcr else self._header(pid, 0x10)
        pes = _pes_header(PACKET_BYTES - len(start)) + _pts(due_ns + PTS_AHEAD_NS) + pack_marker(number, sent_ns)
        return (start + pes).ljust(PACKET_BYTES, b"\xff")

    def _header(self, pid: int, control: int) -> bytes:
        """Every packet of ours begins a unit and has a payload, so every counter moves."""
        counter = self._counters[pid]
        self._counters[pid] = counter + 1 & 15
        return struct.pack(">BHB", SYNC_BYTE, _UNIT_START | pid, control | counter)


@cache
def _pes_header(room_bytes: int) -> bytes:
    """2.4.3.6: data alignment unspecified, PTS only; the length counts what follows it."""
    return struct.pack(">IH3B", 0x000001BD, room_bytes - 6, 0x80, 0x80, 5)


def _pts(time_ns: int) -> bytes:
    """33 bits of 90 kHz, with markers."""
    ticks = time_ns * 9 // 100_000 & (1 << 33) - 1
    return struct.pack(">BHH", 0x21 | ticks >> 29 & 0x0E, ticks >> 14 & 0xFFFE | 1, ticks << 1 & 0xFFFE | 1)


def _adaptation(time_ns: int) -> bytes:
    """PCR of 27 MHz: 33 bits of 90 kHz, 6 reserved, 9 of the rest."""
    ticks = time_ns * 27 // 1000
    base = ticks // 300 & (1 << 33) - 1
    return b"\x07\x10" + (base << 15 | 0x7E00 | ticks % 300).to_bytes(6, "big")


def _pat() -> bytes:
    return struct.pack(">BHHBBBHH", 0x00, 0xB000 | 13, 1, 0xC1, 0, 0, _PROGRAM, 0xE000 | PMT_PID)


def _pmt(pids: Sequence[int]) -> bytes:
    streams = b"".join(struct.pack(">BHH", _PRIVATE_PES, 0xE000 | pid, 0xF000) for pid in pids)
    length = 13 + len(streams)
    return struct.pack(">BHHBBBHH", 0x02, 0xB000 | length, _PROGRAM, 0xC1, 0, 0, 0xE000 | pids[0], 0xF000) + streams


def _section(body: bytes) -> bytes:
    """The payload of the one packet that carries it: pointer field, section, CRC, stuffing."""
    return (b"\x00" + body + struct.pack(">I", _crc32(body))).ljust(PACKET_BYTES - 4, b"\xff")


def _crc32(data: bytes) -> int:
    """CRC-32/MPEG-2: 0x04C11DB7, not reflected, starts with ones, no final inversion."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc
