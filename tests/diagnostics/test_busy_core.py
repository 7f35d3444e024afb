"""The ring of a core that is never quiet, and what a day of 100 adverts a second takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.core import recorder_port
from agent.diagnostics.explain import choose, explain
from agent.diagnostics.notes import Note
from agent.diagnostics.reading import files_of, notes_of
from agent.diagnostics.replay import replay
from agent.diagnostics.ring import SHARES, Ring
from agent.diagnostics.segments import segments
from agent.diagnostics.sources import load
from agent.wire.keys import Keyring, make_key
from tests.diagnostics.busy_core import SECOND, BusyCore, BusyLan, size_of

SEATS, INTERVAL_MS = 100, 10
ROOM = 200_000
DAY_S = 86_400
GIB = 1 << 30


@pytest.fixture(scope="module", name="busy")
def _busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of 100 seats at A = 10 ms, nothing of it forgotten; core wants to make a state since all are on the air."""
    folder = tmp_path_factory.mktemp("busy") / "records"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder_port, "STATE_EVERY_NOTES", 5000)
        record(folder, Ring(folder, 3 * ROOM))
    return folder


def record(folder: Path, ring: Ring) -> None:
    """Its size is looked at after each flush: that is what a disk has to hold."""
    lan = BusyLan()
    core = BusyCore(lan, ring, 254, SEATS, INTERVAL_MS)
    for _ in range(24):
        lan.run(SECOND // 16)
        ring.flush()
        assert size_of(folder) <= ring.limits.max_bytes + largest_segment(folder)
    core.end()


def largest_segment(folder: Path) -> int:
    """A bound of what is written between two looks at the size: a share, as each segment has no more than that and a flush."""
    return max(path.stat().st_size for path in segments(folder))


def events(notes: list[Note]) -> int:
    """How many notes tell of an event."""
    return sum(note.text["event"] not in ("header", "state", "clock", "gap") for note in notes)


def test_a_core_without_a_quiet_moment_makes_no_state_and_its_segments_are_cut(busy: Path) -> None:
    """Issue 5: no segment grows beyond its share and a flush, although none begins with a state; all of them replay as one."""
    notes = list(notes_of(files_of(busy)))
    assert "state" not in {note.text["event"] for note in notes}
    assert len(segments(busy)) >= 5
    outcome = replay(notes)
    assert outcome.is_identical, (outcome.difference, outcome.problems)
    assert (outcome.skipped, outcome.lost) == (0, 0)
    assert outcome.transitions == 3 * SEATS


def test_a_cut_segment_alone_claims_nothing(busy: Path) -> None:
    """Issue 5: nobody knows what the engine knew when it begins; a difference would be a lie."""
    notes = [*notes_of(segments(busy)[3:4])]
    outcome = replay(notes)
    assert (outcome.difference, outcome.events, outcome.skipped) == (None, 0, events(notes))


def test_a_cut_segment_that_is_missing_is_counted_and_nothing_is_claimed_after_it(busy: Path) -> None:
    """Issue 5: its successor's header has the number of the next event."""
    first, second, missing, *rest = ([*notes_of([path])] for path in segments(busy))
    outcome = replay([*first, *second, *(note for notes in rest for note in notes)])
    assert outcome.difference is None
    assert outcome.events == events(first) + events(second)
    assert outcome.lost == events(missing)
    assert outcome.skipped == sum(map(events, rest))


def test_the_ring_of_a_core_that_is_never_quiet_is_bounded(tmp_path: Path) -> None:
    """Issue 5: the oldest go, though none begins with a state; what is left can still be explained."""
    folder = tmp_path / "records"
    record(folder, Ring(folder, ROOM))
    assert size_of(folder) <= ROOM + largest_segment(folder)
    assert largest_segment(folder) < 3 * ROOM // SHARES
    assert load(folder).unit_id == 254


def test_a_segment_is_cut_when_it_has_its_share_of_the_age(tmp_path: Path) -> None:
    """Issue 5: else the oldest words in a segment that grows slowly would stay for as long as it is written."""
    folder = tmp_path / "records"
    lan = BusyLan()
    core = BusyCore(lan, Ring(folder, max_age_ns=16 * SECOND), 254, 1, 100)
    for _ in range(10):
        lan.run(SECOND)
    core.end()
    assert 4 <= len(segments(folder)) <= 6
    assert replay(notes_of(files_of(folder))).is_identical
    timeline = load(folder)
    change = choose(timeline)
    assert change is not None
    assert explain(timeline, change).cause == "start"


def test_a_day_of_100_adverts_a_second_with_a_key_is_less_than_a_gibibyte(tmp_path: Path) -> None:
    """Issue 5: the default ring holds 24 h; at a master and at its backup, which speak and hear 100 adverts/s and beacons."""
    lan = BusyLan(Keyring([make_key(bytes(32))]))
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder, priority in zip(folders, (254, 252), strict=True):
        BusyCore(lan, Ring(folder), priority, 10, 100)
    lan.run(5 * SECOND)
    before = [size_of(folder) for folder in folders]
    lan.run(20 * SECOND)
    grown = [size_of(folder) - size for folder, size in zip(folders, before, strict=True)]
    for core in lan.cores:
        core.end()
    for folder, size in zip(folders, grown, strict=True):
        adverts = sum(note.text["event"] in ("sent", "heard") for note in notes_of(files_of(folder)))
        assert adverts > 25 * 100
        assert 0.3 * GIB < size * DAY_S / 20 < GIB, folder
