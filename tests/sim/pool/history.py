"""Run one history of a pool; on failure shrink it and say how to see it again."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from agent.engine.reasons import State
from tests.sim.invariants import every_command_is_answered
from tests.sim.pool.faults import inflict
from tests.sim.pool.plan import PoolPlan, make_plan
from tests.sim.pool.site import Site
from tests.sim.world import MS

CHANGE_S = 6
"""Longer than any claim lasts."""


@dataclass(frozen=True, slots=True)
class PoolVerdict:
    """How a history went. `failure` is empty when every invariant held."""

    seed: int
    steps: int
    claims: int
    overlaps: int
    failure: str = ""
    transcript: str = ""


def build(plan: PoolPlan) -> Site:
    """The site; everybody holds everything, starts within an interval, and the faults are planned."""
    rng = Random(plan.seed)
    site = Site(
        seed=plan.seed,
        interval_ms=plan.interval_ms,
        key=plan.is_authenticated,
        is_clean=plan.is_clean,
        delay_ns=plan.delay_ns,
        latency=plan.latency,
    )
    for group in range(1, plan.masters + 1):
        site.master(group, rng.randint(251, 254), rank=rng.choice([1, 2, 10]), hold_s=plan.hold_s, ppm=_ppm(rng, plan))
    for number, priority in enumerate(plan.backups):
        is_everywhere = plan.is_everywhere and number == 0
        site.backup(priority, devices=plan.devices, exclusive=plan.is_exclusive, everywhere=is_everywhere, ppm=_ppm(rng, plan))
    site.world.lan.is_switched = rng.random() < 0.8
    site.hold_everything()
    for unit in site.world.pool:
        site.world.after(rng.randrange(plan.interval_ms * MS), unit.start)
    for fault in plan.faults:
        site.world.at(fault.at_ns, inflict, site, fault)
    return site


def _ppm(rng: Random, plan: PoolPlan) -> int:
    return rng.randint(-plan.ppm, plan.ppm)


def run(plan: PoolPlan) -> PoolVerdict:
    """The whole history, with every invariant after every step."""
    site = build(plan)
    failure = ""
    try:
        site.world.run_until(plan.ends_ns)
        if _is_changing(site):  # a return policy may act late: 30 s after its device failed
            site.run(CHANGE_S)
        site.settled()
        every_command_is_answered(site.world.watch)
    except AssertionError as broken:
        failure = str(broken) or type(broken).__name__
    except Exception as broken:
        failure = f"{type(broken).__name__}: {broken}"
    watch = site.world.pool_watch
    transcript = site.world.tell() if failure else ""
    return PoolVerdict(plan.seed, site.world.steps, len(watch.claimed), watch.overlaps, failure, transcript)


def _is_changing(site: Site) -> bool:
    units = [unit for unit in site.world.pool if unit.engine is not None]
    return any(member.state in (State.CLAIMING, State.YIELDING) for unit in units for member in unit.members.values())


def run_seed(seed: int) -> PoolVerdict:
    """For a process pool."""
    return run(make_plan(seed))


def trace(plan: PoolPlan) -> list[tuple[int, str, str]]:
    """Every effect of every unit."""
    site = build(plan)
    kept = site.keep()
    site.world.run_until(plan.ends_ns)
    return [(at_ns, who, str(effect)) for at_ns, who, effect in kept]


def report(seed: int) -> str:
    """What fails, with no more faults than it needs."""
    plan, left_out = make_plan(seed), set[int]()
    verdict = run(plan)
    for number in range(len(plan.faults)):
        shorter = run(plan.without(left_out | {number}))
        if shorter.failure:
            left_out, verdict = left_out | {number}, shorter
    kept = plan.without(left_out)
    head = f"seed {seed}: {verdict.failure}"
    again = f"again: .venv/bin/python -m tests.sim.pool --history {seed} --without {','.join(map(str, sorted(left_out)))}"
    return "\n".join([head, verdict.transcript, str(kept), *map(str, kept.faults), head, again])
