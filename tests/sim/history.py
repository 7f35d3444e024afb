"""Run one history; on failure shrink it and say how to see it again."""

from __future__ import annotations

from dataclasses import dataclass

from tests.sim import invariants
from tests.sim.faults import Fault, inflict
from tests.sim.plan import Plan, make_plan
from tests.sim.unit import SimUnit
from tests.sim.world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a history went. `failure` is empty when every invariant held."""

    seed: int
    steps: int
    switches: int
    overlaps: int
    failure: str = ""
    transcript: str = ""


def build(plan: Plan) -> World:
    """Units and LAN, nothing started yet."""
    world = World(
        plan.seed,
        is_authenticated=plan.is_authenticated,
        is_clean=plan.is_clean,
        delay_ns=plan.delay_ns,
        jitter_ns=plan.jitter_ns,
        is_wired=plan.is_wired,
        has_loopback=plan.has_loopback,
    )
    for index, unit in enumerate(plan.units):
        made = SimUnit(world, index, plan.config(unit), plan.rules(), unit.clock, unit.latency, unit.unit_id)
        world.units.append(made)
        world.at(unit.starts_ns, made.start)
    for fault in plan.faults:
        world.at(fault.at_ns, inflict, world, fault)
    return world


def run(plan: Plan) -> Verdict:
    """The whole history, with every invariant after every step."""
    world = build(plan)
    failure = ""
    try:
        world.run_until(plan.ends_ns)
        invariants.one_output_per_component_once_settled(world.watch)
        invariants.every_command_is_answered(world.watch)
    except AssertionError as broken:
        failure = str(broken) or type(broken).__name__
    except Exception as broken:
        failure = f"{type(broken).__name__}: {broken}"
    watch = world.watch
    transcript = world.tell() if failure else ""
    return Verdict(plan.seed, world.steps, len(watch.changes), watch.overlaps, failure, transcript)


def run_seed(seed: int) -> Verdict:
    """For a process pool."""
    return run(make_plan(seed))


def shrink(plan: Plan) -> tuple[set[int], Verdict]:
    """Leave out every fault that the failure does not need; the numbers of those left out, and the verdict without them."""
    left_out: set[int] = set()
    verdict = run(plan)
    for number in range(len(plan.faults)):
        shorter = run(plan.without(left_out | {number}))
        if shorter.failure:
            left_out, verdict = left_out | {number}, shorter
    return left_out, verdict


def report(seed: int) -> str:
    """The failure of this seed: what, why, transcript, and the command that shows it again."""
    plan = make_plan(seed)
    left_out, verdict = shrink(plan)
    kept = [fault for number, fault in enumerate(plan.faults) if number not in left_out]
    without = f" --without {','.join(map(str, sorted(left_out)))}" if left_out else ""
    return "\n".join(
        [
            f"seed {seed}: {verdict.failure}",
            describe(plan, kept),
            verdict.transcript,
            f"seed {seed}: {verdict.failure}",
            f"again: .venv/bin/python -m tests.sim --seed {seed} --histories 1{without}",
        ]
    )


def describe(plan: Plan, faults: list[Fault]) -> str:
    """The plan in a few lines."""
    kind = "clean" if plan.is_clean else "with partitions, loss or delay"
    key = "key" if plan.is_authenticated else "no key"
    lan = f"A {plan.interval_ms} ms, {key}, {kind}, delay {plan.delay_ns} ns + {plan.jitter_ns} ns"
    units = [
        f"  unit-{index}: priority {unit.priority} preempt {unit.is_preempting} {unit.clock.ppm} ppm {unit.latency}"
        for index, unit in enumerate(plan.units)
    ]
    return "\n".join([lan, *units, *(f"  {fault}" for fault in faults)])
