"""The long proofs of N:M: double failures, all sets of up to three of 20 masters, random histories.

`python -m tests.sim.pool` runs all; exit code 0: everything was as it must be.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.sim.pool.failures import BACKUPS, DOUBLES_PER_SITE, Tally, great_sets, in_parts, prove_doubles, prove_sets
from tests.sim.pool.history import PoolVerdict, report, run, run_seed
from tests.sim.pool.plan import make_plan

WORKERS = 2
DOUBLES = 10_000
HISTORIES = 1_000
PART = 15


def main() -> int:
    """All of it, or a part."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.pool", description=__doc__)
    parser.add_argument("--doubles", type=int, default=DOUBLES, help="how many double failures (default 10,000)")
    parser.add_argument("--sets", type=int, default=BACKUPS, help="the sets with so many backups, and with one; 0: not at all")
    parser.add_argument("--histories", type=int, default=HISTORIES, help="random histories (default 1,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first site or history")
    parser.add_argument("--history", type=int, default=None, help="this one only")
    parser.add_argument("--without", default="", help="numbers of faults to leave out of it")
    asked = parser.parse_args()
    if asked.history is not None:
        return _one(asked.history, {int(number) for number in asked.without.split(",") if number})
    with ProcessPoolExecutor(WORKERS) as pool:
        for backups in (asked.sets, 1) if asked.sets else ():
            parts = list(in_parts(great_sets(), PART))
            _count(f"sets, {backups} backups", pool.map(partial(prove_sets, backups=backups), parts))
        seeds = range(asked.seed, asked.seed + -(-asked.doubles // DOUBLES_PER_SITE))
        if asked.doubles:
            _count("double failures", pool.map(prove_doubles, seeds))
        return _histories(pool.map(run_seed, range(asked.seed, asked.seed + asked.histories)))


def _count(what: str, tallies: Iterable[Tally]) -> None:
    total, began = Tally(), time.monotonic()
    for tally in tallies:
        total.add(tally)
        print(f"\r{what}: {_told(total)}, {time.monotonic() - began:.0f} s", end="", flush=True)
    print(f"\n{what}: each taken by exactly one able backup, in the order expected")


def _told(tally: Tally) -> str:
    return (
        f"{tally.failures} failures, {tally.taken} groups taken, {tally.left} without a backup left, "
        f"{tally.deferred} with somebody waiting for a better rank, {tally.compared} compared one by one"
    )


def _histories(verdicts: Iterable[PoolVerdict]) -> int:
    steps = claims = count = 0
    for verdict in verdicts:
        if verdict.failure:
            print(f"\n{report(verdict.seed)}")
            return 1
        steps, claims, count = steps + verdict.steps, claims + verdict.claims, count + 1
        print(f"\r{count} histories, {steps} steps, {claims} claims", end="", flush=True)
    print("\nevery invariant held")
    return 0


def _one(seed: int, left_out: set[int]) -> int:
    verdict = run(make_plan(seed).without(left_out))
    print(f"{verdict.transcript}\nseed {seed}: {verdict.failure}" if verdict.failure else f"{verdict.steps} steps, all held")
    return bool(verdict.failure)


if __name__ == "__main__":
    sys.exit(main())
