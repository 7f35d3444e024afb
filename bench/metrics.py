"""/metrics: what a scrape costs, beside a stock prometheus-client Collector; and whether scraping moves the adverts."""

import time
from collections.abc import Callable
from typing import NamedTuple

from bench.figure import Figure, Options, Row, median, spread
from bench.metrics_pages import GROUPS, SERIES, all_of_it, changing, stock, thirty_a_group
from bench.metrics_scraped import unmoved_rows

ROUNDS = 60
GOAL_MS = 2.5
INTERVAL = 0.1
MANY = 255


class Cost(NamedTuple):
    """Of one scrape: CPU in ms, and how many series there are."""

    ms: list[float]
    series: int


def cost(write: Callable[[int], bytes], rounds: int) -> Cost:
    """Each round shows another second. The first two write everything anew and are not told."""
    spent, text = [], b""
    for number in range(rounds + 2):
        before_s = time.thread_time()
        text = write(number)
        spent.append((time.thread_time() - before_s) * 1000)
    return Cost(spent[2:], sum(not line.startswith(b"#") for line in text.splitlines()))


def cost_rows(options: Options) -> list[Row]:
    rounds = options.runs(ROUNDS)
    views = list(changing(rounds + 2))
    ours = options.measure("ours", f"{GROUPS} groups x {SERIES} series", lambda: cost(thirty_a_group(views), rounds))
    packed = options.measure("ours", "the same with gzip", lambda: cost(thirty_a_group(views, is_packed=True), rounds))
    whole = options.measure("ours", "the whole page", lambda: cost(all_of_it(views), rounds))
    whole_packed = options.measure("ours", "the whole page with gzip", lambda: cost(all_of_it(views, is_packed=True), rounds))
    theirs = options.measure("ours", "a stock Collector", lambda: cost(stock(views), max(5, rounds // 4)))
    if not (ours and packed and whole and whole_packed and theirs):
        return []
    name = f"/metrics, {GROUPS} groups x {SERIES} series: CPU a scrape"
    beside = f"stock prometheus-client Collector, {theirs.series} series: {spread(theirs.ms)}"
    is_met = median(ours.ms) <= GOAL_MS
    return [
        Row(f"{name} ({ours.series} series)", spread(ours.ms), f"median <= {GOAL_MS} ms", beside, is_met),
        Row(f"{name}, gzip", spread(packed.ms), "-", "-", None),
        Row(f"/metrics, {GROUPS} groups, all {whole.series} series: CPU a scrape", spread(whole.ms), "-", "-", None),
        Row(f"/metrics, {GROUPS} groups, all of them, gzip", spread(whole_packed.ms), "-", "-", None),
    ]


def run(options: Options) -> list[Row]:
    return [*cost_rows(options), *unmoved_rows(options, INTERVAL, (7,)), *unmoved_rows(options, 1.0, tuple(range(MANY)))]


FIGURE = Figure("metrics", "CPU of a scrape of 256 groups, and adverts while it is scraped each second", run)
