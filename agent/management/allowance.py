"""How much one author may do on one face before he has to wait: a bucket each, of bounded number. Only what changes something,
or is refused, is counted: a program that repeats itself must not wash out the history of all others.
"""

import time
from collections.abc import Callable

from agent.model.answers import Principal

MAX_AUTHORS = 64
"""More than that share one bucket a face: names cannot be made up to get a new one."""


class Allowance:
    """`at_once` things, and `per_s` more each second after them."""

    def __init__(self, at_once: int, per_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._per_s, self._now_s = at_once, per_s, now_s
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def wait_s(self, who: Principal) -> float:
        """Until he may again; 0: now."""
        return max(0.0, (1 - self._credit(self._key(who))) / self._per_s)

    def take(self, who: Principal) -> bool:
        """One thing. False: he has to wait, and nothing was taken."""
        key = self._key(who)
        credit = self._credit(key)
        self._left[key] = (credit - 1 if credit >= 1 else credit, self._now_s())
        return credit >= 1

    def _credit(self, key: tuple[str, str]) -> float:
        now_s = self._now_s()
        credit, at_s = self._left.get(key, (float(self._at_once), now_s))
        return min(float(self._at_once), credit + (now_s - at_s) * self._per_s)

    def _key(self, who: Principal) -> tuple[str, str]:
        """Buckets that are full again are forgotten first."""
        key = (who.name, who.face)
        if key not in self._left and len(self._left) >= MAX_AUTHORS:
            self._left = {one: left for one, left in self._left.items() if self._credit(one) < self._at_once}
        return key if key in self._left or len(self._left) < MAX_AUTHORS else ("", who.face)
