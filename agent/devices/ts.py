"""MPEG transport stream, ISO/IEC 13818-1: what is in a datagram, and is anything missing.

A packet is 188 bytes; its first four are all that is looked at here, read as one big-endian word:

    sync 0x47 (8) | error (1) | unit start (1) | priority (1) | PID (13) | scrambling (2) | adapt. (1) | payload (1) | count (4)

A datagram is n packets, or an RTP header (RFC 2250, payload type 33) and n packets.
"""

import struct
from functools import cache

PACKET_BYTES = 188
SYNC_BYTE = 0x47
PIDS = 8192
NULL_PID = 0x1FFF
NULL_PACKET = bytes((SYNC_BYTE, 0x1F, 0xFF, 0x10)) + bytes((0xFF,)) * (PACKET_BYTES - 4)

_RTP_BYTES = 12
_RTP_VERSION = 2
_RTP_MP2T = 33
_UNKNOWN = 0xFF  # no counter seen yet: the next one is right, whatever it is
_NONE_KNOWN = bytes((_UNKNOWN,)) * PIDS
_REPEATED = 0x10  # added to the counter awaited: the last packet was already repeated, once more is an error

Datagram = bytes | bytearray | memoryview


def locate(datagram: Datagram) -> tuple[int, int]:
    """Where the transport stream starts and ends, (0, 0) when this is none: shorter than a packet, or no sync byte."""
    size = len(datagram)
    if size >= PACKET_BYTES and datagram[0] == SYNC_BYTE:
        return 0, size
    start, end = _locate_in_rtp(datagram, size)
    if end - start >= PACKET_BYTES and datagram[start] == SYNC_BYTE:
        return start, end
    return 0, 0


def _locate_in_rtp(datagram: Datagram, size: int) -> tuple[int, int]:
    """RFC 3550 5.1: 12 bytes, contributing sources, an extension; padding at the end. (0, 0): not RTP."""
    if size < _RTP_BYTES or datagram[0] >> 6 != _RTP_VERSION or datagram[1] & 0x7F != _RTP_MP2T:
        return 0, 0
    start = _RTP_BYTES + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10:
        if size < start + 4:
            return 0, 0
        start += 4 + 4 * (datagram[start + 2] << 8 | datagram[start + 3])
    padding_bytes = datagram[-1] if datagram[0] & 0x20 else 0
    return start, size - padding_bytes


@cache
def _headers_format(packets: int) -> struct.Struct:
    """At most 348 of them: a datagram is at most 65,507 bytes."""
    return struct.Struct(">" + "I184x" * packets)


def headers(datagram: Datagram, start: int, end: int) -> tuple[int, ...]:
    """The first word of every whole packet."""
    return _headers_format((end - start) // PACKET_BYTES).unpack_from(datagram, start)


class StreamCounter:
    """Counts the packets of one stream and its faults. Memory is bounded by the 8192 PIDs that there are.

    `packets_of_pid`: where to count by PID; None: in a table of its own (64 kB, and the time to make it).
    """

    def __init__(self, packets_of_pid: list[int] | None = None) -> None:
        self.packets = 0
        self.continuity_errors = 0
        self.sync_errors = 0  # wrong first byte, or a piece of a packet at the end of a datagram
        self.transport_errors = 0  # flagged by the demodulator: nothing in such a packet is believed
        self.packets_of_pid = [0] * PIDS if packets_of_pid is None else packets_of_pid
        self._awaited = bytearray(_NONE_KNOWN)

    def restart(self) -> None:
        """The stream begins anew: whatever counter comes next is right. Counts stay."""
        self._awaited = bytearray(_NONE_KNOWN)

    def count(self, datagram: Datagram, start: int, end: int) -> None:
        """Account for the packets between the two. The common packet costs four operations; the rest is in _examine."""
        awaited, packets_of_pid, at = self._awaited, self.packets_of_pid, start
        for header in headers(datagram, start, end):
            pid = header >> 8 & 0x1FFF
            if header & 0xFF800010 == 0x47000010 and awaited[pid] == header & 15:
                awaited[pid] = header + 1 & 15
                packets_of_pid[pid] += 1
            else:
                self._examine(header, pid, datagram, at)
            at += PACKET_BYTES
        self.packets += (at - start) // PACKET_BYTES
        if at != end:
            self.sync_errors += 1

    def _examine(self, header: int, pid: int, datagram: Datagram, at: int) -> None:
        if header >> 24 != SYNC_BYTE:
            self.sync_errors += 1
        elif header & 0x800000:
            self.transport_errors += 1
        else:
            self.packets_of_pid[pid] += 1
            if pid != NULL_PID:
                self._follow(header, pid, _is_discontinuous(header, datagram, at))

    def _follow(self, header: int, pid: int, is_discontinuous: bool) -> None:
        """2.4.3.3: the counter grows with every payload; a packet may be sent twice, not three times."""
        if not header & 0x10:
            self._awaited[pid] = _UNKNOWN if is_discontinuous else self._awaited[pid]
            return
        counter, awaited = header & 15, self._awaited[pid]
        self._awaited[pid] = counter + 1 & 15
        if awaited == _UNKNOWN or is_discontinuous or counter == awaited & 15:
            return
        if counter != awaited - 1 & 15:
            self.continuity_errors += 1
            return
        self.continuity_errors += awaited >= _REPEATED
        self._awaited[pid] = awaited | _REPEATED


def _is_discontinuous(header: int, datagram: Datagram, at: int) -> bool:
    """2.4.3.5: discontinuity_indicator, in an adaptation field that is not empty."""
    return bool(header & 0x20 and datagram[at + 4] and datagram[at + 5] & 0x80)


class PacketFilter:
    """Keeps some PIDs. `pids` None: all. An RTP header stays, and its numbering too: see `apply`."""

    def __init__(self, pids: frozenset[int] | None, drop_null: bool) -> None:
        self.null_dropped = 0
        self.is_transparent = pids is None and not drop_null
        self._is_kept = bytearray(PIDS) if pids is not None else bytearray((True,)) * PIDS
        for pid in pids or ():
            self._is_kept[pid] = True
        self._is_kept[NULL_PID] &= not drop_null

    def apply(self, datagram: Datagram, start: int, end: int) -> Datagram:
        """The datagram without the packets that are not kept, and without broken ones; empty: nothing is left to send."""
        if self.is_transparent:
            return datagram
        words = headers(datagram, start, end)
        kept = [at for at, word in enumerate(words) if word >> 24 == SYNC_BYTE and self._is_kept[word >> 8 & 0x1FFF]]
        if len(kept) * PACKET_BYTES == len(datagram) - start:
            return datagram
        self.null_dropped += 0 if self._is_kept[NULL_PID] else sum(word & 0xFF1FFF00 == 0x471FFF00 for word in words)
        packets = b"".join(datagram[start + at * PACKET_BYTES : start + (at + 1) * PACKET_BYTES] for at in kept)
        return _rtp_header(datagram, start) + (packets or NULL_PACKET) if start else packets


def _rtp_header(datagram: Datagram, start: int) -> bytes:
    """Without padding. A datagram of which nothing is left carries a null packet: a gap in the numbers would look like loss."""
    return bytes((datagram[0] & ~0x20,)) + bytes(datagram[1:start])
