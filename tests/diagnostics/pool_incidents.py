"""Incidents of N:M pools in the simulator, recorded: `./dev soak pool-incidents [COUNT]` runs 700.

Each must replay identically in every unit's record; `explain`, given the record of the unit that took over, must name why the
master was gone, and what else there was: several failed, a better rank was waited for, a backup was busy, the home returned.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from agent.diagnostics.causes import Cause
from agent.diagnostics.circumstances import Circumstance
from agent.diagnostics.explain import Explanation, explain
from agent.diagnostics.replay import replay
from agent.diagnostics.timeline import timeline_of
from agent.engine.effects import Effect
from agent.engine.events import Event, Verb
from tests.diagnostics.judged import judged, shown
from tests.diagnostics.recorded import Recording
from tests.sim.pool.site import Site
from tests.sim.pool.world import PoolWorld
from tests.sim.unit import SimUnit

Circumstances = set[tuple[Circumstance, tuple[int, ...]]]
Expected = tuple[str, int, Cause, Circumstances]
"""The unit whose record is asked, the group, the cause, and the circumstances with their groups."""


class RecordedPool(PoolWorld):
    """A site of which everything is noted."""

    recordings: dict[int, Recording]

    def stepped(self, unit: SimUnit, event: Event, effects: list[Effect]) -> None:
        """As ever, and noted."""
        super().stepped(unit, event, effects)
        self.recordings.setdefault(unit.index, Recording(self)).take(unit, event, effects)


def bare_site(rng: Random, ranks: list[int], priorities: list[int], *, hold_s: float | None = None) -> Site:
    """A master for each rank, a backup for each priority; nothing is started, everything will be recorded."""
    site = Site(
        seed=rng.randrange(1 << 30),
        interval_ms=rng.choice([200, 500, 1000]),
        key=rng.random() < 0.6,
        delay_ns=rng.choice([50_000, 200_000]),
        is_clean=False,
    )
    site.world.__class__ = RecordedPool
    assert isinstance(site.world, RecordedPool)
    site.world.recordings = {}
    for group, rank in enumerate(ranks, 1):
        site.master(group, rank=rank, hold_s=hold_s, ppm=rng.randint(-50, 50))
    for priority in priorities:
        site.backup(priority, ppm=rng.randint(-50, 50))
    site.world.watch.excuse(1 << 62)
    return site


def recorded_site(rng: Random, masters: int, priorities: list[int], *, hold_s: float | None = None) -> Site:
    """All on the air, the backups listen. All ranks are alike."""
    site = bare_site(rng, [rng.choice([1, 1000])] * masters, priorities, hold_s=hold_s)
    site.ready()
    site.run(2 + rng.random())
    return site


def _priorities(rng: Random, count: int) -> list[int]:
    return sorted(rng.sample(range(240, 250), count), reverse=True)


def settle(site: Site) -> None:
    """Long enough for any T."""
    site.run(4 * site.interval_ms / 1000 + 3)


def alone(rng: Random) -> tuple[Site, Expected]:
    """One master dies; nothing else."""
    site = recorded_site(rng, rng.randint(2, 5), _priorities(rng, 2))
    site.kill("m1")
    settle(site)
    return site, (site.on_air(1), 1, Cause.CRASH, set())


def several(rng: Random) -> tuple[Site, Expected]:
    """Two or three die at once, and there are backups for all of them."""
    count = rng.choice([2, 3])
    site = recorded_site(rng, rng.randint(count, 5), _priorities(rng, count))
    site.kill(*(f"m{group}" for group in range(1, count + 1)))
    settle(site)
    return site, (site.on_air(1), 1, Cause.CRASH, {(Circumstance.SEVERAL, tuple(range(2, count + 1)))})


def waited(rng: Random) -> tuple[Site, Expected]:
    """The group that is due first matters less: the weaker backup lets the better one take the other, and only then claims."""
    site = bare_site(rng, [5, 1], [240, 239])
    interval_s = site.interval_ms / 1000
    phase_s = 0.11 + rng.random() * (interval_s - 0.16)
    site.hold_everything()
    site.start("m1").run(phase_s)
    site.start("m2").run(2 + interval_s)
    site.start("b0", "b1").run(2 + interval_s)
    second = site["m2"]
    last_ns = second.sent_at_ns[2]
    while second.sent_at_ns[2] == last_ns:
        site.run(0.005)
    site.kill("m1", "m2")
    settle(site)
    assert site.airing() == {1: "b1", 2: "b0"}
    said: Circumstances = {(Circumstance.SEVERAL, (2,)), (Circumstance.WAITED, (2,)), (Circumstance.BUSY_OTHER, (2,))}
    return site, ("b1", 1, Cause.CRASH, said)


def returned(rng: Random) -> tuple[Site, Expected]:
    """The home comes back and its policy asks for the group."""
    site = recorded_site(rng, 2, _priorities(rng, 2), hold_s=4.0)
    site.kill("m1", seconds=3 + 3 * site.interval_ms / 1000)
    site.run(16)
    return site, ("m1", 1, Cause.RETURN, set())


def brought_home(rng: Random) -> tuple[Site, Expected]:
    """A person orders it."""
    site = recorded_site(rng, 2, _priorities(rng, 2))
    site.kill("m1", seconds=3 + 3 * site.interval_ms / 1000)
    site.run(10)
    site.order("m1", Verb.SET_MASTER, 1)
    site.run(2)
    return site, ("m1", 1, Cause.COMMAND, set())


def busy_other(rng: Random) -> tuple[Site, Expected]:
    """The better backup airs another group already."""
    site = recorded_site(rng, 3, _priorities(rng, 2))
    site.kill("m1")
    settle(site)
    assert site.on_air(1) == "b0"
    site.run(3 + rng.random())
    site.kill("m2")
    settle(site)
    return site, (site.on_air(2), 2, Cause.CRASH, {(Circumstance.BUSY_OTHER, (1,))})


def busy(rng: Random) -> tuple[Site, Expected]:
    """The only backup is busy; it takes the second group when the first has gone home."""
    site = recorded_site(rng, 2, _priorities(rng, 1))
    site.kill("m1")
    settle(site)
    site.kill("m2")
    settle(site)
    site["m1"].start()
    site.run(4)
    site.order("m1", Verb.SET_MASTER, 1)
    settle(site)
    return site, (site.on_air(2), 2, Cause.CRASH, {(Circumstance.BUSY, (1,))})


KINDS: dict[str, Callable[[Random], tuple[Site, Expected]]] = {
    "alone": alone,
    "several": several,
    "waited": waited,
    "returned": returned,
    "brought home": brought_home,
    "busy reserve": busy_other,
    "busy itself": busy,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What was done, what was said of it."""

    kind: str
    seed: int
    expected: Expected
    explanation: Explanation | None
    is_identical: bool
    events: int

    @property
    def is_right(self) -> bool:
        """Cause and circumstances are those that were made."""
        if self.explanation is None:
            return False
        said = {(one.what, one.groups) for one in self.explanation.also}
        return (self.explanation.cause, said) == self.expected[2:]

    def __str__(self) -> str:
        said = self.explanation.sentence if self.explanation else "nothing has changed"
        return f"seed {self.seed} {self.kind}, expected {self.expected}: {said}"


def run(kind: str, seed: int) -> Result:
    """Record it, replay it, explain it from the record of the unit that took the group over."""
    site, expected = KINDS[kind](Random(f"pool {kind} {seed}"))
    assert isinstance(site.world, RecordedPool)
    outcomes = [replay(recording.notes) for recording in site.world.recordings.values()]
    unit = next((unit for unit in site.world.pool if unit.name == expected[0]), site.world.pool[0])
    timeline = timeline_of(site.world.recordings[unit.index].notes)
    claims = [change for change in timeline.changes if change.after == "claiming" and change.group == expected[1]]
    explanation = explain(timeline, claims[-1]) if claims else None
    same = all(outcome.is_identical for outcome in outcomes)
    return Result(kind, seed, expected, explanation, same, sum(outcome.events for outcome in outcomes))


def main(count: int) -> int:
    """The exit code: 0 when all replays are identical and 99 % of the causes are right."""
    seeds = count // len(KINDS)
    return judged(shown((run(kind, seed) for seed in range(seeds) for kind in KINDS), seeds * len(KINDS)))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 700))
