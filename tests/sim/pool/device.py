"""A device worker of a pool: it knows which group it has loaded, and the digest that its unit held of it then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.engine.events import DeviceReport, DeviceReported
from tests.sim.device import Device, Latency

if TYPE_CHECKING:
    from tests.sim.pool.unit import PoolUnit

NOTHING = -1


class PoolDevice(Device):
    """One of a unit's devices."""

    unit: PoolUnit

    def __init__(self, unit: PoolUnit, name: str, latency: Latency) -> None:
        super().__init__(unit, latency)
        self.name = name
        self.group = NOTHING
        """What it has loaded."""
        self.digest = b""
        self.parked_group = NOTHING
        """Its unit's own group, when it was parked last and has loaded nothing since."""
        self.held_until_ns = 0
        """The last lease of an output that was left on the air by a forced OFF."""
        self.is_hung = False
        """It lives, and finishes nothing."""
        self._groups: dict[int, int] = {}

    def load(self, number: int, group: int) -> None:
        """Read the unit's ledger, then answer."""
        self._groups[number] = group
        self.parked_group = NOTHING
        self.order(DeviceReport.LOADED, number)

    def park(self, group: int) -> None:
        """Muted already, or about to be: back to the unit's own configuration."""
        self.parked_group = group

    def connect(self) -> None:
        """A fresh worker has loaded nothing."""
        super().connect()
        self.group, self.digest = NOTHING, b""

    def order(self, report: DeviceReport, number: int) -> None:
        """One that hangs takes orders, and that is all."""
        if not self.is_hung or report is DeviceReport.MUTED:
            super().order(report, number)

    def grant(self, until_ns: int) -> None:
        """One store into shared memory: what is open may stay so for longer."""
        super().grant(until_ns)
        if until_ns:
            self.unit.pool_world.pool_watch.may_open(self.unit, self)

    def thaw(self) -> None:
        """It goes on where it was."""
        super().thaw()
        self.unit.pool_world.pool_watch.may_open(self.unit, self)

    def _report(self, event: DeviceReported) -> None:
        if event.report is DeviceReport.LOADED:
            self.group = self._groups.pop(event.order)
            self.digest = self.unit.ledger.get(self.group, b"")
            self.unit.pool_world.pool_watch.loaded(self.unit, self)
        elif event.report is DeviceReport.OPENED:
            self.unit.pool_world.pool_watch.opened(self.unit, self)
        self.unit.report(replace(event, device=self.name))
        if event.report is DeviceReport.LOADED:
            self.unit.report(DeviceReported(self.name, DeviceReport.LOCKED, event.order))
