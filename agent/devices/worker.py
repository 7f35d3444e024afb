"""The loop of a device worker: wait, beat, obey, forward, report. One thread, one select, nothing that blocks.

Orders are looked at before every batch of datagrams, and the gate before every single one.
"""

import os
import select
from pathlib import Path
from time import monotonic_ns

from agent.devices.channel import Channel, ChannelLostError, Packet
from agent.devices.console import say
from agent.devices.gate import Gate, closed_gate
from agent.devices.orders import NO_ORDER_ID, Order, OrderError, Verb, parse_order
from agent.devices.receiver import Receiver
from agent.devices.status import Status, StatusReporter

TURN_LIMIT_S = 0.2
UPKEEP_NS = 50_000_000
RECONNECT_NS = 200_000_000
STATUS_NS = 1_000_000_000
ORPHAN_NS = 10_000_000_000
"""Without core and without the supervisor that started it, a worker is of no use to anybody after this."""


class Worker:
    """One device. `path` is run/core.sock; `name` is that of [device.NAME]."""

    def __init__(self, name: str, receiver: Receiver, path: Path) -> None:
        self._name, self._receiver, self._path = name, receiver, path
        self._reporter = StatusReporter(receiver)
        self._gate: Gate = closed_gate()
        self._channel: Channel | None = None
        self._has_page = self._is_ready_said = self._is_failure_said = False
        self._is_loss_said = self._is_problem_said = False
        self._parent_pid = os.getppid()
        self._next_connect_ns = self._next_status_ns = self._next_upkeep_ns = 0
        self._core_seen_ns = monotonic_ns()
        self._last_status: Status = {}

    def run(self) -> None:
        """Until core and supervisor are both gone."""
        while not self._is_orphan(monotonic_ns()):
            self.turn()

    def turn(self) -> None:
        """Wait for something, at most 0.2 s, and do what is due. A turn for a datagram is short: 5000 a second may come."""
        is_core_heard, is_input = self._wait()
        now_ns = monotonic_ns()
        self._gate.beat(now_ns)
        try:
            if is_core_heard:
                self._hear_core(now_ns)
            if is_input:
                self._receiver.pump(self._gate)
            if now_ns >= self._next_upkeep_ns:
                self._next_upkeep_ns = now_ns + UPKEEP_NS
                self._upkeep(now_ns)
        except ChannelLostError as error:
            self._lose_core(str(error), now_ns)

    def _wait(self) -> tuple[bool, bool]:
        """Has core said something (or can it be told more), and has input come?"""
        channel, sock = self._channel, self._receiver.input.sock
        readers = [end for end in (channel, sock) if end is not None]
        writers = [channel] if channel is not None and channel.has_unsent else []
        readable, writable, _ = select.select(readers, writers, [], TURN_LIMIT_S)
        return bool(writable) or channel in readable, sock in readable

    def _upkeep(self, now_ns: int) -> None:
        """What time alone makes due."""
        if self._channel is None and now_ns >= self._next_connect_ns:
            self._connect(now_ns)
        self._receiver.tick(now_ns)
        self._report(now_ns)

    def _hear_core(self, now_ns: int) -> None:
        assert self._channel is not None
        self._channel.flush()
        packets, gate = self._channel.receive()
        if gate is not None:
            self._take_page(gate, now_ns)
        for packet in packets:
            self._answer(packet)

    def _connect(self, now_ns: int) -> None:
        self._next_connect_ns = now_ns + RECONNECT_NS
        try:
            self._channel = Channel(self._path, self._name)
        except OSError as error:
            self._lose_core(f"{self._path}: {error.strerror or error}", now_ns)
            return
        self._has_page = self._is_ready_said = self._is_failure_said = False
        self._last_status = {}

    def _take_page(self, gate: Gate, now_ns: int) -> None:
        """A fresh page starts muted, whatever the old one allowed: the core behind it has opened nothing yet."""
        gate.late_sends = self._gate.late_sends
        gate.beat(now_ns)
        self._gate, self._has_page = gate, True
        self._next_upkeep_ns = now_ns  # `ready` need not wait
        if self._is_loss_said:
            self._is_loss_said = False
            say(f"device {self._name}: core is back.")

    def _lose_core(self, why: str, now_ns: int) -> None:
        """The page stays: what core allowed last still ends by itself. Said once, however long it lasts."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self._core_seen_ns = now_ns
            self._next_connect_ns = now_ns + RECONNECT_NS
            if self._is_failure_said:  # then core hangs up, as it should
                return
        if not self._is_loss_said:
            self._is_loss_said = True
            say(f"device {self._name}: no core ({why}). The output is muted when the lease ends; trying again every 0.2 s.")

    def _answer(self, packet: Packet) -> None:
        try:
            order = parse_order(packet)
        except OrderError as error:
            if error.is_mute:
                self._mute()
            self._tell("failed", error.order_id, str(error))
            return
        self._obey(order)

    def _obey(self, order: Order) -> None:
        if order.verb is Verb.MUTE:
            self._mute()
            self._tell("muted", order.order_id)
            return
        problem = self._receiver.problem() if self._has_page else "core has sent no lease page on this connection."
        if problem:
            self._fail(problem, order.order_id)
        elif order.verb is Verb.LOAD:
            self._gate.order_mute()  # S-27: nothing leaves while a configuration is loaded
            self._tell("loaded", order.order_id)
        else:
            if not self._gate.is_ordered_open:
                self._receiver.start_output()
            self._gate.order_open()
            self._tell("opened", order.order_id)

    def _mute(self) -> None:
        self._gate.order_mute()
        self._receiver.settle()

    def _tell(self, report: str, order_id: int, error: str | None = None) -> None:
        assert self._channel is not None
        self._channel.send({"report": report, "id": order_id} | ({"error": error} if error else {}))

    def _report(self, now_ns: int) -> None:
        """Can the driver serve? And once a second the status, if it changed."""
        if self._channel is None or not self._has_page:
            return
        self._report_ability()
        if now_ns >= self._next_status_ns:
            self._next_status_ns = now_ns + STATUS_NS
            self._report_status(now_ns, self._channel)

    def _report_ability(self) -> None:
        """`ready` once a connection, `failed` when it is true no more. Then core ends the connection, and we come again."""
        problem = self._receiver.standing_problem
        if problem is None and not self._is_ready_said:
            self._is_ready_said = True
            self._tell_ready()
        elif problem is not None and self._is_ready_said and not self._is_failure_said:
            self._fail(problem, NO_ORDER_ID)

    def _tell_ready(self) -> None:
        assert self._channel is not None
        self._channel.send({"report": "ready"})
        if self._is_problem_said:
            self._is_problem_said = False
            say(f"device {self._name}: ready again.")

    def _fail(self, problem: str, order_id: int) -> None:
        self._gate.order_mute()
        self._is_failure_said = True
        if not self._is_problem_said:
            self._is_problem_said = True
            say(f"device {self._name}: failed, muted until that is over: {problem}")
        self._tell("failed", order_id, problem)

    def _report_status(self, now_ns: int, channel: Channel) -> None:
        status = self._reporter.status(now_ns, not self._gate.may_send(), self._gate.late_sends)
        if status != self._last_status:
            self._last_status = status
            channel.send({"status": status})

    def _is_orphan(self, now_ns: int) -> bool:
        is_alone = self._channel is None and os.getppid() != self._parent_pid
        return is_alone and now_ns - self._core_seen_ns >= ORPHAN_NS
