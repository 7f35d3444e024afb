"""A site: masters with a group each, N:M backups, and what the scenarios ask of them."""

from __future__ import annotations

from collections.abc import Iterable

from agent.engine.config import LanRules, MemberConfig, PoolRules, Seat
from agent.engine.effects import Effect, RaiseAlarm, Reply
from agent.engine.events import Command, Verb
from agent.engine.reasons import AlarmName, Reason, State
from agent.wire.message import Designation
from tests.sim.clock import Clock
from tests.sim.device import Latency
from tests.sim.faults import Fault, inflict
from tests.sim.pool import invariants
from tests.sim.pool.unit import PoolUnit
from tests.sim.pool.world import PoolWorld, thaw
from tests.sim.world import MS, SECOND

OWN_GROUP = 200
PROMPT = Latency(MS // 2, MS // 4, MS // 4)


def digest_of(group: int, edition: int = 1) -> bytes:
    """Of the configuration of that group."""
    return bytes([group, edition]) * 16


class Site:
    """Unit names: m1 is the master of group 1, b0 the first backup."""

    def __init__(
        self,
        *,
        seed: int = 1,
        interval_ms: int = 1000,
        key: bool = True,
        beacons: bool = True,
        is_clean: bool = True,
        delay_ns: int = 0,
        jitter_ns: int = 0,
        latency: Latency = PROMPT,
    ) -> None:
        self.world = PoolWorld(seed, key=key, is_clean=is_clean, delay_ns=delay_ns, jitter_ns=jitter_ns)
        self.interval_ms, self.rules, self.latency = interval_ms, LanRules(key, beacons), latency
        self.groups: list[int] = []
        self.ranks: dict[int, int] = {}
        self._frozen = b""

    def master(
        self,
        group: int,
        priority: int = 254,
        *,
        rank: int = 1000,
        hold_s: float | None = None,
        preempt: bool = False,
        name: str = "",
        ppm: int = 0,
        latency: Latency | None = None,
    ) -> PoolUnit:
        """The home of a group. `hold_s`: return policy after_hold."""
        hold_ns = None if hold_s is None else round(hold_s * SECOND)
        config = MemberConfig(
            group, 1, priority, self.interval_ms, "rx", is_preempting=preempt, is_n_to_m=True, return_hold_ns=hold_ns
        )
        if group not in self.groups:
            self.groups.append(group)
        self.ranks[group] = rank
        return self.add(name or f"m{group}", [config], PoolRules(), ppm, latency)

    def backup(
        self,
        priority: int,
        protects: Iterable[int] | None = None,
        *,
        devices: int = 1,
        exclusive: bool = False,
        everywhere: bool = False,
        ppm: int = 0,
        latency: Latency | None = None,
    ) -> PoolUnit:
        """An N:M backup for these groups (default: all so far), or for all that it hears of."""
        names = tuple(f"rx{number}" for number in range(1, devices + 1))
        own = MemberConfig(
            OWN_GROUP, 1, priority, self.interval_ms, names[0], Designation.NM_BACKUP, seat=Seat.RESTING, is_n_to_m=True
        )
        groups = () if everywhere else sorted(self.groups if protects is None else protects)
        seats = [_pooled(own, group) for group in groups]
        pool = PoolRules(exclusive, names, OWN_GROUP, _pooled(own, 0) if everywhere else None)
        count = sum(unit.is_backup_unit for unit in self.world.pool)
        return self.add(f"b{count}", [own, *seats], pool, ppm, latency)

    def add(
        self, name: str, configs: list[MemberConfig], pool: PoolRules, ppm: int = 0, latency: Latency | None = None
    ) -> PoolUnit:
        """Any unit."""
        index = len(self.world.units)
        clock = Clock(index * 10**15 + 10**12, ppm)
        unit = PoolUnit(self.world, index, configs, pool, self.rules, clock, latency or self.latency, 1000 + index, name)
        self.world.units.append(unit)
        return unit

    def copied(self) -> Site:
        """The same site as when it was copied first, with a future of its own."""
        self._frozen = self._frozen or self.world.freeze()
        twin = object.__new__(Site)
        twin.__dict__.update(self.__dict__)
        twin.world = thaw(self._frozen)
        return twin

    def __getitem__(self, name: str) -> PoolUnit:
        return next(unit for unit in self.world.pool if unit.name == name)

    @property
    def backups(self) -> list[PoolUnit]:
        """The N:M backups."""
        return [unit for unit in self.world.pool if unit.is_backup_unit]

    def hold_everything(self, edition: int = 1) -> Site:
        """Everybody holds the configuration of every group."""
        for unit in self.world.pool:
            groups = self.groups if unit.is_backup_unit else [unit.configs[0].group]
            for group in groups:
                if unit.pool.template is not None or any(config.group == group for config in unit.configs):
                    unit.hold(group, digest_of(group, edition), rank=self.ranks.get(group, 1000))
        return self

    def start(self, *names: str) -> Site:
        """These units, or all."""
        for unit in self.world.pool:
            if not names or unit.name in names:
                unit.start()
        return self

    def ready(self) -> Site:
        """All hold everything, all masters are on the air, the backups listen."""
        self.hold_everything()
        self.start(*(unit.name for unit in self.world.pool if not unit.is_backup_unit)).run(1.5 + self.interval_ms / 1000)
        self.start(*(unit.name for unit in self.backups)).run(2.0)
        assert all(unit.member.state is State.MASTER for unit in self.world.pool if not unit.is_backup_unit)
        self.world.pool_watch.claimed.clear()
        self.world.pool_watch.opened_at.clear()
        return self

    def run(self, seconds: float) -> Site:
        """Let time pass."""
        self.world.run_until(self.world.now_ns + round(seconds * SECOND))
        return self

    def inflict(self, verb: str, unit: str, seconds: float = 0.0, *, other: str = "", amount: int = 0) -> None:
        """A fault of the 1:1 simulator, now."""
        second = self[other].index if other else 0
        inflict(self.world, Fault(self.world.now_ns, verb, self[unit].index, second, round(seconds * SECOND), amount))

    def kill(self, *names: str, seconds: float = 10_000.0) -> None:
        """Whole units, at this moment."""
        for name in names:
            self.inflict("kill", name, seconds)

    def order(self, unit: str, verb: Verb, group: int, *, forced: bool = False) -> None:
        """A command, now."""
        self[unit].report(Command("c", verb, group, forced, author="sim"))

    def on_air(self, group: int) -> str:
        """Whose output is open for that group; "" nobody's."""
        names = [unit.name for unit in self.world.pool for device in unit.open_devices() if device.group == group]
        assert len(names) <= 1, f"group {group} is open at {names}"
        return "".join(names)

    def airing(self) -> dict[int, str]:
        """All of it."""
        return {group: self.on_air(group) for group in self.groups}

    def alarms(self, unit: str, group: int) -> dict[AlarmName, str]:
        """Raised now, with their texts."""
        return {name: alarm.text for name, alarm in self[unit].members[group].alarms.items()}

    def claims(self) -> list[tuple[str, int]]:
        """(unit, group) of all claims, in order of time."""
        return [(unit.name, change.group) for _, unit, change in self.world.pool_watch.claimed]

    def snapshot(self, unit: str, group: int) -> dict[str, object]:
        """What a face shows of that seat."""
        engine = self[unit].engine
        assert engine is not None
        return engine.member_snapshot(group, self[unit].now_ns())

    def keep(self) -> list[tuple[int, str, Effect]]:
        """Keep every effect from now on."""
        self.world.watch.effects = []
        return self.world.watch.effects

    def reasons(self, unit: str, group: int) -> list[Reason]:
        """Of the transitions of one seat, in order."""
        return [change.reason for who, change in self.world.watch.transitions if who.name == unit and change.group == group]

    def settled(self) -> Site:
        """What must hold in the end."""
        invariants.settled(self.world, set(self.groups))
        return self


def _pooled(own: MemberConfig, group: int) -> MemberConfig:
    return MemberConfig(
        group,
        own.device_type,
        own.priority,
        own.interval_ms,
        own.device,
        own.designation,
        seat=Seat.POOLED,
        is_n_to_m=True,
    )


def replies(effects: list[tuple[int, str, Effect]]) -> list[Reply]:
    """The answers among kept effects."""
    return [effect for _, _, effect in effects if isinstance(effect, Reply)]


def raised(effects: list[tuple[int, str, Effect]], name: AlarmName) -> list[str]:
    """Who raised that alarm."""
    return [who for _, who, effect in effects if isinstance(effect, RaiseAlarm) and effect.name is name]
