"""The advert's distance from its nominal interval while four busy loops want both processors."""

import time

from bench.figure import Figure, Options, Row, p99, spread
from bench.pairs import AgentPair, Pair, RivalPair
from tests.netns.harness import BusyLoops
from tests.netns.harness.analysis import intervals_ms

INTERVAL = 0.1
SECONDS = 60.0


def distances(pair: Pair, seconds: float) -> list[float]:
    with pair, BusyLoops(4):
        time.sleep(1)
        pair.tap.clear()
        time.sleep(seconds)
        return [abs(interval - INTERVAL * 1000) for interval in intervals_ms(pair.tap.said(), pair.master)]


def run(options: Options) -> list[Row]:
    what, seconds = "advert interval under four busy loops: distance from nominal", options.seconds(SECONDS)
    ours = options.measure("ours", what, lambda: distances(AgentPair(INTERVAL), seconds))
    theirs = options.measure("theirs", what, lambda: distances(RivalPair(INTERVAL, realtime=True), seconds))
    plain = options.measure("theirs", f"{what}, as shipped", lambda: distances(RivalPair(INTERVAL), seconds))
    is_met = p99(ours) <= (p99(theirs) if theirs else 0.13) and max(ours) <= 1.0 if ours else None
    rival = f"real-time: {spread(theirs, tail=0.99)}; as shipped: {spread(plain, tail=0.99)}" if theirs or plain else "-"
    return [Row(what, spread(ours, tail=0.99), "p99 <= theirs with real-time priority, max <= 1 ms", rival, is_met)]


FIGURE = Figure("intervals", "p99 distance of adverts from 100 ms under four busy loops", run)
