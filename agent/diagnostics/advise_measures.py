"""What a backup has measured of its master's adverts, and what it is set to: what timing advice is made of. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from agent.engine.arrivals import LATENESS_MS, MAX_RUN

DAY_MS = 86_400_000
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Setting:
    """An interval and a backup's priority: with them T is given (S-12)."""

    interval_ms: int
    priority: int

    @property
    def skew_ms(self) -> int:
        """(256-P)*0.1 s: so late may an advert be (F-1)."""
        return (256 - self.priority) * 100

    @property
    def timeout_ms(self) -> int:
        """T (S-12)."""
        return self.interval_ms + self.skew_ms

    @property
    def survives(self) -> int:
        """So many adverts in a row may be lost (F-2)."""
        return (self.skew_ms - 1) // self.interval_ms

    @property
    def is_tie(self) -> bool:
        """T ends in the very moment in which a later advert is due (F-2)."""
        return self.skew_ms % self.interval_ms == 0

    @property
    def is_bad_tie(self) -> bool:
        """With one of the next adverts: at 0.1 s all settings are ties, with an advert that is far away as a rule."""
        return self.is_tie and self.survives < 3


@dataclass(frozen=True, slots=True)
class Measured:
    """As core tells it (agent/engine/snapshot_timing.py), of the last 12 to 24 hours at one interval."""

    interval_ms: int
    adverts: int
    lost: int
    runs: tuple[int, ...]
    """Place n - 1: how often n in a row were lost; the last: so many or more."""
    longest_run: int
    late: tuple[int, ...]
    """By how much they came after their beat: buckets of LATENESS_MS, without the first."""
    latest_ms: float
    latest_way_ms: float
    longest_ms: float
    """The longest silence of a master that lived."""
    least_margin_ms: float | None
    takeovers: int = 0
    """From a master that lived."""

    @property
    def expected(self) -> int:
        """Adverts that the master sent, as far as can be told."""
        return self.adverts + self.lost

    @property
    def loss(self) -> float:
        """0..1."""
        return self.lost / self.expected if self.expected else 0.0

    @property
    def hours(self) -> float:
        """Of listening."""
        return self.expected * self.interval_ms / 3_600_000

    @property
    def run_count(self) -> int:
        """How often losing began."""
        return sum(self.runs)

    def later_than(self, late_ms: float) -> int:
        """Adverts that were, at least those of the buckets above it."""
        return sum(count for bound, count in zip((0, *LATENESS_MS), self.late, strict=False) if bound >= late_ms)

    def runs_of(self, length: int) -> float:
        """Runs of so many lost adverts or more. Of long ones only the number and the longest are known: in between the number is
        taken to fall evenly on a logarithmic scale."""
        if self.longest_run < length:
            return 0
        if length <= MAX_RUN:
            return sum(self.runs[length - 1 :])
        long = max(1, self.runs[-1])
        return float(long ** (1 - (length - MAX_RUN) / (self.longest_run - MAX_RUN)))


def measured_of(timing: object) -> Measured | None:
    """None: nothing was measured, or it is odd."""
    if not isinstance(timing, dict) or not _whole(timing.get("adverts")) or not _whole(timing.get("interval_ms")):
        return None
    least = timing.get("least_margin_ms")
    return Measured(
        _whole(timing.get("interval_ms")),
        _whole(timing.get("adverts")),
        _whole(timing.get("lost")),
        _counts(timing.get("runs"), MAX_RUN),
        _whole(timing.get("longest_run")),
        _counts(timing.get("late"), len(LATENESS_MS) + 1),
        _real(timing.get("latest_ms")),
        _real(timing.get("latest_way_ms")),
        _real(timing.get("longest_ms")),
        _real(least) if isinstance(least, int | float) else None,
        _whole(timing.get("takeovers")),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _real(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _counts(value: object, length: int) -> tuple[int, ...]:
    found = [_whole(one) for one in value] if isinstance(value, list) else []
    return tuple((found + [0] * length)[:length])
