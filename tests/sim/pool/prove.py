"""Run directed scenarios and a few random histories of pools against whatever `agent` is first on the path.

`python -m tests.sim.pool.prove ENGINE_DIR FIRST_SEED HISTORIES [SCENARIO ...]`: exit code 0 all held, 1 a failure was found.
"""

from __future__ import annotations

import sys
from pathlib import Path

import agent.engine
from tests.sim.pool.failures import great_sets, prove_sets
from tests.sim.pool.history import run_seed
from tests.sim.pool.scenarios import SCENARIOS

SETS_APART = 135


def main(engine: str, first_seed: str, histories: str, *names: str) -> int:
    """What failed first goes to the standard output."""
    found = Path(str(agent.engine.__file__)).parent
    assert found == Path(engine), f"this would test {found}, not {engine}"
    failure = _directed(names) or _sets() or _random(int(first_seed), int(histories))
    print(failure or "every invariant held")
    return bool(failure)


def _random(first_seed: int, histories: int) -> str:
    for seed in range(first_seed, first_seed + histories):
        verdict = run_seed(seed)
        if verdict.failure:
            return f"seed {seed}: {verdict.failure}"
    return ""


def _sets() -> str:
    try:
        prove_sets(great_sets()[::SETS_APART], 2)
    except Exception as broken:
        return f"sets: {type(broken).__name__}: {broken}"
    return ""


def _directed(names: tuple[str, ...]) -> str:
    for name in names:
        try:
            SCENARIOS[name]()
        except Exception as broken:
            return f"{name}: {type(broken).__name__}: {broken}"
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
