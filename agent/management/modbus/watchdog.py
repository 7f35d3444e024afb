"""The write watchdog: when a controller that should write at times falls silent, its last words are not the start of new ones.

Off until a timeout is set. Once expired it stays so, and every write but its own two registers is answered 04, until it is
started anew; reads go on, so that a client can see why.
"""

import time
from collections.abc import Callable

MAX_TIMEOUT_S = 3600
OFF, RUNNING, EXPIRED = range(3)
NEVER = 0xFFFF


class Watchdog:
    """`clock`: monotonic seconds."""

    def __init__(self, timeout_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.set_timeout(timeout_s)

    def set_timeout(self, timeout_s: float) -> None:
        """0: off. Starts anew."""
        self.timeout_s = timeout_s
        self.kick()

    def kick(self) -> None:
        """Start anew, expired or not."""
        self._until_s = self._clock() + self.timeout_s

    def written(self) -> None:
        """A write was accepted: that is a sign of life, but it does not wake an expired one."""
        if self.state() == RUNNING:
            self.kick()

    def state(self) -> int:
        if not self.timeout_s:
            return OFF
        return RUNNING if self._clock() < self._until_s else EXPIRED

    def left_s(self) -> int:
        """Whole seconds, rounded up; 65535 when it is off."""
        if not self.timeout_s:
            return NEVER
        return max(0, -int(-(self._until_s - self._clock()) // 1))
