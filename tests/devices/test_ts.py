"""MPEG-TS accounting against a slow, plain reading of ISO 13818-1 2.4.3, and the filter (S-26, S-27)."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from agent.devices.ts import NULL_PACKET, NULL_PID, PACKET_BYTES, PacketFilter, StreamCounter, headers, locate

RTP = bytes((0x80, 33)) + bytes(10)
PIDS = st.sampled_from((0, 256, 257, 8190, NULL_PID))


def packet(
    pid: int, counter: int, *, payload: bool = True, adaptation: bytes = b"", sync: int = 0x47, is_error: bool = False
) -> bytes:
    """One packet; `adaptation`: the field with its length byte."""
    control = 0x10 * payload | 0x20 * bool(adaptation) | counter
    start = struct.pack(">BHB", sync, pid | (0x8000 if is_error else 0), control)
    return (start + adaptation).ljust(PACKET_BYTES, b"\x55")


class PlainCounter:
    """One packet at a time, in the words of the standard."""

    def __init__(self) -> None:
        self.errors = self.sync_errors = self.transport_errors = 0
        self.last: dict[int, tuple[int, bool]] = {}  # PID: counter of the last packet with payload, was that one a repeat

    def count(self, data: bytes) -> None:
        pid = (data[1] & 0x1F) * 256 + data[2]
        if data[0] != 0x47:
            self.sync_errors += 1
        elif data[1] & 0x80:
            self.transport_errors += 1
        elif pid != NULL_PID:
            self._follow(pid, data)

    def _follow(self, pid: int, data: bytes) -> None:
        has_adaptation, has_payload, counter = bool(data[3] & 0x20), bool(data[3] & 0x10), data[3] % 16
        if has_adaptation and data[4] > 0 and data[5] >= 0x80:
            self.last.pop(pid, None)
        if not has_payload:
            return
        last, was_repeat = self.last.get(pid, ((counter - 1) % 16, False))
        is_repeat = counter == last
        self.errors += was_repeat if is_repeat else counter != (last + 1) % 16
        self.last[pid] = (counter, is_repeat)


PACKETS = st.builds(
    packet,
    PIDS,
    st.integers(0, 3),
    payload=st.sampled_from((True, True, True, False)),
    adaptation=st.sampled_from((b"", b"", b"", b"\x00", b"\x01\x80", b"\x01\x00", b"\xb7\x80")),
    sync=st.sampled_from((0x47, 0x47, 0x47, 0x47, 0x46)),
    is_error=st.sampled_from((False, False, False, True)),
)


@given(st.lists(PACKETS, max_size=60), st.integers(1, 9))
def test_counter_agrees_with_the_plain_model(packets: list[bytes], each: int) -> None:
    """S-26: what the status says of the input is what the standard says, however the packets are grouped."""
    counter, plain = StreamCounter(), PlainCounter()
    for one in packets:
        plain.count(one)
    for at in range(0, len(packets), each):
        datagram = b"".join(packets[at : at + each])
        counter.count(datagram, 0, len(datagram))
    assert (counter.continuity_errors, counter.sync_errors, counter.transport_errors) == (
        plain.errors,
        plain.sync_errors,
        plain.transport_errors,
    )
    assert counter.packets == len(packets)
    assert sum(counter.packets_of_pid) == len(packets) - plain.sync_errors - plain.transport_errors


@given(
    st.binary(max_size=700) | st.binary(max_size=700).map(lambda data: b"\x47" + data) | st.binary(max_size=700).map(RTP.__add__)
)
def test_any_bytes_are_counted_without_an_exception(datagram: bytes) -> None:
    """S-26: a hostile or broken stream is counted, nothing else."""
    start, end = locate(datagram)
    assert 0 <= start <= end <= len(datagram)
    if end:
        StreamCounter().count(datagram, start, end)
        PacketFilter(frozenset({256}), True).apply(datagram, start, end)


def _errors(counters: list[int]) -> int:
    counter = StreamCounter()
    for value in counters:
        counter.count(packet(256, value), 0, PACKET_BYTES)
    return counter.continuity_errors


def test_packet_may_come_twice_but_not_three_times() -> None:
    """ISO 13818-1 2.4.3.3."""
    assert _errors([14, 15, 0, 0, 1]) == 0
    assert _errors([14, 15, 0, 0, 0, 1]) == 1
    assert _errors([14, 15, 1, 2]) == 1


def test_restart_forgives_one_jump() -> None:
    """S-27: a silence that was ordered is not an error of this unit's output."""
    counter = StreamCounter()
    counter.count(packet(256, 3), 0, PACKET_BYTES)
    counter.restart()
    counter.count(packet(256, 9), 0, PACKET_BYTES)
    assert counter.continuity_errors == 0


def test_piece_of_a_packet_is_a_sync_error() -> None:
    """S-26: odd sizes are told."""
    datagram = packet(256, 0) + b"\x47\x01"
    counter = StreamCounter()
    counter.count(datagram, *locate(datagram))
    assert (counter.packets, counter.sync_errors) == (1, 1)


def test_rtp_is_recognised_with_sources_extension_and_padding() -> None:
    """RFC 3550 5.1, RFC 2250."""
    stream = packet(256, 0) + packet(256, 1)
    plain = RTP + stream
    rich = bytes((0x80 | 0x20 | 0x10 | 2, 0x80 | 33)) + bytes(10 + 8) + b"\xab\xcd\x00\x01" + bytes(4) + stream + b"\x00\x00\x03"
    assert locate(plain) == (12, len(plain))
    assert locate(rich) == (28, len(rich) - 3)
    assert locate(bytes((0x80, 96)) + bytes(10) + stream) == (0, 0)


def test_filter_keeps_the_pids_of_the_list_and_the_rtp_header() -> None:
    """S-26."""
    keep, other = packet(256, 0), packet(300, 0)
    chosen = PacketFilter(frozenset({256}), drop_null=False)
    for head in (b"", RTP):
        datagram = head + other + keep + other
        assert bytes(chosen.apply(datagram, *locate(datagram))) == head + keep


def test_filter_of_everything_sends_nothing_or_a_null_packet_in_rtp() -> None:
    """S-26: a missing RTP number would look like loss to the receiver behind."""
    chosen = PacketFilter(frozenset({256}), drop_null=False)
    assert bytes(chosen.apply(packet(300, 0), 0, PACKET_BYTES)) == b""
    assert bytes(chosen.apply(RTP + packet(300, 0), 12, 12 + PACKET_BYTES)) == RTP + NULL_PACKET


def test_null_packets_are_dropped_and_counted() -> None:
    """S-26."""
    chosen = PacketFilter(None, drop_null=True)
    datagram = NULL_PACKET + packet(256, 0) + NULL_PACKET
    assert bytes(chosen.apply(datagram, 0, len(datagram))) == packet(256, 0)
    assert chosen.null_dropped == 2


def test_null_packet_is_one() -> None:
    """ISO 13818-1 2.4.3.2."""
    assert headers(NULL_PACKET, 0, PACKET_BYTES) == (0x471FFF10,)
