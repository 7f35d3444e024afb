"""Two units while they are scraped each second: does it move the adverts, and what does it cost core and management?"""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from bench.figure import Options, Row, p99, say, spread
from bench.pairs import AgentPair
from tests.metrics.scene import PORT, ScrapedUnit
from tests.netns.harness import cpu_seconds
from tests.netns.harness.analysis import intervals_ms
from tests.netns.harness.packets import Said

SECONDS = 60.0
MAX_MOVED_MS = 0.1
"""By so much may the p99 of an advert's distance differ."""


class ScrapedPair(AgentPair):
    """Both units have the port, and so many groups."""

    def __init__(self, interval: float, groups: tuple[int, ...]) -> None:
        super().__init__(interval)
        self._groups = groups

    def build(self) -> None:
        super().build()
        self.scraped = [
            ScrapedUnit(self.lan, "a", 254, self.interval, groups=self._groups),
            ScrapedUnit(self.lan, "b", 253, self.interval, designation="reserve", groups=self._groups),
        ]
        self.units = dict(zip(("a", "b"), self.scraped, strict=True))
        self.subjects = self.units


@contextmanager
def scraping(units: Sequence[ScrapedUnit], every_s: float) -> Iterator[list[int]]:
    """Each from a loop of its own in the namespace of host x; `count[0]`: scrapes that were answered."""
    stop, count = threading.Event(), [0]

    def scrape(unit: ScrapedUnit) -> None:
        url = f"http://{unit.lan.address(unit.host)}:{PORT}/metrics"
        words = ["ip", "netns", "exec", unit.lan.namespace("x"), "curl", "-sS", "--compressed", "-o", "/dev/null", url]
        while not stop.wait(every_s):
            count[0] += subprocess.run(words, check=False).returncode == 0

    threads = [threading.Thread(target=scrape, args=(unit,)) for unit in units]
    for thread in threads:
        thread.start()
    try:
        yield count
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Watched(NamedTuple):
    """`distances` of adverts from their interval, in ms; `cpu`: seconds of both units' core and management."""

    distances: list[float]
    cpu: dict[str, float]


class Scraped(NamedTuple):
    """Without scrapes, and with so many `answered`; in one life of the units."""

    quiet: Watched
    scraped: Watched
    answered: int

    def cpu_ms(self, process: str) -> float:
        """What one scrape costs it, in ms."""
        return (self.scraped.cpu[process] - self.quiet.cpu[process]) * 1000 / max(1, self.answered)


def watch(pair: ScrapedPair, seconds: float) -> Scraped:
    """So long without scrapes, and so long with one a second of each unit."""
    with pair:
        time.sleep(5)
        quiet = _watched(pair, seconds)
        with scraping(pair.scraped, 1.0) as count:
            return Scraped(quiet, _watched(pair, seconds), count[0])


def _watched(pair: ScrapedPair, seconds: float) -> Watched:
    before = _cpu(pair)
    found = _distances(pair, seconds)
    after = _cpu(pair)
    return Watched(found, {process: after[process] - before[process] for process in before})


def _cpu(pair: ScrapedPair) -> dict[str, float]:
    return {
        process: cpu_seconds([pid for unit in pair.scraped for pid in unit.pids_of(process)])
        for process in ("core", "management")
    }


def _distances(pair: ScrapedPair, seconds: float) -> list[float]:
    pair.tap.clear()
    time.sleep(seconds)
    by_group: dict[int, list[Said]] = {}
    for said in pair.tap.said():
        by_group.setdefault(said.group, []).append(said)
    found = [interval for one in by_group.values() for interval in intervals_ms(one, "a")]
    return [abs(interval - pair.interval * 1000) for interval in found]


def unmoved_rows(options: Options, interval: float, groups: tuple[int, ...]) -> list[Row]:
    seconds = options.seconds(SECONDS)
    what = f"{len(groups)} group(s), scraped each second"
    found = options.measure("ours", what, lambda: watch(ScrapedPair(interval, groups), seconds))
    if not found:
        return []
    say(f"  {found.answered} scrapes in {seconds:.0f} s")
    quiet, scraped = found.quiet.distances, found.scraped.distances
    is_met = p99(scraped) <= p99(quiet) + MAX_MOVED_MS and found.answered > seconds / 2
    goal, beside = f"p99 within {MAX_MOVED_MS} ms of unscraped", f"unscraped: {spread(quiet, tail=0.99)}"
    costs = ", ".join(f"{process} {found.cpu_ms(process):.1f} ms" for process in found.quiet.cpu)
    return [
        Row(f"{what}: adverts' distance from {interval * 1000:.0f} ms", spread(scraped, tail=0.99), goal, beside, is_met),
        Row(f"{what}: CPU a scrape, with all behind it", costs, "-", "-", None),
    ]
