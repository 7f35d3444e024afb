"""Thousands of random histories, every invariant after every step."""

from __future__ import annotations

from tests.sim.__main__ import verdicts
from tests.sim.history import report, run
from tests.sim.plan import make_plan

FIRST_SEED = 1
HISTORIES = 2_500


def test_every_invariant_holds_in_thousands_of_random_histories() -> None:
    """C-02, C-07, C-22, S-07, S-08, S-09, S-10, S-12, S-27, F-8: loss, delay, partition, crash, stall, commands, replays."""
    steps = switches = overlaps = 0
    for verdict in verdicts(FIRST_SEED, HISTORIES):
        assert not verdict.failure, report(verdict.seed)
        steps, switches, overlaps = steps + verdict.steps, switches + verdict.switches, overlaps + verdict.overlaps
    assert steps > 300 * HISTORIES
    assert switches > HISTORIES, "too little happens"
    assert overlaps > 0, "no partition ever made two masters"


def test_a_seed_says_everything() -> None:
    """The same seed gives the same history, step by step."""
    for seed in (3, 100_015):
        one, other = run(make_plan(seed)), run(make_plan(seed))
        assert one == other
