"""Does anything leave at all? An output that takes no datagram is a silent master, so that is a standing problem.

While muted nothing may be sent, so nothing can be tried: the problem is over when there is a way to the receiver again and some
time has passed, more each time in vain. A firewall that swallows all would else move the role to and fro for ever.
"""

from agent.devices.address import Endpoint
from agent.devices.sockets import destination, open_output

FAILED_NS = 500_000_000
FIRST_REST_NS = 5_000_000_000
LONGEST_REST_NS = 300_000_000_000
_DOUBLINGS = 6


class SendWatch:
    """Told of every send of one output."""

    def __init__(self, output: Endpoint) -> None:
        self.problem: str | None = None
        self._output = output
        self._failing_since_ns: int | None = None
        self._failures = 0  # in a row
        self._rest_until_ns = 0

    def restart(self) -> None:
        """The output is opened: what failed before does not count."""
        self._failing_since_ns = None

    def note_success(self) -> None:
        """A datagram has left."""
        self._failing_since_ns, self._failures = None, 0

    def note_failure(self, error: str, now_ns: int) -> None:
        """A datagram has not left. `error`: a sentence."""
        if self._failing_since_ns is None:
            self._failing_since_ns = now_ns
        if self.problem is None and now_ns - self._failing_since_ns >= FAILED_NS:
            self.problem = f"No datagram has left for {FAILED_NS / 1e9:g} s: {error}"
            self._rest_until_ns = now_ns + min(FIRST_REST_NS << min(self._failures, _DOUBLINGS), LONGEST_REST_NS)
            self._failures += 1

    def check(self, now_ns: int) -> None:
        """Is the problem over?"""
        if self.problem is not None and now_ns >= self._rest_until_ns:
            if self._has_way():
                self.problem = self._failing_since_ns = None
            else:
                self._rest_until_ns = now_ns + FAILED_NS

    def _has_way(self) -> bool:
        """Asks the kernel for a route and permission, by connect; nothing is sent."""
        try:
            with open_output(self._output) as probe:
                probe.connect(destination(self._output))
        except OSError:
            return False
        return True
