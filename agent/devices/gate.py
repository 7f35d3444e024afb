"""The dead-man: the one place that decides whether a datagram may leave (F-8, S-27, C-24).

Two keys, and both must be turned: the last order in force is `open`, and the lease that core keeps in shared memory
has not run out. Core can be stopped, killed or starved: then nobody moves the lease, and it runs out by itself.

**The window.** `may_send` loads the lease first and reads the clock last, so whatever happens up to that reading closes the
gate. Between the reading and the kernel's entry of `sendto` lie one comparison and one call, about 1 µs in CPython. A process
that is frozen (SIGSTOP, debugger, paused cgroup, CPU taken away) within that microsecond sends that one datagram when it
thaws, and no second one. `late_sends` counts them, so that it never passes unseen. Behind `sendto` the datagram is the
kernel's: for unicast output to a neighbour whose hardware address is not known yet, the kernel keeps a few for up to
three seconds. Multicast output has no such queue.
"""

import mmap
import os
from time import monotonic_ns

PAGE_BYTES = 4096
LATE_NS = 1_000_000
"""A send that returns later than this after the lease ended was held up in the window, not merely slow."""

_LEASE_UNTIL, _HEARTBEAT, _SENT, _SENT_AT = range(4)


class Gate:
    """The lease page and the order in force. Starts closed. Native 64-bit words: single aligned loads and stores."""

    def __init__(self, page: memoryview) -> None:
        self._words = page
        self._is_ordered_open = False
        self.late_sends = 0

    @property
    def is_ordered_open(self) -> bool:
        """Is the last order in force `open`?"""
        return self._is_ordered_open

    def order_open(self) -> None:
        """From now on the lease alone decides."""
        self._is_ordered_open = True

    def order_mute(self) -> None:
        """Closed, whatever the lease says."""
        self._is_ordered_open = False

    def may_send(self) -> bool:
        """May one datagram leave now? Ask immediately before every sendto; the clock is read last: see the window above."""
        return self._is_ordered_open and self._words[_LEASE_UNTIL] > monotonic_ns()

    def beat(self, now_ns: int) -> None:
        """The loop turns. Core calls a worker failed whose heartbeat is older than 1 s."""
        self._words[_HEARTBEAT] = now_ns

    def note_sent(self, datagrams: int) -> None:
        """Tell core how many have left since the worker started. The clock is read after the send, to catch a late one."""
        now_ns = monotonic_ns()
        self._words[_SENT] = datagrams
        self._words[_SENT_AT] = now_ns
        lease_until_ns = self._words[_LEASE_UNTIL]
        if lease_until_ns and now_ns > lease_until_ns + LATE_NS:
            self.late_sends += 1


def closed_gate() -> Gate:
    """What a worker holds before core has given it a page: no lease, no order."""
    return Gate(memoryview(bytearray(PAGE_BYTES)).cast("Q"))


def map_page(descriptor: int) -> Gate:
    """Map the page behind the descriptor, and close the descriptor. OSError: it is not a page of shared memory."""
    try:
        size_bytes = os.fstat(descriptor).st_size
        if size_bytes < PAGE_BYTES:
            raise OSError(
                f"core sent a lease page of {size_bytes} bytes, {PAGE_BYTES} are needed; core and worker differ in version"
            )
        return Gate(memoryview(mmap.mmap(descriptor, PAGE_BYTES)).cast("Q"))
    finally:
        os.close(descriptor)
