"""What a figure is made of: rows of a table, and a few honest statistics."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

Measured = TypeVar("Measured")


class Row(NamedTuple):
    """One line of the table. `is_met` None: there is no goal, or our side was not measured."""

    name: str
    ours: str
    goal: str
    theirs: str
    is_met: bool | None


@dataclass(frozen=True)
class Options:
    """`sides`: whom to measure. `is_quick`: a fifth of the runs and a tenth of the interval, to see that it works."""

    is_quick: bool = False
    sides: tuple[str, ...] = ("ours", "theirs")
    failures: list[str] = field(default_factory=list)

    def runs(self, count: int) -> int:
        return max(2, count // 5) if self.is_quick else count

    def seconds(self, length: float) -> float:
        return max(3.0, length / 5) if self.is_quick else length

    @property
    def interval(self) -> float:
        """The advertisement interval as shipped, or a short one."""
        return 0.1 if self.is_quick else 1.0

    def measure(self, side: str, what: str, work: Callable[[], Measured]) -> Measured | None:
        """Do the work if the side is wanted. A side that fails is reported and leaves its cells empty; the rest goes on."""
        if side not in self.sides:
            return None
        started = time.monotonic()
        say(f"{what}, {side} ...")
        try:
            result = work()
        except Exception as error:
            self.failures.append(f"{what}, {side}: {type(error).__name__}: {error}")
            say(f"{what}, {side}: FAILED: {type(error).__name__}: {error}")
            return None
        say(f"{what}, {side}: done in {time.monotonic() - started:.0f} s")
        return result


class Figure(NamedTuple):
    """One thing that can be asked for by name."""

    name: str
    about: str
    run: Callable[[Options], list[Row]]


def say(text: str) -> None:
    """Progress; the table alone goes to standard output."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def p95(values: Sequence[float]) -> float:
    return quantile(values, 0.95)


def p99(values: Sequence[float]) -> float:
    return quantile(values, 0.99)


def spread(values: Sequence[float] | None, unit: str = "ms", tail: float = 0.95) -> str:
    """The middle, a tail, the worst."""
    if not values:
        return "-"
    shown = (median(values), quantile(values, tail), max(values))
    return f"{shown[0]:.2f} / p{tail * 100:.0f} {shown[1]:.2f} / max {shown[2]:.2f} {unit} (n={len(values)})"
