"""What the flight recorder costs: its own processor time, what core pays for it, and how large a day is."""

import time
from functools import partial
from typing import NamedTuple

from agent.diagnostics.segments import segments
from bench.figure import Figure, Options, Row
from tests.netns.harness import Lan, Tap, Unit, cpu_seconds
from tests.netns.harness.unit import keygen

GROUPS, INTERVAL_S = 10, 0.1
"""100 adverts a second, as many beacons' worth of everything else as that brings."""
SECONDS = 30.0
WARM_UP_S = 3.0
DAY_S = 86_400
GOAL_CPU, GOAL_GIB = 3.0, 1.0


class Unrecorded(Unit):
    """Without a recorder: what core costs then."""

    def settings(self) -> str:
        """See Unit."""
        return super().settings() + "\n[recorder]\nenabled = false\n"


class Cost(NamedTuple):
    """`recorder`, `core`: % of a processor, of the unit that costs more; `gib`: of one unit's records, a day."""

    recorder: float
    core: float
    gib: float


def measured(kind: type[Unit], is_keyed: bool, seconds: float) -> Cost:
    """A master and a backup of ten groups at 0.1 s, left alone."""
    with Lan(("a", "b", "src")) as lan, Tap.redundancy(lan) as tap:
        key_file = lan.directory / "lan.key" if is_keyed else None
        if key_file is not None:
            keygen(key_file)
        groups = tuple(range(GROUPS))
        a = kind(lan, "a", priority=254, interval=INTERVAL_S, groups=groups, key_file=key_file)
        b = kind(lan, "b", priority=252, interval=INTERVAL_S, groups=groups, key_file=key_file, designation="reserve")
        with a, b:
            tap.wait_for(lambda said: said.group == groups[-1], 30)
            b.wait_for_role("backup", timeout_s=30)
            time.sleep(WARM_UP_S)
            return _dearer([a, b], seconds)


def _dearer(units: list[Unit], seconds: float) -> Cost:
    before = [(*_spent(unit), _size(unit)) for unit in units]
    time.sleep(seconds)
    after = [(*_spent(unit), _size(unit)) for unit in units]
    spent = [
        tuple((now - then) / seconds for now, then in zip(late, early, strict=True))
        for late, early in zip(after, before, strict=True)
    ]
    recorder, core, size = (max(one[place] for one in spent) for place in range(3))
    return Cost(recorder * 100, core * 100, size * DAY_S / (1 << 30))


def _spent(unit: Unit) -> tuple[float, float]:
    return cpu_seconds(unit.pids_of("recorder")), cpu_seconds(unit.pids_of("core"))


def _size(unit: Unit) -> int:
    return sum(path.stat().st_size for path in segments(unit.directory / "records"))


def run(options: Options) -> list[Row]:
    """With and without a key; then without a recorder."""
    seconds = options.seconds(SECONDS)
    rows = []
    for is_keyed in (False, True):
        what = f"100 adverts/s, {'a' if is_keyed else 'no'} key"
        cost = options.measure("ours", f"recorder, {what}", partial(measured, Unit, is_keyed, seconds))
        bare = options.measure("ours", f"no recorder, {what}", partial(measured, Unrecorded, is_keyed, seconds))
        if cost is None or bare is None:
            continue
        rows += [
            Row(f"recorder, {what}", f"{cost.recorder:.2f} % of a core", f"< {GOAL_CPU:g} %", "-", cost.recorder < GOAL_CPU),
            Row(f"core's part, {what}", f"{cost.core:.2f} % with, {bare.core:.2f} % without", "-", "-", None),
            Row(f"records a day, {what}", f"{cost.gib:.2f} GiB", f"< {GOAL_GIB:g} GiB", "-", cost.gib < GOAL_GIB),
        ]
    return rows


FIGURE = Figure("recorder", "the flight recorder at 100 adverts a second: processor, core's part, disk", run)
