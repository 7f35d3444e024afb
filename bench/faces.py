"""All faces of both units loaded to their limit together: redundancy does not notice, and at rest they cost next to nothing."""

import time
from typing import NamedTuple

from bench.faces_load import FacesLoad
from bench.figure import Figure, Options, Row, median, p95, p99, say, spread
from bench.pairs import AgentPair
from bench.weight import Weight, weigh
from tests.faces.unit import FacedUnit
from tests.netns.harness.analysis import intervals_ms, reigns

INTERVAL = 0.1
SECONDS = 30.0
KILLS = 15
IDLE_S = 40.0
MAX_DISTANCE_MS = 1.0
UNCHANGED_MS = 0.2
"""By so much the median overhead may differ."""


class FacedPair(AgentPair):
    """Two units with every face."""

    def build(self) -> None:
        super().build()
        a = FacedUnit(self.lan, "a", 254, self.interval)
        b = FacedUnit(self.lan, "b", 253, self.interval, designation="reserve")
        self.faced = [a, b]
        self.units = {"a": a, "b": b}
        self.subjects = self.units


class Loaded(NamedTuple):
    """`rates`: answers a second of one unit's face, the middle of all."""

    distances_ms: list[float]
    masters: list[str]
    rates: dict[str, float]


def load(pair: FacedPair, seconds: float) -> Loaded:
    with pair, FacesLoad(pair.faced) as faces:
        time.sleep(3)
        pair.tap.clear()
        time.sleep(seconds)
        said = pair.tap.said()
        distances = [abs(interval - pair.interval * 1000) for interval in intervals_ms(said, pair.master)]
        return Loaded(distances, reigns(said), {face: median(rates) if rates else 0 for face, rates in faces.rates.items()})


def kills(pair: FacedPair, count: int) -> list[float]:
    found = []
    for number in range(count):
        found.append(pair.takeover_overhead_ms())
        say(f"  kill {number + 1} of {count}: {found[-1]:.3f} ms past the deadline")
    return found


def idle_kills(pair: FacedPair, count: int) -> list[float]:
    with pair:
        return kills(pair, count)


def loaded_kills(pair: FacedPair, count: int) -> list[float]:
    with pair, FacesLoad(pair.faced):
        return kills(pair, count)


def load_rows(options: Options) -> list[Row]:
    what = "all faces of both units loaded"
    found = options.measure("ours", what, lambda: load(FacedPair(INTERVAL), options.seconds(SECONDS)))
    if not found:
        return []
    rates = ", ".join(f"{face} {rate:,.0f}/s" for face, rate in found.rates.items())
    is_all_loaded = all(rate > 0 for rate in found.rates.values())
    near = spread(found.distances_ms, tail=0.99)
    return [
        Row(f"{what}: masters in turn", " ".join(found.masters), "one", rates, len(found.masters) == 1 and is_all_loaded),
        Row(
            f"{what}: advert's distance from {INTERVAL * 1000:.0f} ms",
            near,
            "p99 <= 1 ms",
            "-",
            p99(found.distances_ms) <= MAX_DISTANCE_MS,
        ),
    ]


def takeover_row(options: Options) -> Row:
    what, count = "takeover overhead, all faces loaded", options.runs(KILLS)
    idle = options.measure("ours", "takeover overhead, faces at rest", lambda: idle_kills(FacedPair(options.interval), count))
    loaded = options.measure("ours", what, lambda: loaded_kills(FacedPair(options.interval), count))
    is_met = median(loaded) <= median(idle) + UNCHANGED_MS and p95(loaded) <= 1.0 if loaded and idle else None
    return Row(
        what, spread(loaded), f"median within {UNCHANGED_MS} ms of rest's, p95 <= 1 ms", f"at rest: {spread(idle)}", is_met
    )


def idle(pair: AgentPair, seconds: float) -> dict[str, Weight]:
    with pair:
        time.sleep(3)
        return weigh(dict(pair.subjects), seconds)


def idle_rows(options: Options) -> list[Row]:
    seconds = options.seconds(IDLE_S)
    faced = options.measure("ours", "idle cost with every face", lambda: idle(FacedPair(1.0), seconds))
    plain = options.measure("ours", "idle cost without faces", lambda: idle(AgentPair(1.0), seconds))
    if not faced:
        return []
    cpu, memory = max(one.cpu for one in faced.values()), max(one.memory for one in faced.values())
    return [
        Row("idle with every face: CPU of master / backup", _cpu(faced), "< 0.5 %", f"without: {_cpu(plain)}", cpu < 0.5),
        Row("idle with every face: memory (PSS)", f"{memory:.1f} MiB", "< 120 MB", f"without: {_memory(plain)}", memory < 114.4),
    ]


def _cpu(weights: dict[str, Weight] | None) -> str:
    return " / ".join(f"{one.cpu:.2f} %" for one in weights.values()) if weights else "-"


def _memory(weights: dict[str, Weight] | None) -> str:
    return f"{max(one.memory for one in weights.values()):.1f} MiB" if weights else "-"


def run(options: Options) -> list[Row]:
    return [*load_rows(options), takeover_row(options), *idle_rows(options)]


FIGURE = Figure("faces", "all faces loaded together: failovers, adverts, takeover; and what they cost at rest", run)
