"""A unit with several seats and devices. Everything about its process, its socket and its stalls is the 1:1 simulator's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from agent.engine.config import Controls, Identity, LanRules, MemberConfig, PoolRules
from agent.engine.controls import controls_of
from agent.engine.effects import Effect, GrantLease, LoadDevice, MuteDevice, OpenDevice, ParkDevice, Send
from agent.engine.engine import Engine
from agent.engine.events import Adjusted, ConfigChanged, DeviceReport, LinkChanged, Start
from agent.engine.member import Member
from agent.engine.reasons import State
from agent.wire.message import NO_DIGEST, Kind
from tests.sim.clock import Clock
from tests.sim.device import Latency
from tests.sim.pool.device import PoolDevice
from tests.sim.unit import SimUnit

if TYPE_CHECKING:
    from tests.sim.pool.world import PoolWorld

NEVER = -(1 << 62)


class PoolUnit(SimUnit):
    """`configs`: its seats as the settings make them. `ledger`: group → digest, what it holds on disk."""

    def __init__(  # noqa: PLR0917
        self,
        world: PoolWorld,
        index: int,
        configs: list[MemberConfig],
        pool: PoolRules,
        rules: LanRules,
        clock: Clock,
        latency: Latency,
        unit_id: int,
        name: str,
    ) -> None:
        super().__init__(world, index, configs[0], rules, clock, latency, unit_id)
        self.pool_world, self.configs, self.pool, self.name = world, configs, pool, name
        names = dict.fromkeys([config.device for config in configs] + list(pool.devices))
        self.devices = {device: PoolDevice(self, device, latency) for device in names}
        self.device = next(iter(self.devices.values()))
        self.groups = frozenset(range(256) if pool.template else (config.group for config in configs))
        self.ledger: dict[int, bytes] = {}
        self.news: dict[int, ConfigChanged] = {}
        """What the ledger's process has said last of each group; said again to a new core."""
        self.controls: dict[int, Controls] = {}
        """What management has on its disk, by group."""
        self.sent_at_ns: dict[int, int] = {}
        """By group: local time read before the last advert or claim that really left."""

    @property
    def members(self) -> dict[int, Member]:
        """Its seats."""
        assert self.engine is not None
        return self.engine.members

    @property
    def member(self) -> Member:
        """The seat in its own group."""
        return self.members[self.configs[0].group]

    @property
    def config(self) -> MemberConfig:
        """Of its own group."""
        return self.configs[0] if self.engine is None else self.member.config

    @property
    def is_backup_unit(self) -> bool:
        """Is it an N:M backup?"""
        return bool(self.pool.devices)

    def state(self, group: int) -> State:
        """Of one seat."""
        return self.members[group].state if self.engine is not None and group in self.members else State.OFF

    def start(self) -> None:
        """A new process; its boot exceeds all before."""
        self.boot += 1
        identity = Identity(self.unit_id, self.boot, self.name, "sim", self.world.rng.randbytes(16))
        self.engine = Engine(identity, self.rules, self.configs, self.pool, self.controls)
        self._socket, self._held, self._held_stamp_ns, self._wake_at_ns = [], [], None, None
        self._queue.clear()
        self.is_core_stalled, self._is_running, self.freeze_in_send_ns = False, False, 0
        self.sent_at_ns.clear()
        self.world.watch.unit_started(self)
        self.report(Start())
        self.report(LinkChanged(self.index not in self.world.lan.no_carrier))
        for news in list(self.news.values()):
            self.report(news)
        for device in self.devices.values():
            device.connect()

    def adjust_seat(self, group: int, **changes: int | bool | None) -> None:
        """Management saves it first; core hears of it when it runs."""
        known = self.controls.get(group) or controls_of(self.members[group].config)
        self.controls[group] = replace(known, **changes)  # type: ignore[arg-type]
        self.report(Adjusted(group, self.controls[group]))

    def kill_core(self) -> None:
        """What was switched off stays off."""
        for group, member in (self.engine.members if self.engine else {}).items():
            if group in self.controls or member.config.is_off:
                known = self.controls.get(group) or controls_of(member.config)
                self.controls[group] = replace(known, is_off=member.config.is_off)
        self.saved = self.config
        super().kill_core()

    def kill(self) -> None:
        """The whole unit is gone."""
        self.kill_core()
        for device in self.devices.values():
            device.die()
            device.is_stalled = False

    def hold(self, group: int, digest: bytes, *, rank: int = 1000, readiness: int = 255, held: bool = True) -> None:
        """Its ledger has a (new) head of that group, or not yet."""
        if held:
            self.ledger[group] = digest
        self.news[group] = ConfigChanged(
            group, 1, digest if held else NO_DIGEST, held, readiness, rank, reasons=() if readiness else ("not here",)
        )
        self.report(self.news[group])

    def open_devices(self) -> Iterable[PoolDevice]:
        """Those whose datagrams leave now."""
        return [device for device in self.devices.values() if device.is_open()]

    def _carry_out(self, effects: list[Effect]) -> None:
        for number, effect in enumerate(effects):
            self.world.watch.effect(self, effect)
            if isinstance(effect, Send):
                if self.freeze_in_send_ns and effect.message.kind is not Kind.QUESTION:
                    for_ns, self.freeze_in_send_ns = self.freeze_in_send_ns, 0
                    self._held, self._held_stamp_ns = effects[number:], self.now_ns()
                    self.stall_core(for_ns)
                    return
                self._send(effect, self.now_ns())
            else:
                self._order(effect)

    def _order(self, effect: Effect) -> None:
        if isinstance(effect, GrantLease):
            device = self.devices[effect.device]
            device.grant(effect.until_ns)
            if self.state(device.group) is State.OFF_ON_AIR:
                device.held_until_ns = effect.until_ns
        elif isinstance(effect, LoadDevice):
            self.devices[effect.device].load(effect.order, effect.group)
        elif isinstance(effect, ParkDevice):
            self.devices[effect.device].park(effect.group)
        elif isinstance(effect, OpenDevice):
            self.devices[effect.device].grant(effect.until_ns)
            self.devices[effect.device].order(DeviceReport.OPENED, effect.order)
        elif isinstance(effect, MuteDevice):
            self.devices[effect.device].grant(0)
            self.devices[effect.device].order(DeviceReport.MUTED, effect.order)


def pool_units(units: list[SimUnit]) -> list[PoolUnit]:
    """They are all of this kind."""
    return cast(list[PoolUnit], units)
