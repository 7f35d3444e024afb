"""One stream that leaves: a choice of packets, and the socket they leave by. Whether they may, the gate decides."""

from dataclasses import dataclass
from time import monotonic_ns

from agent.devices.end import End
from agent.devices.gate import Gate
from agent.devices.plan import RoutePlan
from agent.devices.rate import BitRate
from agent.devices.send_watch import SendWatch
from agent.devices.sockets import open_output, unsent_bytes
from agent.devices.ts import PIDS, Datagram, PacketFilter, StreamCounter, locate

_BY_PID = [0] * PIDS
"""Counted by PID for all outputs together, and read by nobody: a table for each would be most of the time that a load takes."""


@dataclass(slots=True)
class Tally:
    """Of all together, since the worker's start: `sent` datagrams, which core is told; and the last thing that went wrong."""

    sent: int = 0
    last_error: str | None = None


class Route:
    """Counters are plain attributes; status.py turns them into the report."""

    def __init__(self, plan: RoutePlan, tally: Tally) -> None:
        self.plan = plan
        self.output = End(plan.role, plan.output, open_output)
        self.filter = PacketFilter(plan.pids, plan.drop_null)
        self.counter = StreamCounter(_BY_PID)
        self.sends = SendWatch(plan.output)
        self.datagrams = self.bytes = self.send_errors = 0
        self.rate = BitRate()
        self._tally = tally

    @property
    def problem(self) -> str | None:
        """Why nothing can leave, as far as known."""
        return self.output.problem or self.sends.problem

    @property
    def is_drained(self) -> bool:
        """Has the kernel handed on all that `sendto` gave it?"""
        return self.output.sock is None or not unsent_bytes(self.output.sock)

    def restart(self) -> None:
        """The stream that leaves begins anew with the next datagram: no continuity error is counted across the silence."""
        self.counter.restart()
        self.sends.restart()

    def check(self, now_ns: int) -> None:
        """A socket that comes back, a way that is there again. Call it at least every 0.2 s."""
        self.output.check(now_ns)
        self.sends.check(now_ns)

    def forward(self, datagram: Datagram, start: int, end: int, gate: Gate) -> None:
        """Send what this route keeps of it, if the gate lets it."""
        outgoing = self.filter.apply(datagram, start, end)
        if len(outgoing) and self._send(outgoing, gate):
            if outgoing is not datagram:
                start, end = locate(outgoing)
            self.counter.count(outgoing, start, end)

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
        self.datagrams += 1
        self.bytes += len(datagram)
        self.sends.note_success()
        self._tally.sent += 1
        gate.note_sent(self._tally.sent)
        return True

    def _note_send_error(self, error: OSError) -> None:
        self.send_errors += 1
        output = self.plan.output
        what = f"{self.plan.role} {output.url}: {error.strerror}; see `ip link` and `ip route get {output.host}`."
        self._tally.last_error = what
        self.sends.note_failure(what, monotonic_ns())
