"""Random histories of 8 masters and 3 backups, every invariant after every step."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

from tests.sim.pool.history import report, run_seed, trace
from tests.sim.pool.plan import make_plan

FIRST_SEED = 20_000
HISTORIES = 120


def test_every_invariant_holds_in_random_histories_of_a_pool() -> None:
    """C-02, C-07, C-08, C-16, C-22, C-26, S-12, S-22, S-27, S-29, S-33, D-36, F-8."""
    steps = claims = overlaps = 0
    with ProcessPoolExecutor(2) as pool:
        for verdict in pool.map(run_seed, range(FIRST_SEED, FIRST_SEED + HISTORIES), chunksize=5):
            assert not verdict.failure, report(verdict.seed)
            steps, claims, overlaps = steps + verdict.steps, claims + verdict.claims, overlaps + verdict.overlaps
    assert steps > 3_000 * HISTORIES
    assert claims > 10 * HISTORIES, "too little happens"
    assert overlaps > 0, "no partition ever made two masters"


def test_the_same_seed_gives_the_same_effects() -> None:
    """All effects of all units, in order."""
    plan = make_plan(20_007)
    assert trace(plan) == trace(plan)
