"""The driver `receiver`: takes a transport stream from UDP, and forwards it to UDP whenever the gate lets it.

The input is read and judged all the time, muted or not: a backup knows whether it could serve.
"""

import contextlib
from time import monotonic_ns, sleep

from agent.devices.end import End
from agent.devices.gate import Gate
from agent.devices.options import ReceiverOptions
from agent.devices.send_watch import SendWatch
from agent.devices.sockets import most_waiting, open_input, open_output, unsent_bytes
from agent.devices.ts import Datagram, PacketFilter, StreamCounter, locate

BATCH_DATAGRAMS = 64
"""Read in one turn, then orders are looked at: 64 take about 2 ms."""

MAX_DATAGRAM_BYTES = 65536
SETTLE_LIMIT_NS = 20_000_000
SETTLE_STEP_S = 0.0005
REJOIN_NS = 5_000_000_000
"""A multicast input that stays silent is joined again this often: a switch may have forgotten us."""


class Receiver:
    """One stream. Counters are plain attributes; status.py turns them into the report."""

    def __init__(self, options: ReceiverOptions) -> None:
        self.options = options
        self.input = End("input", options.input, open_input)
        self.output = End("output", options.output, open_output)
        self.counter_in, self.counter_out = StreamCounter(), StreamCounter()
        self.filter = PacketFilter(options.pids, options.drop_null)
        self.datagrams_in = self.datagrams_out = self.bytes_in = self.bytes_out = 0
        self.not_ts = self.send_errors = self.input_lost_count = 0
        self.is_input_present = False
        self.last_error: str | None = None
        self.sends = SendWatch(options.output)
        self._last_input_ns = 0
        self._rejoin_at_ns = 0
        self._buffer = memoryview(bytearray(MAX_DATAGRAM_BYTES))

    def problem(self) -> str | None:
        """Why it cannot serve, or None. Tries to open what is not open."""
        self.input.ensure()
        self.output.ensure()
        return self.standing_problem

    @property
    def standing_problem(self) -> str | None:
        """Why it cannot serve, as far as known; tries nothing."""
        return " ".join(filter(None, (self.input.problem, self.output.problem, self.sends.problem))) or None

    def start_output(self) -> None:
        """The stream that leaves begins anew with the next datagram: no continuity error is counted across the silence."""
        self._discard_waiting()
        self.counter_out.restart()
        self.sends.restart()

    def _discard_waiting(self) -> None:
        """A worker that was frozen finds seconds of old stream in its socket; to send it now would disturb whoever listens.

        It ends when the socket is empty, or when all are gone that can have waited at the start, however many follow them.
        """
        sock = self.input.sock
        if sock is None:
            return
        before = self.datagrams_in
        with contextlib.suppress(OSError):
            for _ in range(most_waiting(sock)):
                self.bytes_in += sock.recv_into(self._buffer)
                self.datagrams_in += 1
        if self.datagrams_in != before:
            self.counter_in.restart()  # not looked at is not lost

    def settle(self) -> None:
        """Wait until the kernel has handed on what `sendto` gave it, at most 20 ms: after `muted` nothing may leave."""
        give_up_ns = monotonic_ns() + SETTLE_LIMIT_NS
        while self.output.sock is not None and unsent_bytes(self.output.sock):
            if monotonic_ns() >= give_up_ns:
                self.last_error = (
                    f"output {self.options.output.url}: the kernel still holds datagrams 20 ms after mute; is the link up?"
                )
                return
            sleep(SETTLE_STEP_S)

    def pump(self, gate: Gate) -> None:
        """Read what has come, at most a batch, and forward what the gate lets pass."""
        sock = self.input.sock
        if sock is None:
            return
        for _ in range(BATCH_DATAGRAMS):
            try:
                size_bytes = sock.recv_into(self._buffer)
            except BlockingIOError:
                return
            except OSError as error:
                self._lose_input(error)
                return
            self._take(self._buffer[:size_bytes], gate)

    def tick(self, now_ns: int) -> None:
        """What time alone does: sockets that come back, an input that is lost. Call it at least every 0.2 s."""
        self.input.check(now_ns)
        self.output.check(now_ns)
        self.sends.check(now_ns)
        if self.is_input_present and now_ns - self._last_input_ns > self.options.input_timeout_ns:
            self.is_input_present = False
            self.input_lost_count += 1
        if self.is_input_present or not self.options.input.is_multicast or self._rejoin_at_ns == 0:
            self._rejoin_at_ns = now_ns + REJOIN_NS
        elif now_ns >= self._rejoin_at_ns:
            self._rejoin_at_ns = 0
            self.input.close()
            self.input.ensure()

    def _take(self, datagram: Datagram, gate: Gate) -> None:
        self.datagrams_in += 1
        self.bytes_in += len(datagram)
        start, end = locate(datagram)
        if start == end:
            self.not_ts += 1
            return
        self._last_input_ns = monotonic_ns()
        self.is_input_present = True
        self.counter_in.count(datagram, start, end)
        if gate.may_send():  # spares a muted unit the work; the question that counts is asked again in _send
            outgoing = self.filter.apply(datagram, start, end)
            if len(outgoing) and self._send(outgoing, gate):
                self.counter_out.count(outgoing, *locate(outgoing))

    def _send(self, datagram: Datagram, gate: Gate) -> bool:
        """The only place where a datagram leaves. Nothing may come between the gate and sendto."""
        sock, address = self.output.sock, self.output.address
        if sock is None:
            self.send_errors += 1
            return False
        try:
            if not gate.may_send():
                return False
            sock.sendto(datagram, address)
        except OSError as error:
            self._note_send_error(error)
            return False
        self.datagrams_out += 1
        self.bytes_out += len(datagram)
        self.sends.note_success()
        gate.note_sent(self.datagrams_out)
        return True

    def _note_send_error(self, error: OSError) -> None:
        self.send_errors += 1
        host = self.options.output.host
        self.last_error = f"output {self.options.output.url}: {error.strerror}; see `ip link` and `ip route get {host}`."
        self.sends.note_failure(self.last_error, monotonic_ns())

    def _lose_input(self, error: OSError) -> None:
        self.last_error = f"input {self.options.input.url}: {error.strerror}; opening it again."
        self.input.close()
