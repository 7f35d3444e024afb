"""Run random histories and directed scenarios against whatever `agent` is first on the path; stop at the first failure.

`python -m tests.sim.prove ENGINE_DIR FIRST_SEED HISTORIES [SCENARIO ...]`: exit code 0 all held, 1 a failure was found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import agent.engine
from tests.sim.all_scenarios import SCENARIOS
from tests.sim.history import run_seed


class Verdict(Protocol):
    """What a history ends with; empty: every invariant held."""

    @property
    def failure(self) -> str: ...


def main(engine: str, first_seed: str, histories: str, *names: str) -> int:
    """Histories first: they catch most."""
    return report(engine, random_failures(run_seed, int(first_seed), int(histories)), directed_failures(SCENARIOS, names))


def report(engine: str, *proofs: Iterator[str]) -> int:
    """What failed first goes to the standard output."""
    found = Path(str(agent.engine.__file__)).parent
    assert found == Path(engine), f"this would test {found}, not {engine}"
    failure = next((failure for proof in proofs for failure in proof), "")
    print(failure or "every invariant held")
    return bool(failure)


def random_failures(run: Callable[[int], Verdict], first_seed: int, histories: int) -> Iterator[str]:
    """By seed."""
    for seed in range(first_seed, first_seed + histories):
        if failure := run(seed).failure:
            yield f"seed {seed}: {failure}"


def directed_failures(scenarios: Mapping[str, Callable[[], object]], names: tuple[str, ...]) -> Iterator[str]:
    """By name. A planted fault may break anything: whatever is raised is a failure found."""
    for name in names:
        try:
            scenarios[name]()
        except Exception as broken:
            yield f"{name}: {type(broken).__name__}: {broken}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
