"""One random history of a pool as a value: everything in it follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.sim.device import Latency
from tests.sim.faults import Fault
from tests.sim.world import MS, SECOND

_UNIT_CLEAN = ["kill", "kill", "kill_core", "stall_core", "unplug", "freeze_in_send"]
_POOL = ["break_one", "stall_one", "command", "command", "command", "unhold", "restart_all"]
_CONTROLS = ["switch_off", "switch_off", "set_priority", "maintain", "lock"]
CLEAN = _UNIT_CLEAN + _POOL + _CONTROLS
"""None of these excuses two open outputs in one group."""
DIRTY = ["partition", "deafen", "lose", "delay", "slow", "shuffle", "force"]


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """One history. `hold_s`: return policy after_hold, or None: manual."""

    seed: int
    masters: int
    backups: tuple[int, ...]
    devices: int
    is_exclusive: bool
    is_everywhere: bool
    interval_ms: int
    is_authenticated: bool
    is_clean: bool
    hold_s: float | None
    delay_ns: int
    latency: Latency
    ppm: int
    faults: tuple[Fault, ...]
    ends_ns: int

    def without(self, numbers: set[int]) -> PoolPlan:
        """The same history with some faults left out."""
        return replace(self, faults=tuple(fault for number, fault in enumerate(self.faults) if number not in numbers))


def make_plan(seed: int, masters: int = 8, backups: int = 3) -> PoolPlan:
    """8 masters and 3 backups, and what happens to them."""
    rng = Random(seed)
    is_clean = rng.random() < 0.6
    faults = _faults(rng, masters + backups, is_clean=is_clean)
    quiet_ns = max(fault.at_ns + fault.for_ns for fault in faults)
    return PoolPlan(
        seed,
        masters,
        tuple(rng.sample(range(238, 251), backups)),
        devices=rng.choice([1, 1, 2, 3]),
        is_exclusive=rng.random() < 0.3,
        is_everywhere=rng.random() < 0.2,
        interval_ms=rng.choice([200, 500, 1000]),
        is_authenticated=rng.random() < 0.7,
        is_clean=is_clean,
        hold_s=rng.choice([None, None, 2.0, 5.0]),
        delay_ns=rng.choice([0, 50_000, 500_000, 2_000_000]),
        latency=_latency(rng),
        ppm=rng.choice([0, 100, 500]),
        faults=faults,
        ends_ns=quiet_ns + 26 * SECOND,
    )


def _latency(rng: Random) -> Latency:
    slow = Latency(rng.randrange(900 * MS), rng.randrange(100 * MS), 50 * MS)
    return rng.choice([Latency(), Latency(2 * MS, MS, MS), slow])


def _faults(rng: Random, units: int, *, is_clean: bool) -> tuple[Fault, ...]:
    verbs = CLEAN if is_clean else DIRTY * 2 + CLEAN
    at_ns = rng.randrange(3 * SECOND, 9 * SECOND)
    found = []
    for _ in range(rng.choice([2, 4, 6, 9])):
        found.append(_fault(rng, at_ns, rng.choice(verbs), units))
        at_ns += rng.choice([rng.randrange(50 * MS), rng.randrange(SECOND), rng.randrange(4 * SECOND)])
    return tuple(found)


def _fault(rng: Random, at_ns: int, verb: str, units: int) -> Fault:
    unit = rng.randrange(units)
    other = (unit + rng.randrange(1, units)) % units
    for_ns = rng.choice([rng.randrange(150 * MS), rng.randrange(2 * SECOND), rng.randrange(8 * SECOND)])
    amount = rng.randrange(1, (1 << units) - 1) if verb == "partition" else rng.randrange(1, 600)
    return Fault(at_ns, verb, unit, other, for_ns, amount)
