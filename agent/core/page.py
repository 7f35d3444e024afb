"""The lease page: one memfd a device, words of 64 bits, written with single aligned stores (docs/architecture.md)."""

import mmap
import os

PAGE_BYTES = 4096
_LEASE_UNTIL, _HEARTBEAT = 0, 1


class LeasePage:
    """Core's side of the lease. A new page starts muted."""

    def __init__(self, device: str) -> None:
        self.descriptor = os.memfd_create(f"understudy-lease-{device}", os.MFD_CLOEXEC)
        os.ftruncate(self.descriptor, PAGE_BYTES)
        self._words = memoryview(mmap.mmap(self.descriptor, PAGE_BYTES)).cast("Q")

    def grant(self, until_ns: int) -> None:
        """Nothing may be forwarded at or after `until_ns` (monotonic); 0: nothing at all."""
        self._words[_LEASE_UNTIL] = until_ns

    @property
    def lease_until_ns(self) -> int:
        """What the worker sees."""
        return self._words[_LEASE_UNTIL]

    @property
    def heartbeat_ns(self) -> int:
        """When the worker's loop last turned."""
        return self._words[_HEARTBEAT]

    def close(self) -> None:
        """End the lease for good. The worker keeps its own mapping, which reads 0 for ever."""
        self.grant(0)
        self._words.release()
        os.close(self.descriptor)
