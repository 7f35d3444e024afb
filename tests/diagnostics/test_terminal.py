"""The picture of `explain`, in a terminal and as SVG: everything that the record knows is in it, in its place."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from agent.diagnostics.explain import Explanation
from agent.diagnostics.lanes import Picture
from agent.diagnostics.sources import load
from agent.diagnostics.svg import LEFT, WIDTH, as_svg
from agent.diagnostics.terminal import LEGEND, NUMBERS, column_of, drawn, numbers, scale
from agent.diagnostics.timeline import timeline_of
from agent.wire.message import Kind
from tests.diagnostics.golden import GOLDEN, RECORD, drawn_from, printed
from tests.diagnostics.incidents import records

COLUMNS = 100
SIGNS = {
    Kind.ADVERT: "|", Kind.CLAIM: "C", Kind.GIVE_UP: "G", Kind.HANDOVER: "H", Kind.REQUEST: "R", Kind.REFUSAL: "N",
    Kind.QUESTION: "?", Kind.BEACON: "·",
}  # fmt: skip
"""As the legend has them."""
KINDS = ("crash", "stall", "partition", "command", "give-up", "wrong key")
SVG = "{http://www.w3.org/2000/svg}"


def test_the_whole_page_of_a_real_failover() -> None:
    """Issue 5: sentence, lanes, scale, lease, legend, margin, phases; else `python -m tests.diagnostics.golden`, and look."""
    assert printed(*drawn_from(load(RECORD))) == GOLDEN.read_text()


def test_the_page_has_all_that_the_issue_asks_for() -> None:
    """Issue 5, F-1, F-7, F-8: of a record with a device that tells all phases; so the golden page cannot lose them unseen."""
    text = GOLDEN.read_text()
    for name in ("silence before the claim", "T", "least margin in the minute before"):
        assert f"\n{name}: " in text
    for phase in ("detect", "claim", "load", "open", "lock (nothing waits for it)"):
        assert f"\nphase {phase}: " in text
    assert "lease of the old master's output, counted from its last advert: ended " in text
    assert text.count("^ change") == text.count("^ lease ends") == 1
    assert "+0.000  rx-b  backup → claiming: no advert from rx-a for 800.0 ms (T = 800.0 ms)" in text
    assert "rx-b  claiming → master: the output is open" in text


@pytest.fixture(params=KINDS, name="incident")
def _incident(request: pytest.FixtureRequest) -> tuple[Explanation, Picture]:
    return drawn_from(timeline_of(records(request.param, 4)[1]))


def test_each_unit_has_a_lane_and_each_packet_a_mark(incident: tuple[Explanation, Picture]) -> None:
    """Issue 5: at its time; where several fall into one column, the sign of one of them stands there."""
    _, picture = incident
    assert picture.lanes
    for lane in picture.lanes:
        line = drawn(lane, picture, COLUMNS)
        assert len(line) == COLUMNS
        wanted: dict[int, set[str]] = {}
        for word in lane.words:
            sign = "x" if word.refused else SIGNS[word.message.kind]
            wanted.setdefault(column_of(word.at_ns, picture, COLUMNS), set()).add(sign)
        marks = {column: sign for column, sign in enumerate(line) if sign not in " ═─"}
        assert marks.keys() == wanted.keys()
        assert all(sign in wanted[column] for column, sign in marks.items())
        assert all(f"{sign} " in LEGEND for sign in line if sign != " ")


def test_the_page_prints_lanes_scale_lines_and_numbers(incident: tuple[Explanation, Picture]) -> None:
    """Issue 5: nothing that was found is left out."""
    explanation, picture = incident
    text = printed(explanation, picture)
    lines = text.splitlines()
    assert " ".join(text.split()).startswith(explanation.sentence)
    for lane in picture.lanes:
        assert sum(line.startswith(f"{lane.name}  ") for line in lines) == 1
    assert "^ change" in text
    assert all(line in lines for line in numbers(explanation.facts))
    assert {NUMBERS[name] for name in explanation.facts if name in NUMBERS} <= {line.partition(":")[0] for line in lines}
    for at_ns, who, what in picture.lines:
        begin = f"{(at_ns - picture.zero_ns) / 1e6:+.3f} {who} {what[:30]}"
        assert any(" ".join(line.split()).startswith(begin) for line in lines), begin


def test_the_scale_points_at_the_change(incident: tuple[Explanation, Picture]) -> None:
    """Issue 5: and its other marks are where their times are."""
    _, picture = incident
    line = scale(picture, COLUMNS)
    assert line.index("^ change") == column_of(picture.zero_ns, picture, COLUMNS)
    marks = [(column, line[column + 2 :].split()[0]) for column, sign in enumerate(line) if sign == "^"]
    assert len(marks) >= 3
    for column, text in marks:
        if text != "change":
            assert column == column_of(picture.zero_ns + round(float(text) * 1e6), picture, COLUMNS)


def test_the_svg_has_the_same(incident: tuple[Explanation, Picture]) -> None:
    """Issue 5: a lane a unit, a mark a packet at its time, the sentence, the numbers, the change."""
    explanation, picture = incident
    root = ET.fromstring(as_svg(explanation, picture))
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert root.findtext(f"{SVG}title") == explanation.sentence
    assert explanation.sentence in " ".join(" ".join(texts).split())
    lanes = root.findall(f"{SVG}g[@class='lane']")
    assert [lane.findtext(f"{SVG}text") for lane in lanes] == [lane.name for lane in picture.lanes]
    for group, lane in zip(lanes, picture.lanes, strict=True):
        marks = Counter((line.get("class"), float(line.get("x1", ""))) for line in group.iter(f"{SVG}line"))
        assert marks == Counter((word.message.kind.name.lower(), place(word.at_ns, picture)) for word in lane.words)
    assert all(line in texts for line in numbers(explanation.facts))
    assert texts.count("change") == 1


def place(at_ns: int, picture: Picture) -> float:
    """From left to right."""
    return round(LEFT + (at_ns - picture.start_ns) / (picture.end_ns - picture.start_ns) * (WIDTH - LEFT - 20), 2)
