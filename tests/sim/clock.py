"""A unit's own monotonic clock: it starts anywhere, and runs up to 500 ppm fast or slow."""

from typing import NamedTuple

_MILLION = 1_000_000


class Clock(NamedTuple):
    """True time is the simulator's; local time is what one machine reads. Both in ns, both integers."""

    offset_ns: int = 0
    ppm: int = 0

    def local_ns(self, true_ns: int) -> int:
        """What this machine reads at that true time."""
        return self.offset_ns + true_ns + true_ns * self.ppm // _MILLION

    def true_ns(self, local_ns: int) -> int:
        """The first moment at which this machine reads `local_ns` or more."""
        if not self.ppm:
            return local_ns - self.offset_ns
        guess = (local_ns - self.offset_ns) * _MILLION // (_MILLION + self.ppm) - 2
        while self.local_ns(guess) < local_ns:
            guess += 1
        return guess
