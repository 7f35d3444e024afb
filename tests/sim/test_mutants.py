"""The simulator bites: every deliberate fault of the engine is caught, and the engine without one passes the same run."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.sim.copies import HISTORIES, make_copy, plant, prove
from tests.sim.mutant import Mutant
from tests.sim.mutants import MUTANTS


def _judge(mutant: Mutant, directory: Path) -> tuple[bool, str]:
    plant(mutant, make_copy(directory))
    return prove(directory, mutant.scenarios, HISTORIES if mutant.needs_histories else 0)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Future[tuple[bool, str]]]:
    """All of them, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return {mutant.name: pool.submit(_judge, mutant, tmp_path_factory.mktemp("mutant")) for mutant in MUTANTS}


def test_the_engine_without_a_fault_passes_the_same_run(tmp_path: Path) -> None:
    """Else a catch would mean nothing."""
    make_copy(tmp_path)
    holds, said = prove(tmp_path, tuple({name: None for mutant in MUTANTS for name in mutant.scenarios}))
    assert holds, said


def test_there_are_enough_faults() -> None:
    """At least 15, all different."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 15


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_deliberate_fault_is_caught(mutant: Mutant, verdicts: dict[str, Future[tuple[bool, str]]]) -> None:
    """By an invariant or a scenario, not by luck: the seeds are fixed."""
    holds, said = verdicts[mutant.name].result()
    assert not holds, f"nobody noticed: {mutant.name} ({said})"
