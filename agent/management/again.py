"""What is asked again and again, with the same end: told in full once, then counted, and told with its count when its time is
over: a minute, then two, up to an hour while it goes on. What is counted and not told yet is lost by a crash.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

FIRST_S = 60.0
LONGEST_S = 3600.0
MAX_KEYS = 256
"""More different ones at a time: the oldest is told before its time."""
MAX_TIMES = 1000
"""So often at most in one entry."""


@dataclass(slots=True)
class Same:
    """`state`: of what it was about, when it was told. `times`: how often since then. `last`: the newest, for its entry."""

    state: object
    until_s: float
    period_s: float
    number: int | None
    times: int = 0
    since_ns: int = 0
    last: dict[str, object] = field(default_factory=dict)


class Again:
    """`tell` gets what has been counted. `now_s`: monotonic."""

    def __init__(self, tell: Callable[[Same], None], now_s: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._now_s = tell, now_s
        self._known: dict[Hashable, Same] = {}

    def knows(self, key: Hashable, state: object = None) -> Same | None:
        """Told lately, when all was as it is now."""
        self.tick()
        same = self._known.get(key)
        return same if same is not None and same.state == state else None

    def begin(self, key: Hashable, state: object, number: int | None, last: dict[str, object] | None = None) -> None:
        """It has been told in full, as entry `number`; from now on it is counted."""
        self.end(key)
        while len(self._known) >= MAX_KEYS:
            self.end(next(iter(self._known)))
        self._known[key] = Same(state, self._now_s() + FIRST_S, FIRST_S, number, last=last or {})

    def count(self, same: Same, last: dict[str, object]) -> None:
        """Once more. `last`: what its entry is to say besides."""
        same.since_ns = same.since_ns if same.times else time.time_ns()
        same.times, same.last = same.times + 1, last
        if same.times >= MAX_TIMES:
            self._say(same)

    def tick(self) -> None:
        """What is over is told; what has not come again is forgotten."""
        now_s = self._now_s()
        for key, same in list(self._known.items()):
            if same.until_s > now_s:
                continue
            if not same.times:
                del self._known[key]
                continue
            self._say(same)
            same.period_s = min(2 * same.period_s, LONGEST_S)
            same.until_s = now_s + same.period_s

    def close(self) -> None:
        """All that is counted is told."""
        for key in list(self._known):
            self.end(key)

    def end(self, key: Hashable) -> None:
        """Told now, if it was counted, and forgotten."""
        same = self._known.pop(key, None)
        if same is not None and same.times:
            self._say(same)

    def _say(self, same: Same) -> None:
        self._tell(same)
        same.times = 0
