"""Several masters fail together: who takes whom, against the expectation worked out by hand (C-16, D-33, D-36)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from random import Random

from tests.sim.pool.expectation import Backup, Expectation
from tests.sim.pool.site import Site
from tests.sim.world import MS, SECOND

MASTERS, BACKUPS, LARGEST = 20, 4, 3
DOUBLES_PER_SITE = 20
SURE_NS = 25 * MS
"""Decisions that hang on less than the way of a few packets are not compared, only counted: both are right."""


@dataclass
class Tally:
    """What was proven."""

    failures: int = 0
    compared: int = 0
    taken: int = 0
    left: int = 0
    """Groups for which no backup was left."""
    deferred: int = 0
    """Sets in which somebody let a better-ranked group go first."""

    def add(self, other: Tally) -> None:
        """Sum."""
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


def fail(base: Site, deaths: list[tuple[float, int]], tally: Tally, *, is_exact: bool) -> None:
    """From here on: each (seconds later, group) dies. Raises AssertionError when the outcome is not the right one."""
    site = base.copied()
    site.world.rng = Random(str(deaths))
    began_s = site.world.now_ns / SECOND
    for after_s, group in sorted(deaths):
        site.run(began_s + after_s - site.world.now_ns / SECOND)
        site.kill(f"m{group}")
    failed = [group for _, group in deaths]
    last_ns = {group: _last_word_ns(site, group) for group in failed}
    expectation = _expectation(site, last_ns)
    slowest_s = max(backup.skew_ns for backup in expectation.backups) / SECOND
    interval_s = site.interval_ms / 1000
    site.run(max(last_ns.values()) / SECOND + 2.3 * interval_s + slowest_s + 0.2 - site.world.now_ns / SECOND)
    _judge(site, expectation, tally, is_exact=is_exact)


def _last_word_ns(site: Site, group: int) -> int:
    unit = site[f"m{group}"]
    return unit.clock.true_ns(unit.sent_at_ns[group]) + site.world.lan.delay_ns


def _expectation(site: Site, last_ns: dict[int, int]) -> Expectation:
    backups = [
        Backup(unit.name, unit.configs[0].priority, 1 if unit.pool.is_exclusive else len(unit.pool.devices))
        for unit in site.backups
    ]
    return Expectation(last_ns, site.ranks, backups, site.interval_ms)


def _judge(site: Site, expectation: Expectation, tally: Tally, *, is_exact: bool) -> None:
    failed = list(expectation.last_ns)
    room = sum(backup.capacity for backup in expectation.backups)
    expected = expectation.work_out()
    seen = {group: name for group in failed if (name := site.on_air(group))}
    said = f"failed {failed} (ranks {[site.ranks[group] for group in failed]}): {seen}, expected {expected}; {site.claims()}"
    assert len(seen) == min(len(failed), room), f"C-16, taken by somebody while there are enough: {said}"
    assert all(name.startswith("b") for name in seen.values()), said
    site.settled()
    is_sure = site.world.lan.loss == 0 and (is_exact or expectation.closest_ns > SURE_NS)
    assert not is_sure or seen == expected, f"C-16, rank order: {said}"
    tally.failures += 1
    tally.compared += is_sure
    tally.taken += len(seen)
    tally.left += len(failed) - len(seen)
    tally.deferred += any(backup.waits_for for backup in expectation.backups)


def great_site(backups: int = BACKUPS) -> Site:
    """20 masters, 4 backups, no two events at one moment: what happens is exact."""
    rng = Random(20)
    site = Site(seed=20, beacons=False, delay_ns=0)
    for group in range(1, MASTERS + 1):
        site.master(group, 254, rank=rng.choice([1, 5, 5, 10, 1000]))
    for number in range(backups):
        site.backup(250 - 3 * number)
    return _started(site, rng, 4.5)


def _started(site: Site, rng: Random, seconds: float) -> Site:
    """All masters are on the air, each at a phase of its own, and the backups know them."""
    site.world.lan.is_switched = True
    site.hold_everything()
    for unit in site.world.pool:
        begins_ns = seconds * SECOND / 2 if unit.is_backup_unit else 0
        site.world.after(round(begins_ns) + rng.randrange(site.interval_ms * MS), unit.start)
    site.run(seconds)
    site.world.pool_watch.claimed.clear()
    site.world.watch.transitions.clear()
    site.world.transcript.clear()
    return site


def great_sets(largest: int = LARGEST) -> list[tuple[int, ...]]:
    """All sets of up to three masters of twenty: 1350."""
    groups = range(1, MASTERS + 1)
    return [failed for count in range(1, largest + 1) for failed in combinations(groups, count)]


def prove_sets(sets: list[tuple[int, ...]], backups: int = BACKUPS) -> Tally:
    """Every one of them, all masters of a set dying in one moment, which is another one for each set."""
    base, tally = great_site(backups), Tally()
    for failed in sets:
        phase_s = Random(str(failed)).random()
        fail(base, [(phase_s, group) for group in failed], tally, is_exact=True)
    return tally


def random_site(seed: int) -> Site:
    """2..20 masters, 1..4 backups, independent or exclusive, one or two devices, small delays, sometimes small losses."""
    rng = Random(seed)
    delay_ns = rng.choice([0, 50_000, 200_000, 1_000_000, 2_000_000])
    loss = rng.choice([0.0, 0.0, 0.0, 0.002])
    site = Site(
        seed=seed,
        interval_ms=rng.choice([200, 500, 1000, 1000]),
        key=rng.random() < 0.6,
        beacons=rng.random() < 0.3,
        is_clean=not loss,
        delay_ns=delay_ns,
        jitter_ns=rng.choice([0, 100_000]),
    )
    for group in rng.sample(range(1, 100), rng.randint(2, 20)):
        site.master(group, rng.randint(251, 254), rank=rng.choice([1, 2, 10, 1000]))
    for priority in rng.sample(range(236, 251), rng.randint(1, 4)):
        site.backup(priority, devices=rng.choice([1, 1, 2]), exclusive=rng.random() < 0.4)
    _started(site, rng, 4.5)
    site.world.lan.loss = loss
    if loss:
        site.world.watch.excuse(1 << 62)
    return site


def prove_doubles(seed: int, count: int = DOUBLES_PER_SITE) -> Tally:
    """One random site, so many double failures of it: at once, or within one and a half intervals."""
    base, rng, tally = random_site(seed), Random(seed), Tally()
    for number in range(count):
        first, second = rng.sample(base.groups, 2)
        apart_s = rng.choice([0.0, rng.random() * 1.5]) * base.interval_ms / 1000
        begin_s = rng.random() * base.interval_ms / 1000
        try:
            fail(base, [(begin_s, first), (begin_s + apart_s, second)], tally, is_exact=False)
        except AssertionError as broken:
            raise AssertionError(f"site {seed}, double {number}: {broken}") from broken
    return tally


def in_parts(sets: list[tuple[int, ...]], size: int) -> Iterator[list[tuple[int, ...]]]:
    """For several processes."""
    for first in range(0, len(sets), size):
        yield sets[first : first + size]
