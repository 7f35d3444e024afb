"""Masters that fail together, against the expectation worked out by hand. All of them: `python -m tests.sim.pool`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from tests.sim.pool.failures import Tally, great_sets, in_parts, prove_doubles, prove_sets

WORKERS = 2
EVERY = 9
SITES = 30
FIRST_SITE = 5_000
Part = TypeVar("Part")


@pytest.mark.parametrize("backups", [4, 1])
def test_each_of_three_failed_masters_is_taken_by_the_backup_that_is_expected(backups: int) -> None:
    """C-16, S-19, S-29: every ninth of the 1350 sets of up to three of 20 masters, with enough backups and with one."""
    sets = great_sets()
    assert len(sets) == 1350
    total = _sum(partial(prove_sets, backups=backups), list(in_parts(sets[::EVERY], 25)))
    assert total.failures == total.compared == len(sets[::EVERY])
    assert total.deferred > 40
    assert (total.left > 0) == (backups == 1)


def test_double_failures_never_leave_an_able_backup_idle_nor_use_one_twice() -> None:
    """C-16, D-33, D-36: random phases, ranks, priorities, 2 to 20 masters, 1 to 4 backups, small delays and losses."""
    total = _sum(prove_doubles, list(range(FIRST_SITE, FIRST_SITE + SITES)))
    assert total.failures == SITES * 20
    assert total.compared > total.failures // 3
    assert total.deferred > 50
    assert total.left > 20


def _sum(prove: Callable[[Part], Tally], parts: list[Part]) -> Tally:
    total = Tally()
    with ProcessPoolExecutor(WORKERS) as pool:
        for tally in pool.map(prove, parts):
            total.add(tally)
    return total
