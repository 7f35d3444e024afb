"""Numbers for what has none of its own: peers and alarms. Given once, kept while it lives, never given to another."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

SET_ANEW_NS = 1_000_000_000
"""By so much a clock that keeps time does not wander between two looks at it."""


@dataclass(slots=True)
class Numbers:
    """From 1. What is not there any more is forgotten; if it comes back it is new."""

    _given: dict[Hashable, int] = field(default_factory=dict)
    _last: int = 0

    def of(self, keys: Iterable[Hashable]) -> dict[Hashable, int]:
        """Of all that are there now, each once; those that are new get theirs in this order."""
        numbers: dict[Hashable, int] = {}
        for key in keys:
            if key not in numbers:
                numbers[key] = self._given.get(key) or self._next()
        self._given = numbers
        return numbers

    def _next(self) -> int:
        self._last += 1
        return self._last


@dataclass(slots=True)
class Steady:
    """Times of day that do not tremble: the same monotonic time is turned into UTC anew with each snapshot, some µs apart.

    When the clock of this machine is set, they follow.
    """

    _first: dict[Hashable, tuple[object, int | None]] = field(default_factory=dict)

    def of(self, what: Hashable, at_ns: object, utc_ns: int | None) -> int | None:
        """The time of day that was told first for this monotonic time. One a `what` is kept."""
        known = self._first.get(what)
        if known is None or known[0] != at_ns or known[1] is None or (at_ns is not None and _is_set_anew(known[1], utc_ns)):
            known = self._first[what] = (at_ns, utc_ns)
        return known[1]

    def keep(self, whats: Iterable[Hashable]) -> None:
        """Forget all others of its size."""
        kept = set(whats)
        self._first = {what: value for what, value in self._first.items() if what in kept}


def _is_set_anew(before_ns: int, utc_ns: int | None) -> bool:
    return utc_ns is not None and abs(utc_ns - before_ns) >= SET_ANEW_NS
