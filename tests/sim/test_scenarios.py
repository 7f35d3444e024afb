"""The directed scenarios, and the ones that need thousands of runs."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.sim.all_scenarios import SCENARIOS
from tests.sim.scenarios import deaths, highest_wins


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    """Each names its requirement in its own docstring; all together S-04 to S-17, S-25, F-1 to F-5, F-8,

    C-02, C-03, C-04, C-06, C-07, C-12, C-13, C-16, C-21, C-22, C-23, C-24, C-26, D-12, D-49.
    """
    SCENARIOS[name]()


def test_highest_live_able_backup_wins_in_a_thousand_seeds() -> None:
    """S-08: kill and give-up, three backups."""
    with ProcessPoolExecutor(2) as pool:
        for failure in pool.map(_failure_of, range(1000), chunksize=25):
            assert not failure, failure


def _failure_of(seed: int) -> str:
    try:
        highest_wins(seed)
    except AssertionError as broken:
        return f"seed {seed}: {broken}"
    return ""


def test_outage_of_ten_thousand_deaths_lies_between_t_minus_a_and_t() -> None:
    """S-17: death at uniform phase; all of (T-A, T] is used."""
    with ProcessPoolExecutor(2) as pool:
        outages = [outage for part in pool.map(deaths, [1000] * 10, range(10)) for outage in part]
    assert len(outages) == 10_000
    assert 1_100_000_000 < min(outages) < 1_110_000_000
    assert 2_090_000_000 < max(outages) <= 2_100_000_000
