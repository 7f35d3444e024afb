"""A sample of `./dev soak pool-incidents`, which runs 700; and outputs of a pool, merged."""

from __future__ import annotations

from random import Random

import pytest

from agent.diagnostics.merge import offset_between, overlaps
from agent.diagnostics.outputs import open_times
from agent.diagnostics.timeline import timeline_of
from tests.diagnostics.pool_incidents import KINDS, RecordedPool, Result, busy, run

SAMPLE = range(1000, 1002)


@pytest.fixture(scope="module", name="results")
def _results() -> list[Result]:
    return [run(kind, seed) for kind in KINDS for seed in SAMPLE]


def test_every_incident_of_a_pool_replays_identically(results: list[Result]) -> None:
    """Issue 5, S-18 to S-26: many seats, devices that are taken and parked, groups that are met; of every unit."""
    assert [str(result) for result in results if not result.is_identical] == []
    assert min(result.events for result in results) > 100


def test_cause_and_circumstances_are_what_was_done(results: list[Result]) -> None:
    """Issue 5, C-09, C-10, C-16, D-36, D-37: several failed, a better rank was let go first, a backup was busy."""
    assert [str(result) for result in results if not result.is_right] == []


def test_the_sentence_says_who_failed_with_it_and_what_was_waited_for() -> None:
    """C-16: for a person at 3 a.m."""
    explanation = run("waited", 3).explanation
    assert explanation is not None
    assert "m1 went away without a word" in explanation.sentence
    assert "m2 (group 2) fell silent with it" in explanation.sentence
    assert "it let group 2 go first, which ranks better, and so claimed " in explanation.sentence
    assert "b0 (priority 240) was busy with group 2" in explanation.sentence


def test_an_output_of_a_pool_is_of_the_group_that_it_was_loaded_for() -> None:
    """S-22: one device served two groups, one after the other; beside the masters' own it was open for none of them."""
    site, _ = busy(Random("pool busy itself 1"))
    assert isinstance(site.world, RecordedPool)
    by_name = {unit.name: timeline_of(site.world.recordings[unit.index].notes) for unit in site.world.pool}
    acting = open_times(by_name["b0"])
    assert [one.group for one in acting] == [1, 2]
    for home in ("m1", "m2"):
        assert overlaps(by_name["b0"], by_name[home], offset_between(by_name["b0"], by_name[home])) == []
