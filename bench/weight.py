"""What it costs: processor and memory of a unit at rest, and of 255 groups on one unit."""

import time
from typing import NamedTuple

from bench.figure import Figure, Options, Row
from bench.pairs import AgentPair, RivalPair
from tests.netns.harness import Keepalived, Lan, Subject, Tap, Unit, cpu_seconds, pss_bytes

IDLE_S = 40.0
GROUPS_S = 20.0
GROUPS = 255


class Weight(NamedTuple):
    """Share of one core in percent; MiB of PSS."""

    cpu: float
    core: float
    memory: float


def weigh(subjects: dict[str, Subject], seconds: float) -> dict[str, Weight]:
    """All at the same time, over `seconds` in which nothing is done to them."""
    pids = {host: subject.pids() for host, subject in subjects.items()}
    cores = {host: subject.pids_of("core") if isinstance(subject, Unit) else [] for host, subject in subjects.items()}
    before = {host: (cpu_seconds(pids[host]), cpu_seconds(cores[host])) for host in subjects}
    time.sleep(seconds)
    return {
        host: Weight(
            (cpu_seconds(pids[host]) - before[host][0]) / seconds * 100,
            (cpu_seconds(cores[host]) - before[host][1]) / seconds * 100,
            pss_bytes(pids[host]) / (1 << 20),
        )
        for host in subjects
    }


def idle(pair: AgentPair | RivalPair, seconds: float) -> dict[str, Weight]:
    with pair:
        time.sleep(2)
        return weigh(dict(pair.subjects), seconds)


def many_units(seconds: float) -> dict[str, Weight]:
    with Lan(("a", "b", "src")) as lan, Tap.redundancy(lan) as tap:
        groups = tuple(range(GROUPS))
        with Unit(lan, "a", priority=254, groups=groups) as a:
            tap.wait_for(lambda said: said.group == groups[-1], 90)
            with Unit(lan, "b", priority=253, groups=groups, designation="reserve") as b:
                b.wait_for_role("backup", timeout_s=90)
                time.sleep(5)
                return weigh({"a": a, "b": b}, seconds)


def many_rivals(seconds: float) -> dict[str, Weight]:
    with Lan(("a", "b", "src")) as lan, Tap.vrrp(lan) as tap, Keepalived(lan, "a", instances=GROUPS) as a:
        tap.wait_for(lambda said: said.group == GROUPS, 30)
        with Keepalived(lan, "b", instances=GROUPS) as b:
            time.sleep(5)
            return weigh({"a": a, "b": b}, seconds)


def run_idle(options: Options) -> list[Row]:
    seconds = options.seconds(IDLE_S)
    ours = options.measure("ours", "idle cost", lambda: idle(AgentPair(1.0), seconds))
    theirs = options.measure("theirs", "idle cost", lambda: idle(RivalPair(1.0), seconds))
    worst = max(weight.cpu for weight in ours.values()) if ours else 0
    heaviest = max(weight.memory for weight in ours.values()) if ours else 0
    return [
        Row("idle at A = 1 s: CPU of master / backup", _cpu(ours), "< 0.5 %", _cpu(theirs), worst < 0.5 if ours else None),
        Row("idle: memory (PSS) of a unit", _memory(ours), "< 120 MB", _memory(theirs), heaviest < 114.4 if ours else None),
    ]


def run_groups(options: Options) -> list[Row]:
    ours = options.measure("ours", "255 groups", lambda: many_units(options.seconds(GROUPS_S)))
    theirs = options.measure("theirs", "255 groups", lambda: many_rivals(options.seconds(GROUPS_S)))
    is_met = all(ours[host].cpu <= 3 * theirs[host].cpu for host in ours) if ours and theirs else None
    name = f"{GROUPS} groups at A = 1 s: CPU of master / backup"
    return [Row(name, f"{_cpu(ours)}, core alone {_core(ours)}", "<= 3 x theirs", _cpu(theirs), is_met)]


def _cpu(weights: dict[str, Weight] | None) -> str:
    return " / ".join(f"{weight.cpu:.2f} %" for weight in weights.values()) if weights else "-"


def _core(weights: dict[str, Weight] | None) -> str:
    return " / ".join(f"{weight.core:.2f} %" for weight in weights.values()) if weights else "-"


def _memory(weights: dict[str, Weight] | None) -> str:
    return f"{max(weight.memory for weight in weights.values()):.1f} MiB" if weights else "-"


IDLE = Figure("idle", "CPU and memory of a unit at rest", run_idle)
MANY = Figure("groups", "CPU of 255 groups on one unit", run_groups)
