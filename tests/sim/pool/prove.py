"""Run directed scenarios and a few random histories of pools against whatever `agent` is first on the path.

`python -m tests.sim.pool.prove ENGINE_DIR FIRST_SEED HISTORIES [SCENARIO ...]`: exit code 0 all held, 1 a failure was found.
"""

from __future__ import annotations

import sys

from tests.sim.pool.failures import great_sets, prove_sets
from tests.sim.pool.history import run_seed
from tests.sim.pool.scenarios import SCENARIOS
from tests.sim.prove import directed_failures, random_failures, report

SETS_APART = 135


def main(engine: str, first_seed: str, histories: str, *names: str) -> int:
    """Scenarios first: histories of a pool are long."""
    sets = directed_failures({"sets": lambda: prove_sets(great_sets()[::SETS_APART], 2)}, ("sets",))
    return report(engine, directed_failures(SCENARIOS, names), sets, random_failures(run_seed, int(first_seed), int(histories)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
