"""One history as a value: everything in it follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from agent.engine.config import LanRules, MemberConfig
from tests.sim.clock import Clock
from tests.sim.device import NAME, Latency
from tests.sim.faults import ATTACKS, CLEAN, DIRTY, INTERVALS_MS, Fault
from tests.sim.invariants import timeout_ns
from tests.sim.unit import GROUP
from tests.sim.world import MS, SECOND

DEVICE_TYPE = 1


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """One unit."""

    priority: int
    unit_id: int
    clock: Clock
    latency: Latency
    is_preempting: bool
    starts_ns: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One history. `is_clean`: no partition, loss or long delay; two open outputs are never excused."""

    seed: int
    interval_ms: int
    is_authenticated: bool
    is_clean: bool
    has_beacons: bool
    is_wired: bool
    has_loopback: bool
    is_incumbent_healing: bool
    delay_ns: int
    jitter_ns: int
    units: tuple[UnitPlan, ...]
    faults: tuple[Fault, ...]
    quiet_ns: int
    ends_ns: int

    def without(self, numbers: set[int]) -> Plan:
        """The same history with some faults left out."""
        return replace(self, faults=tuple(fault for number, fault in enumerate(self.faults) if number not in numbers))

    def config(self, unit: UnitPlan) -> MemberConfig:
        """What this unit's engine is told."""
        return MemberConfig(
            GROUP,
            DEVICE_TYPE,
            unit.priority,
            self.interval_ms,
            NAME,
            is_preempting=unit.is_preempting,
            is_incumbent_healing=self.is_incumbent_healing,
        )

    def rules(self) -> LanRules:
        """What every engine is told of the LAN."""
        return LanRules(self.is_authenticated, self.has_beacons)


def make_plan(seed: int) -> Plan:
    """A random history."""
    rng = Random(seed)
    is_clean = rng.random() < 0.6
    is_authenticated = rng.random() < 0.6
    interval_ms = rng.choice([*INTERVALS_MS, 1000])
    units = _units(rng, rng.choice([2, 2, 3, 3, 4]))
    faults = _faults(rng, len(units), is_clean=is_clean, is_authenticated=is_authenticated)
    quiet_ns = max((fault.at_ns + fault.for_ns for fault in faults), default=0) + 2 * SECOND
    longest_ms = max(INTERVALS_MS) if any(fault.verb == "set_interval" for fault in faults) else interval_ms
    longest_ns = max(timeout_ns(longest_ms, unit.priority) for unit in units)
    return Plan(
        seed,
        interval_ms,
        is_authenticated,
        is_clean,
        has_beacons=rng.random() < 0.85,
        is_wired=rng.random() < 0.15,
        has_loopback=rng.random() < 0.1,
        is_incumbent_healing=rng.random() < 0.15,
        delay_ns=rng.choice([0, 50_000, 200_000, 1_000_000, 2_200_000]),
        jitter_ns=rng.choice([0, 0, 20_000, 500_000]),
        units=units,
        faults=faults,
        quiet_ns=quiet_ns,
        ends_ns=quiet_ns + 2 * longest_ns + 6 * SECOND,
    )


def _units(rng: Random, count: int) -> tuple[UnitPlan, ...]:
    lowest = rng.choice([246, 240, 225])
    priorities = rng.sample(range(lowest, 255), count)
    if rng.random() < 0.1:
        priorities[0] = 255
    preempts = rng.choice([0.0, 0.0, 1.0, 0.5])
    together = rng.random() < 0.5
    return tuple(
        UnitPlan(
            priority,
            rng.randrange(1, 1 << 64),
            Clock(rng.randrange(1 << 40), rng.randint(-500, 500)),
            _latency(rng),
            rng.random() < preempts,
            rng.randrange(20 * MS if together else 3 * SECOND),
        )
        for priority in priorities
    )


def _latency(rng: Random) -> Latency:
    kind = rng.randrange(4)
    if kind == 0:
        return Latency()
    if kind == 1:
        return Latency(rng.randrange(1_500 * MS), rng.randrange(300 * MS), rng.randrange(100 * MS))
    return Latency(rng.randrange(2 * MS), rng.randrange(MS), rng.randrange(MS))


def _faults(rng: Random, units: int, *, is_clean: bool, is_authenticated: bool) -> tuple[Fault, ...]:
    verbs = CLEAN + (ATTACKS if is_authenticated else [])
    if not is_clean:
        verbs = DIRTY * 3 + verbs
    at_ns = rng.randrange(5 * SECOND)
    found = []
    for _ in range(rng.choice([1, 2, 3, 4, 6])):
        found.append(_fault(rng, at_ns, rng.choice(verbs), units))
        at_ns += rng.choice([rng.randrange(50 * MS), rng.randrange(2 * SECOND), rng.randrange(5 * SECOND)])
    return tuple(found)


def _fault(rng: Random, at_ns: int, verb: str, units: int) -> Fault:
    unit = rng.randrange(units)
    other = (unit + rng.randrange(1, units)) % units
    for_ns = rng.choice([rng.randrange(150 * MS), rng.randrange(2 * SECOND), rng.randrange(6 * SECOND)])
    amount = rng.randrange(1, (1 << units) - 1) if verb == "partition" else rng.randrange(1, 600)
    if verb in ("replay", "forge"):
        amount %= 30
    return Fault(at_ns, verb, unit, other, for_ns, amount)
