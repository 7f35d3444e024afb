"""One stream that comes in. It is read and judged all the time, muted or not: a backup knows whether it could serve (S-26)."""

import contextlib
from time import monotonic_ns

from agent.devices.end import End
from agent.devices.gate import Gate
from agent.devices.plan import CarrierPlan
from agent.devices.rate import BitRate
from agent.devices.route import Route, Tally
from agent.devices.sockets import most_waiting, open_input
from agent.devices.ts import Datagram, StreamCounter, locate

MAX_DATAGRAM_BYTES = 65536
REJOIN_NS = 5_000_000_000
"""A multicast input that stays silent is joined again this often: a switch may have forgotten us."""

_BUFFER = memoryview(bytearray(MAX_DATAGRAM_BYTES))
"""One for all carriers: a datagram is forwarded before the next one is read."""


class Carrier:
    """`is_locked`: sync bytes came within `timeout_ns`. Counters are plain attributes; status.py turns them into the report."""

    def __init__(self, plan: CarrierPlan, timeout_ns: int, tally: Tally) -> None:
        self.plan = plan
        self.input = End(plan.role, plan.input, open_input)
        self.routes: tuple[Route, ...] = ()
        self.counter = StreamCounter()
        self.datagrams = self.bytes = self.not_ts = self.lost_count = 0
        self.is_locked = False
        self.since_ns = monotonic_ns()  # when `is_locked` changed last
        self.rate = BitRate()
        self._timeout_ns, self._tally = timeout_ns, tally
        self._last_input_ns = self._rejoin_at_ns = 0

    @property
    def problem(self) -> str | None:
        """Why nothing can come in, as far as known. A silent source is none."""
        return self.input.problem

    def fileno(self) -> int:
        """To wait on, while the socket is there."""
        return self.input.sock.fileno() if self.input.sock is not None else -1

    def pump(self, gate: Gate, limit: int) -> None:
        """Read what has come, at most `limit` datagrams, and forward what the gate lets pass."""
        sock = self.input.sock
        if sock is None:
            return
        for _ in range(limit):
            try:
                size_bytes = sock.recv_into(_BUFFER)
            except BlockingIOError:
                return
            except OSError as error:
                self._lose_input(error)
                return
            self._take(_BUFFER[:size_bytes], gate)

    def check(self, now_ns: int) -> None:
        """What time alone does: a socket that comes back, a stream that is lost. Call it at least every 0.2 s."""
        self.input.check(now_ns)
        if self.is_locked and now_ns - self._last_input_ns > self._timeout_ns:
            self.is_locked, self.since_ns = False, now_ns
            self.lost_count += 1
        if self.is_locked or not self.plan.input.is_multicast or self._rejoin_at_ns == 0:
            self._rejoin_at_ns = now_ns + REJOIN_NS
        elif now_ns >= self._rejoin_at_ns:
            self._rejoin_at_ns = 0
            self.input.close()
            self.input.ensure()

    def discard_waiting(self) -> None:
        """A worker that was frozen finds seconds of old stream in its socket; to send it now would disturb whoever listens.

        It ends when the socket is empty, or when all are gone that can have waited at the start, however many follow them.
        """
        sock = self.input.sock
        if sock is None:
            return
        before = self.datagrams
        with contextlib.suppress(OSError):
            for _ in range(most_waiting(sock)):
                self.bytes += sock.recv_into(_BUFFER)
                self.datagrams += 1
        if self.datagrams != before:
            self.counter.restart()  # not looked at is not lost

    def _take(self, datagram: Datagram, gate: Gate) -> None:
        self.datagrams += 1
        self.bytes += len(datagram)
        start, end = locate(datagram)
        if start == end:
            self.not_ts += 1
            return
        self._last_input_ns = monotonic_ns()
        if not self.is_locked:
            self.is_locked, self.since_ns = True, self._last_input_ns
        self.counter.count(datagram, start, end)
        if gate.may_send():  # spares a muted unit the work; the question that counts is asked again by the route
            for route in self.routes:
                route.forward(datagram, start, end, gate)

    def _lose_input(self, error: OSError) -> None:
        self._tally.last_error = f"{self.plan.role} {self.plan.input.url}: {error.strerror}; opening it again."
        self.input.close()
