"""The generator's stream is valid and numbered, and the meter finds what is done to it (F-7)."""

from itertools import pairwise

from agent.devices.marker import find_marker
from agent.devices.meter import StreamMeter
from agent.devices.program import PMT_PID, Programme, _crc32
from agent.devices.ts import PACKET_BYTES, StreamCounter

MS = 1_000_000


def _stream(count: int, pids: tuple[int, ...] = (256, 257)) -> list[bytes]:
    """One datagram a millisecond."""
    programme = Programme(pids)
    return [programme.datagram(number, number * MS, number * MS) for number in range(count)]


def _packets(datagrams: list[bytes]) -> list[bytes]:
    data = b"".join(datagrams)
    return [data[at : at + PACKET_BYTES] for at in range(0, len(data), PACKET_BYTES)]


def test_generated_stream_has_no_errors_and_every_datagram_its_number() -> None:
    """F-7: the measure must be exact before it measures."""
    counter = StreamCounter()
    for number, datagram in enumerate(_stream(200, tuple(range(100, 130)))):
        assert len(datagram) == 1316
        assert find_marker(datagram) == (number, number * MS)
        counter.count(datagram, 0, len(datagram))
    assert counter.continuity_errors == counter.sync_errors == 0


def test_tables_name_the_pids_and_their_checksums_hold() -> None:
    """ISO 13818-1 2.4.4: over a section with its CRC the CRC is 0; check value of CRC-32/MPEG-2 for 123456789."""
    assert _crc32(b"123456789") == 0x0376E6E7
    pat, pmt = _packets(_stream(1))[:2]
    for section in (pat[5:], pmt[5:]):
        length = 3 + (section[1] & 0x0F) * 256 + section[2]
        assert _crc32(section[:length]) == 0
    assert pat[15:17] == (0xE000 | PMT_PID).to_bytes(2, "big")
    assert bytes.fromhex("06e100f00006e101f000") in pmt


def test_pcr_counts_27_mhz() -> None:
    """ISO 13818-1 2.4.3.5: every 20 ms, 540,000 ticks."""
    fields = [int.from_bytes(one[6:12], "big") for one in _packets(_stream(100)) if one[3] & 0x20]
    pcrs = [(field >> 15) * 300 + (field & 0x1FF) for field in fields]
    assert [after - before for before, after in pairwise(pcrs)] == [540_000] * 4


def test_meter_finds_loss_repetition_disorder_and_silence() -> None:
    """F-7: outages are measured in datagrams and in ns."""
    datagrams = _stream(100)
    order = [*range(10), *range(15, 50), 12, 49, *range(50, 100)]
    meter = StreamMeter()
    for at, number in enumerate(order):
        meter.feed(datagrams[number], at * MS + (500 * MS if at >= 60 else 0))
    assert (meter.lost, meter.reordered, meter.duplicated) == (4, 1, 1)
    assert meter.largest_gap_ns == 501 * MS
    assert meter.packets == 7 * len(order)
    assert meter.continuity_errors > 0


def test_meter_tells_a_clean_takeover_from_an_overlap() -> None:
    """C-02: double output is the one thing that must not happen, so it must be seen when it does."""
    datagrams = _stream(40)
    clean, double = StreamMeter(), StreamMeter()
    for number, datagram in enumerate(datagrams):
        clean.feed(datagram, number * MS, "a" if number < 20 else "b")
        if number < 25:
            double.feed(datagram, number * MS, "a")
        if number >= 20:
            double.feed(datagram, number * MS + 1, "b")
    assert (clean.overlap("a", "b"), clean.overlap("b", "a"), clean.duplicated, len(clean.switches)) == (0, 0, 0, 1)
    assert (double.overlap("a", "b"), double.overlap("b", "a"), double.duplicated) == (4, 4, 5)


def test_meter_bounds_what_it_remembers() -> None:
    """House style: everything has a named limit."""
    meter, programme = StreamMeter(), Programme([256])
    for number in (0, 5_000_000):
        meter.feed(programme.datagram(number, 0, 0), number)
    assert meter.lost == 4_999_999
    assert len(meter._missing) == 1_000_000
