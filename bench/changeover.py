"""Planned changeover: an operator asks; how long nobody is master, and how long the output is silent."""

import time
from typing import NamedTuple

from bench.figure import Figure, Options, Row, median, say, spread
from bench.pairs import AgentPair, RivalPair
from tests.netns.harness import GROUP, Kind
from tests.netns.harness.analysis import MASTERLY, first_after, gap_ms, last_before, overlap

RUNS = 30
STREAM_RATE = 2000  # a datagram every 0.5 ms: the resolution of the output's gap


class Change(NamedTuple):
    """ms from the old master's handover to the new one's advert; ms between their outputs; datagrams that overlapped."""

    wire_ms: float
    output_ms: float
    overlap: int
    command_s: float


def change(pair: AgentPair) -> Change:
    old, new = pair.master, pair.backup
    pair.wait_at_random()
    began = time.time_ns()
    done = pair.units[new].command("set-master", GROUP)
    if done.exit_code:
        raise RuntimeError(f"set-master: exit {done.exit_code}: {done.output}")
    advert = pair.tap.wait_for(lambda said: said.host == new and said.kind == Kind.ADVERT, 5, began)
    time.sleep(0.3)
    left = last_before(pair.tap.said(began), advert.time_ns, old, (Kind.HANDOVER, Kind.GIVE_UP))
    sent = pair.output.packets(began)
    pair.tap.clear()
    pair.output.clear()
    pair.units[old].wait_for_role("backup")
    pair.tap.wait_for(lambda said: said.host == new and said.kind in MASTERLY, 5)
    wire_ms = (advert.time_ns - left.time_ns) / 1e6
    return Change(wire_ms, gap_ms(sent, old, new), overlap(sent, old, new), done.elapsed_s)


def ours(interval: float, count: int) -> list[Change]:
    with AgentPair(interval, STREAM_RATE) as pair:
        pair.units["b"].wait_for_role("backup")
        time.sleep(1)
        found = []
        for number in range(count):
            found.append(change(pair))
            say(f"  changeover {number + 1} of {count}: {found[-1]}")
        return found


def theirs(interval: float, count: int) -> list[float]:
    """An orderly stop of the master: from its priority 0 to the first advert of the other."""
    found = []
    with RivalPair(interval) as pair:
        for _ in range(count):
            old, new = pair.master, pair.backup
            pair.wait_at_random()
            began = time.time_ns()
            pair.rivals[old].stop()
            advert = pair.tap.wait_for(lambda said, new=new: said.host == new, 10, began)  # type: ignore[misc]
            left = last_before(pair.tap.said(), advert.time_ns, old, (Kind.GIVE_UP,))
            found.append((first_after(pair.tap.said(), left.time_ns, new).time_ns - left.time_ns) / 1e6)
            pair.tap.clear()
            pair.rivals[old].start()
            pair.wait_ready(old)
    return found


def run(options: Options) -> list[Row]:
    what = "planned changeover"
    changes = options.measure("ours", what, lambda: ours(options.interval, options.runs(RUNS)))
    shipped = options.measure("theirs", f"{what}, 1 s", lambda: theirs(1.0, options.runs(RUNS) // 2))
    best = options.measure("theirs", f"{what}, 0.1 s", lambda: theirs(0.1, options.runs(RUNS) // 2))
    wire = [one.wire_ms for one in changes or ()]
    output = [one.output_ms for one in changes or ()]
    mixed = sum(one.overlap for one in changes or ())
    rival = f"{spread(shipped)}; interval 0.1 s: {spread(best)}" if shipped or best else "-"
    return [
        Row(f"{what}: handover to the new advert", spread(wire), "<= 2 ms", rival, max(wire) <= 2 if wire else None),
        Row(f"{what}: silence of the output", spread(output), "median <= 5 ms", "-", median(output) <= 5 if output else None),
        Row(f"{what}: overlapping datagrams", str(mixed) if changes else "-", "0", "-", mixed == 0 if changes else None),
    ]


FIGURE = Figure("changeover", "30 planned changeovers: silence on the LAN, silence and overlap of the output", run)
