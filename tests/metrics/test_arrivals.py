"""The histograms of arriving adverts, as Prometheus reads them."""

from __future__ import annotations

from typing import Any

from agent.engine.arrivals import DISTANCES_MS, MARGINS_MS
from agent.management.exposition.arrivals import Arrivals, Arriving
from agent.management.exposition.text import END, OPEN, heads
from agent.model.metrics_counted import DISTANCE, MARGIN
from agent.wire.message import Kind
from tests.engine.desk import Desk
from tests.engine.test_arrivals import MASTER, beats, lose
from tests.engine.test_snapshot import seat
from tests.metrics.reading import families


def read(histogram: Arriving) -> dict[str, list[tuple[str, float]]]:
    """By the client's own parser: name of the sample → le and value."""
    text = heads(histogram.family)[OPEN] + "".join(map(histogram.lines, histogram.values)).encode() + END[OPEN]
    found: dict[str, list[tuple[str, float]]] = {}
    for family in families(text, is_open=True).values():
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels.get("le", ""), sample.value))
    return found


def test_buckets_are_those_of_the_engine() -> None:
    """F-1: what core counts into is what Prometheus is told."""
    assert DISTANCE.buckets == tuple(bound / 1000 for bound in DISTANCES_MS)
    assert MARGIN.buckets == tuple(bound / 1000 for bound in MARGINS_MS)


def test_what_the_engine_has_counted_is_what_is_scraped() -> None:
    """F-1, F-2: ten punctual adverts and one after a lost one, at P=245."""
    desk = beats(Desk(245).following(MASTER), 10)
    lose(desk)
    desk.pass_time(2)
    desk.hear(Kind.ADVERT, MASTER)
    arrivals = Arrivals(lambda: {"members": [seat(desk)]})
    arrivals.look()
    told = read(arrivals.distances)
    assert told["understudy_member_advert_distance_seconds_bucket"][6:9] == [("1.1", 10), ("1.6", 10), ("2.2", 11)]
    assert told["understudy_member_advert_distance_seconds_count"] == [("", 11)]
    assert told["understudy_member_advert_distance_seconds_sum"] == [("", 12.0)]
    told = read(arrivals.margins)
    assert told["understudy_member_advert_margin_seconds_bucket"][3:5] == [("0.06", 0), ("0.1", 1)]
    assert told["understudy_member_advert_margin_seconds_sum"] == [("", 11.1)]


def test_text_is_written_again_only_where_an_advert_came() -> None:
    """Issue 5: a scrape of 256 groups is cheap."""
    desk = beats(Desk(245).following(MASTER), 10)
    arrivals = Arrivals(lambda: {"members": [seat(desk)]})
    arrivals.look()
    known, version = arrivals.margins.values["7",], arrivals.margins.version
    arrivals.look()
    assert arrivals.margins.values["7",] is known
    assert arrivals.margins.version == version
    beats(desk, 1)
    arrivals.look()
    assert arrivals.margins.version == version + 1


def test_odd_words_of_another_core_are_left_out() -> None:
    """C-14."""
    timings: list[Any] = [None, 7, {}, {"distances": 7, "distances_sum_ms": 1}, {"distances": [1], "distances_sum_ms": "much"}]
    arrivals = Arrivals(lambda: {"members": [{"group": 7, "timing": timing} for timing in timings]})
    arrivals.look()
    assert arrivals.distances.values == {}
    arrivals = Arrivals(lambda: {"members": [{"group": 7, "timing": {"distances": [1] * 99, "distances_sum_ms": 5}}]})
    arrivals.look()
    assert read(arrivals.distances)["understudy_member_advert_distance_seconds_count"] == [("", len(DISTANCES_MS) + 1)]
