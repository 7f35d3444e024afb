"""A lost carrier before the kernel says so: its counters of carriers won and lost.

The flags of a real network card may tell of a lost carrier up to a second late. /sys/class/net/IF/carrier tells at once, but
waits for the kernel's network lock, 0.25 s while interfaces come and go (measured); the counters never took 0.1 ms beside it.
"""

import contextlib
import os
from time import monotonic_ns

DELAY_LIMIT_NS = 2_000_000_000
"""Flags that still contradict after this are right: then /sys is another network namespace's."""


class CarrierCounters:
    """Of one interface, from a moment at which it had a carrier."""

    def __init__(self, interface: str) -> None:
        self._files: list[int] = []
        self._lost_since_ns: int | None = None
        with contextlib.suppress(OSError):
            for name in ("carrier_up_count", "carrier_down_count"):
                self._files.append(os.open(f"/sys/class/net/{interface}/{name}", os.O_RDONLY | os.O_CLOEXEC))
        self._start = self._balance()

    def close(self) -> None:
        """The interface is another one now."""
        for file in self._files:
            os.close(file)
        self._files.clear()

    def is_lost(self) -> bool:
        """Lost once more often than won since the beginning, and that is news."""
        if self._balance() >= self._start:
            self._lost_since_ns = None
            return False
        now_ns = monotonic_ns()
        if self._lost_since_ns is None:
            self._lost_since_ns = now_ns
        return now_ns - self._lost_since_ns < DELAY_LIMIT_NS

    def _balance(self) -> int:
        """Carriers won less carriers lost; 0 when /sys does not tell."""
        try:
            won, lost = (int(os.pread(file, 20, 0)) for file in self._files)
        except (OSError, ValueError):
            return 0
        return won - lost
