"""StreamMeter: what came out of the output, judged by the generator's numbers. Pure: told every datagram, with its time.

For tests, demo and bench: which datagrams were lost or doubled, how long the silence was, whether two units sent at once.
A generator that is started again begins at 0 again: use another meter.
"""

from array import array
from dataclasses import dataclass, field

from agent.devices.marker import find_marker
from agent.devices.ts import Datagram, StreamCounter, locate

MAX_MISSING = 1_000_000
"""Numbers remembered as missing. A larger hole is counted, and no longer filled by late arrivals."""

MAX_TIMES = 4_000_000
"""Receive times kept for each source: 14 minutes of 50 Mbit/s, 5 hours of 2 Mbit/s. Later ones are only counted."""


@dataclass(slots=True)
class SourceRecord:
    """One sender, as the caller names it (its address, its unit)."""

    datagrams: int = 0
    first_ns: int = 0
    last_ns: int = 0
    times_ns: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True)
class Switch:
    """The output passed from one source to another: last datagram of the one, first of the other."""

    before: str
    after: str
    silence_ns: int
    at_ns: int


class StreamMeter:
    """Feed it in the order of reception."""

    def __init__(self) -> None:
        self.datagrams = self.unnumbered = 0
        self.duplicated = self.reordered = 0  # numbers that came again, from whichever source; numbers that came late
        self.largest_gap_ns = 0
        self.sources: dict[str, SourceRecord] = {}
        self.switches: list[Switch] = []
        self.first_number: int | None = None
        self.last_number: int | None = None
        self._counter = StreamCounter()
        self._missing: set[int] = set()
        self._lost_beyond = 0
        self._last: tuple[str, int] | None = None

    @property
    def packets(self) -> int:
        """Transport stream packets."""
        return self._counter.packets

    @property
    def continuity_errors(self) -> int:
        """Of all sources together, as a decoder behind them sees it."""
        return self._counter.continuity_errors

    @property
    def lost(self) -> int:
        """Numbers between the smallest and the largest seen that never came."""
        return len(self._missing) + self._lost_beyond

    def feed(self, datagram: Datagram, time_ns: int, source: str = "") -> None:
        """One datagram as received. `time_ns`: any clock, the same for all."""
        self.datagrams += 1
        self._counter.count(datagram, *locate(datagram))
        self._note_time(time_ns, source)
        marker = find_marker(datagram)
        if marker is None:
            self.unnumbered += 1
        else:
            self._note_number(marker.number)

    def overlap(self, first: str, second: str) -> int:
        """Datagrams of `second` between the first and the last one of `first`. After one clean takeover: 0, both ways round."""
        if first not in self.sources or second not in self.sources:
            return 0
        span = self.sources[first]
        return sum(span.first_ns < time_ns < span.last_ns for time_ns in self.sources[second].times_ns)

    def _note_time(self, time_ns: int, source: str) -> None:
        if self._last is not None:
            before, last_ns = self._last
            self.largest_gap_ns = max(self.largest_gap_ns, time_ns - last_ns)
            if before != source and len(self.switches) < MAX_MISSING:
                self.switches.append(Switch(before, source, time_ns - last_ns, time_ns))
        self._last = (source, time_ns)
        self._note_source(self.sources.setdefault(source, SourceRecord(first_ns=time_ns)), time_ns)

    @staticmethod
    def _note_source(record: SourceRecord, time_ns: int) -> None:
        record.datagrams += 1
        record.last_ns = time_ns
        if len(record.times_ns) < MAX_TIMES:
            record.times_ns.append(time_ns)

    def _note_number(self, number: int) -> None:
        if self.first_number is None or self.last_number is None:
            self.first_number = self.last_number = number
        elif number > self.last_number:
            self._note_missing(self.last_number + 1, number)
            self.last_number = number
        elif number < self.first_number:
            self.reordered += 1
            self._note_missing(number + 1, self.first_number)
            self.first_number = number
        elif number in self._missing:
            self.reordered += 1
            self._missing.remove(number)
        else:
            self.duplicated += 1

    def _note_missing(self, start: int, end: int) -> None:
        kept_end = min(end, start + MAX_MISSING - len(self._missing))
        self._missing.update(range(start, kept_end))
        self._lost_beyond += end - max(start, kept_end)
