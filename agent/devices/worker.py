"""The loop of a device worker: wait, beat, obey, forward, report. One thread, one select, nothing that blocks.

Orders are looked at before every batch of datagrams, and the gate before every single one.
"""

import os
import select
from pathlib import Path
from time import monotonic_ns

from agent.devices.carrier import Carrier
from agent.devices.channel import Channel, ChannelLostError, Packet
from agent.devices.core_link import CoreLink
from agent.devices.duty import Duty
from agent.devices.orders import Order, OrderError, Verb, parse_order
from agent.devices.receiver import Receiver
from agent.devices.status import StatusReporter

TURN_LIMIT_S = 0.2
"""So long at most an interface that fails is not noticed while nothing comes (a medium that fails is a takeover within 0.3 s)."""
UPKEEP_NS = 50_000_000
STATUS_NS = 1_000_000_000
ORPHAN_NS = 10_000_000_000
"""Without core and without the supervisor that started it, a worker is of no use to anybody after this."""


class Worker:
    """One device. `path` is run/core.sock; `name` is that of [device.NAME]."""

    def __init__(self, name: str, receiver: Receiver, duty: Duty, path: Path) -> None:
        self._receiver, self._duty = receiver, duty
        self._core = CoreLink(name, path, monotonic_ns())
        self._reporter = StatusReporter(receiver, duty)
        self._parent_pid = os.getppid()
        self._next_status_ns = self._next_upkeep_ns = 0
        self._lock_order: int | None = None

    def run(self) -> None:
        """Until core and supervisor are both gone."""
        while not self._is_orphan(monotonic_ns()):
            self.turn()

    def turn(self) -> None:
        """Wait for something, at most 0.2 s, and do what is due. A turn for a datagram is short: 5000 a second may come."""
        is_core_heard, ready = self._wait()
        now_ns = monotonic_ns()
        self._core.gate.beat(now_ns)
        try:
            if is_core_heard:
                self._hear_core(now_ns)
            if ready:
                self._receiver.pump(ready, self._core.gate)
            if self._lock_order is not None:
                self._tell_locked()
            if now_ns >= self._next_upkeep_ns:
                self._next_upkeep_ns = now_ns + UPKEEP_NS
                self._upkeep(now_ns)
        except ChannelLostError as error:
            self._lock_order = None
            self._core.lose(str(error), now_ns)

    def _wait(self) -> tuple[bool, list[Carrier]]:
        """Has core said something (or can it be told more), and on which carriers has input come?"""
        channel = self._core.channel
        carriers = [carrier for carrier in self._receiver.carriers if carrier.input.sock is not None]
        readers: list[Channel | Carrier] = [channel, *carriers] if channel is not None else [*carriers]
        writers = [channel] if channel is not None and channel.has_unsent else []
        readable, writable, _ = select.select(readers, writers, [], TURN_LIMIT_S)
        is_core_heard = bool(writable) or channel in readable
        return is_core_heard, [end for end in readable if isinstance(end, Carrier)]

    def _upkeep(self, now_ns: int) -> None:
        """What time alone makes due."""
        self._core.connect(now_ns)
        self._duty.tick(self._core.gate.is_ordered_open, now_ns)
        if not self._core.has_page:
            return
        self._core.tell_ability(self._duty.standing_problem)
        if now_ns >= self._next_status_ns:
            self._next_status_ns = now_ns + STATUS_NS
            gate = self._core.gate
            self._core.tell_status(self._reporter.status(now_ns, not gate.may_send(), gate.late_sends))

    def _hear_core(self, now_ns: int) -> None:
        gate = self._core.gate
        for packet in self._core.hear(now_ns):
            self._answer(packet, now_ns)
        if self._core.gate is not gate:
            self._lock_order = None
            self._next_upkeep_ns = now_ns  # `ready` need not wait

    def _answer(self, packet: Packet, now_ns: int) -> None:
        try:
            order = parse_order(packet)
        except OrderError as error:
            if error.is_mute:
                self._mute()
            self._core.tell("failed", error.order_id, {"error": str(error)})
            return
        self._obey(order, now_ns)

    def _obey(self, order: Order, now_ns: int) -> None:
        if order.verb is Verb.MUTE:
            self._mute()
            self._core.tell("muted", order.order_id)
        elif order.verb is Verb.REFRESH:
            self._duty.refresh(order.group, self._core.gate.is_ordered_open, now_ns)
        elif order.verb is Verb.PARK:
            self._mute()
            self._duty.park(order.group)
        elif not self._core.has_page:
            self._core.fail("core has sent no lease page on this connection.", order.order_id)
        elif order.verb is Verb.LOAD:
            self._load(order, now_ns)
        else:
            self._open(order)

    def _load(self, order: Order, now_ns: int) -> None:
        """S-27: nothing leaves while a configuration is loaded. S-26: it does not wait for a carrier; `locked` comes later."""
        self._mute()
        problem = self._duty.load(order.group, order.is_acting, now_ns)
        if problem or self._duty.current is None:
            self._core.fail(problem or "nothing is loaded.", order.order_id)
            return
        current = self._duty.current
        self._core.tell("loaded", order.order_id, {"digest": current.digest, "revision": current.revision})
        self._lock_order = order.order_id

    def _open(self, order: Order) -> None:
        problem = self._duty.problem_to_open()
        if problem:
            self._core.fail(problem, order.order_id)
            return
        if not self._core.gate.is_ordered_open:
            self._receiver.start_output()
        self._core.gate.order_open()
        self._core.tell("opened", order.order_id)

    def _mute(self) -> None:
        self._lock_order = None
        self._core.gate.order_mute()
        self._duty.mute()
        self._receiver.settle()

    def _tell_locked(self) -> None:
        """Once a load, when sync bytes arrive on every carrier; that may be at once (S-26)."""
        if self._lock_order is not None and self._receiver.is_locked:
            self._core.tell("locked", self._lock_order)
            self._lock_order = None

    def _is_orphan(self, now_ns: int) -> bool:
        is_alone = self._core.channel is None and os.getppid() != self._parent_pid
        return is_alone and now_ns - self._core.seen_ns >= ORPHAN_NS
