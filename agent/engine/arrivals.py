"""How the tracked master's adverts arrive here: how far apart, how near each came to a takeover, how many were missing.

Measured beside the rules, which do not look at it. Times are the kernel's, so a stall of this process is no gap of the LAN.
An advert counts as missing only where the sender's sequence has a hole: one that left late is late, not lost. All of it
is of bounded size, and costs less than a microsecond an advert.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

from agent.engine.timing import MS, SECOND

DISTANCES_MS = (15, 30, 60, 120, 250, 600, 1_100, 1_600, 2_200, 3_300, 6_000, 12_000, 45_000)
"""Upper bounds of the buckets, for adverts 10 ms..40 s apart: a little above the usual intervals, so that each has its own."""
MARGINS_MS = (0, 10, 30, 60, 100, 200, 300, 500, 1_000, 2_000, 5_000, 12_000, 26_000)
"""Of T less the distance; the largest skew is 25.5 s. The first bucket: those that came when T was over."""
LATENESS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
"""By how much an advert came after its beat."""
MAX_RUN = 8
"""Adverts missing in a row are counted by the length of the run; this length and all above it together."""
MINUTES = 10
MINUTE_NS = 60 * SECOND
THIN_DIVISOR = 5
"""A margin is thin below this part of the skew: at P=253 an advert that is a quarter of a second late (S-15)."""
WINDOW_NS = 12 * 60 * MINUTE_NS
"""Advice is made of the last one to two of these."""
_DISTANCES_NS, _MARGINS_NS, _LATENESS_NS = (
    tuple(bound * MS for bound in bounds) for bounds in (DISTANCES_MS, MARGINS_MS, LATENESS_MS)
)


def _zeros(bounds: tuple[int, ...]) -> list[int]:
    return [0] * (len(bounds) + 1)


@dataclass(slots=True)
class Window:
    """Of one master at one interval, since `since_ns`."""

    since_ns: int
    adverts: int = 0
    lost: int = 0
    runs: list[int] = field(default_factory=lambda: [0] * MAX_RUN)
    """Place n - 1: how often n adverts in a row were missing."""
    longest_run: int = 0
    late: list[int] = field(default_factory=lambda: _zeros(LATENESS_MS))
    """Those later than the first bound; all others were as good as punctual."""
    latest_ns: int = 0
    latest_way_ns: int = 0
    """So much of that was the way, and not the sender."""
    longest_ns: int = 0
    takeovers: int = 0
    """From a master that lived."""


@dataclass(slots=True)
class Arrivals:
    """Of one member. The two histograms count since the start; minutes and windows forget."""

    timeout_ns: int = 0
    """T since the last advert; `thin_ns`: less than this left of it is told."""
    thin_ns: int = 0
    told_ns: int = 0
    """The margin that the alarm tells of, while it is up."""
    boot: int = -1
    offset: int = 0
    """Of the last advert: its sequence less the packets that were heard of that unit; it grows when one is missing."""
    sent_at_us: int = 0
    silent_since_ns: int | None = None
    """This unit began to take over because of a silence since then; whether the master lives is not known yet."""
    low_ns: int = 0
    high_ns: int = -1
    """Distances in between go where the last one went, and are no news in any other way: they are only counted and summed."""
    usual: int = 0
    usual_ns: int = 0
    places: tuple[int, int] = (0, 0)
    """Of the last distance and its margin, and so of the usual ones."""
    distances: list[int] = field(default_factory=lambda: _zeros(DISTANCES_MS))
    distances_ns: int = 0
    margins: list[int] = field(default_factory=lambda: _zeros(MARGINS_MS))
    margins_ns: int = 0
    minutes: list[int] = field(default_factory=lambda: [-MINUTES] * MINUTES)
    """Number of the minute that each place of `least_ns` is about."""
    least_ns: list[int] = field(default_factory=lambda: [0] * MINUTES)
    minute_until_ns: int = 0
    master: tuple[int, int] = (0, 0)
    """Unit id, and interval in ms, of the windows."""
    window: Window = field(default_factory=lambda: Window(0))
    window_before: Window | None = None

    def begin(self, master: tuple[int, int], boot: int, at_ns: int) -> None:
        """From here on that master is followed: what was measured of another says nothing about it."""
        self.count_usual()
        self.boot, self.high_ns = boot, -1
        if self.master != master:
            self.master, self.window, self.window_before = master, Window(at_ns), None

    def set_timeout(self, timeout_ns: int, skew_ns: int) -> None:
        """T is another now."""
        self.count_usual()
        self.timeout_ns, self.thin_ns, self.high_ns = timeout_ns, skew_ns // THIN_DIVISOR, -1

    def count_usual(self) -> None:
        """Put them where they belong."""
        count, sum_ns, self.usual, self.usual_ns = self.usual, self.usual_ns, 0, 0
        distance_place, margin_place = self.places
        self.distances[distance_place] += count
        self.distances_ns += sum_ns
        self.margins[margin_place] += count
        self.margins_ns += max(0, count * self.timeout_ns - sum_ns)  # as a sum of Prometheus, it only grows
        self.window.adverts += count

    def note(self, at_ns: int, distance_ns: int, late_ns: int) -> None:
        """An advert came, so long after the one before it."""
        self.count_usual()
        margin_ns = self.timeout_ns - distance_ns
        self.places = bisect_left(_DISTANCES_NS, distance_ns), bisect_left(_MARGINS_NS, margin_ns)
        self.usual, self.usual_ns = 1, distance_ns
        least_ns = self._least_of_minute_ns(at_ns, margin_ns)
        if late_ns > MS:
            self.window.late[bisect_left(_LATENESS_NS, late_ns)] += 1
        self.window.longest_ns = max(self.window.longest_ns, distance_ns)
        self._set_usual(least_ns, distance_ns - late_ns)

    def _least_of_minute_ns(self, at_ns: int, margin_ns: int) -> int:
        minute = at_ns // MINUTE_NS
        place = minute % MINUTES
        if self.minutes[place] != minute:
            self.minutes[place], self.least_ns[place], self.minute_until_ns = minute, margin_ns, (minute + 1) * MINUTE_NS
            if at_ns - self.window.since_ns >= WINDOW_NS:
                self.window_before, self.window = self.window, Window(at_ns)
        self.least_ns[place] = min(self.least_ns[place], margin_ns)
        return self.least_ns[place]

    def _set_usual(self, least_ns: int, beats_ns: int) -> None:
        """What falls into the same two buckets, is nearly punctual, and no nearer to T than the nearest of this minute.

        `beats_ns`: how far apart they should have been.
        """
        distance_place, margin_place = self.places
        lows = [_DISTANCES_NS[distance_place - 1] + 1 if distance_place else 0]
        highs = [self.timeout_ns - least_ns, beats_ns + MS]
        if distance_place < len(_DISTANCES_NS):
            highs.append(_DISTANCES_NS[distance_place])
        if margin_place < len(_MARGINS_NS):
            lows.append(self.timeout_ns - _MARGINS_NS[margin_place])
        if margin_place:
            highs.append(self.timeout_ns - _MARGINS_NS[margin_place - 1] - 1)
        self.low_ns, self.high_ns = max(lows), min(highs)

    def note_latest(self, late_ns: int, way_ns: int) -> None:
        """The latest of all: where did it lose its time?"""
        self.window.latest_ns, self.window.latest_way_ns = late_ns, min(max(way_ns, 0), late_ns)

    def note_missing(self, run: int) -> None:
        """So many adverts in a row never came."""
        window = self.window
        window.lost += run
        window.runs[min(run, MAX_RUN) - 1] += 1
        window.longest_run = max(window.longest_run, run)

    def least_of_late_ns(self, now_ns: int) -> int | None:
        """The least margin of the last ten minutes; None: no advert has come in them."""
        oldest = now_ns // MINUTE_NS - MINUTES
        return min((least for minute, least in zip(self.minutes, self.least_ns, strict=True) if minute > oldest), default=None)
