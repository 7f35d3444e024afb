"""A device worker in memory: orders take their time, and the output obeys the lease word on the unit's own clock."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from agent.engine.events import DeviceReport, DeviceReported

if TYPE_CHECKING:
    from tests.sim.unit import SimUnit

NAME = "rx"
READY_AFTER_NS = 3_000_000
HEARTBEAT_LIMIT_NS = 1_000_000_000
"""Core calls a worker that was silent for this long failed (docs/architecture.md)."""


class Latency(NamedTuple):
    """How long the worker takes over each order, ns."""

    load_ns: int = 0
    open_ns: int = 0
    mute_ns: int = 0


class Device:
    """The worker process of one unit. `connection` counts its connections: what an older one was told is lost."""

    def __init__(self, unit: SimUnit, latency: Latency) -> None:
        self.unit = unit
        self.latency = latency
        self.is_alive = False
        self.is_stalled = False
        self.is_ordered_open = False
        self.lease_until_ns = 0
        self.granted_until_ns = 0
        """The last lease that was not 0: by then even a worker that reads nothing is done."""
        self.connection = 0
        self._orders: deque[tuple[DeviceReport, int]] = deque()
        self._is_busy = False

    def is_open(self) -> bool:
        """Do datagrams leave now?"""
        is_working = self.is_alive and self.is_ordered_open and not self.is_stalled
        return is_working and self.unit.now_ns() < self.lease_until_ns

    def connect(self) -> None:
        """A fresh connection to a core: a fresh page, muted; ready a moment later."""
        self.connection += 1
        if self.is_stalled:
            self.unit.world.after(HEARTBEAT_LIMIT_NS // 10, self.reconnect, self.connection)
            return
        self.is_alive, self.is_ordered_open, self.lease_until_ns, self._is_busy = True, False, 0, False
        self._orders.clear()
        self.unit.world.after(READY_AFTER_NS, self._ready, self.connection)

    def die(self) -> None:
        """Silent at once; core sees the connection close."""
        self.connection += 1
        self.is_alive, self.is_ordered_open = False, False
        self._report(DeviceReported(NAME, DeviceReport.FAILED, error="the worker has died"))

    def freeze(self) -> None:
        """It does nothing, and its heartbeat stops."""
        self.is_stalled = True
        self.unit.world.after(HEARTBEAT_LIMIT_NS, self._miss_heartbeat, self.connection)

    def thaw(self) -> None:
        """It goes on where it was."""
        self.is_stalled = False
        if self.is_alive and self._orders and not self._is_busy:
            self._begin()

    def grant(self, until_ns: int) -> None:
        """One store into shared memory."""
        self.lease_until_ns = until_ns
        self.granted_until_ns = until_ns or self.granted_until_ns

    def order(self, report: DeviceReport, number: int) -> None:
        """Queue an order; it is answered with `report` when done."""
        if self.is_alive:
            self._orders.append((report, number))
            if not self._is_busy:
                self._begin()

    def _miss_heartbeat(self, connection: int) -> None:
        if not (self.is_stalled and connection == self.connection and self.is_alive):
            return
        if self.unit.is_core_stalled or self.unit.engine is None:  # nobody looks at the heartbeat; look again when somebody does
            self.unit.world.after(HEARTBEAT_LIMIT_NS // 10, self._miss_heartbeat, connection)
            return
        self.die()
        self.unit.world.after(HEARTBEAT_LIMIT_NS, self.reconnect, self.connection)

    def reconnect(self, connection: int) -> None:
        """Try to; a stalled worker, or one without a core, tries again."""
        if connection != self.connection:
            return
        if self.is_stalled or self.unit.engine is None:
            self.unit.world.after(HEARTBEAT_LIMIT_NS // 10, self.reconnect, connection)
            return
        self.connect()

    def _ready(self, connection: int) -> None:
        if connection == self.connection:
            self._report(DeviceReported(NAME, DeviceReport.READY))

    def _begin(self) -> None:
        self._is_busy = True
        report = self._orders[0][0]
        takes_ns = {
            DeviceReport.LOADED: self.latency.load_ns,
            DeviceReport.OPENED: self.latency.open_ns,
            DeviceReport.MUTED: self.latency.mute_ns,
        }[report]
        self.unit.world.after(takes_ns, self._done, self.connection)

    def _done(self, connection: int) -> None:
        if connection != self.connection or not self._is_busy:
            return
        self._is_busy = False
        if self.is_stalled:
            return  # thaw begins it again
        report, number = self._orders.popleft()
        if report is not DeviceReport.LOADED:
            self.is_ordered_open = report is DeviceReport.OPENED
        self._report(DeviceReported(NAME, report, number))
        if self._orders and not self._is_busy:
            self._begin()

    def _report(self, event: DeviceReported) -> None:
        self.unit.report(event)
