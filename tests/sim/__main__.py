"""`./dev soak`: random histories until so many steps are done; the first failure is shrunk and told."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.sim.history import Verdict, report, run, run_seed
from tests.sim.plan import make_plan

WORKERS = 2
BATCH = 200


def main() -> int:
    """Exit code 0: every invariant held; 1: one did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="of the first history; the next ones count up")
    parser.add_argument("--histories", type=int, default=None, help="how many; default: as many as the steps need")
    parser.add_argument("--steps", type=int, default=1_000_000, help="events handled by engines (default 1,000,000)")
    parser.add_argument("--without", default="", help="numbers of faults to leave out of the one history, from a shrunk report")
    asked = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    if asked.histories == 1:
        return _one(seed, {int(number) for number in asked.without.split(",") if number})
    return _many(seed, asked.histories, asked.steps)


def _one(seed: int, left_out: set[int]) -> int:
    verdict = run(make_plan(seed).without(left_out))
    if verdict.failure:
        print(f"{verdict.transcript}\nseed {seed}: {verdict.failure}")
        return 1
    print(f"{verdict.steps} steps, every invariant held")
    return 0


def _many(seed: int, histories: int | None, steps: int) -> int:
    started, done, count, switches = time.monotonic(), 0, 0, 0
    for verdict in verdicts(seed, histories):
        done, count, switches = done + verdict.steps, count + 1, switches + verdict.switches
        if verdict.failure:
            print(f"\n{report(verdict.seed)}")
            return 1
        if count % BATCH == 0:
            rate = done / max(1e-9, time.monotonic() - started)
            print(f"\r{count} histories, {done} steps, {switches} switches, {rate:.0f} steps/s", end="", flush=True)
        if histories is None and done >= steps:
            break
    print(f"\n{count} histories, {done} steps: every invariant held")
    return 0


def verdicts(seed: int, histories: int | None) -> Iterator[Verdict]:
    """In order of the seeds, from two processes; without end when `histories` is None."""
    with ProcessPoolExecutor(WORKERS) as pool:
        try:
            first = seed
            while histories is None or first < seed + histories:
                last = first + BATCH if histories is None else min(first + BATCH, seed + histories)
                yield from pool.map(run_seed, range(first, last), chunksize=10)
                first = last
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    sys.exit(main())
