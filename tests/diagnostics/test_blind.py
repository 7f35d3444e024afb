"""What a record does not know, `explain` does not deny: a boot that was killed, notes that are missing, a record that ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.diagnostics.blind import EVER_NS, Hole
from agent.diagnostics.merge import offset_between, unseen
from agent.diagnostics.notes import Note
from agent.diagnostics.ring import Ring
from agent.diagnostics.timeline import timeline_of
from tests.diagnostics.incidents import records
from tests.diagnostics.test_commands import typed
from tests.diagnostics.test_replay import written


@pytest.fixture(scope="module", name="pair")
def _pair() -> tuple[list[Note], list[Note]]:
    """Of a partition: both were master; the record of b ends before its claim, as if it had been killed then."""
    first, second = records("partition", 3)[:2]
    claim = next(at for at, note in enumerate(second) if any(e[0] == "transition" and e[3] == "claiming" for e in effects(note)))
    return first, second[:claim]


def effects(note: Note) -> list[list[object]]:
    """What came of it."""
    found: list[list[object]] = note.text.get("effects", [])
    return found


def test_two_outputs_are_not_denied_where_one_record_has_ended(pair: tuple[list[Note], list[Note]], tmp_path: Path) -> None:
    """Issue 5: the last second before kill -9 is not on disk, and it may have held the opening."""
    for name, notes in zip("ab", pair, strict=True):
        written(tmp_path / name, notes)
    said = " ".join(typed("explain", tmp_path / "a", tmp_path / "b").stdout.split())
    assert "No two outputs were open together, as far as both records know." in said
    assert "a's output was open, and the record of b ends at 22:13:3" in said
    assert "UTC: not known after that." in said


def test_the_end_of_a_record_is_a_hole_in_which_the_other_was_open(pair: tuple[list[Note], list[Note]]) -> None:
    """Issue 5: on the first unit's clock."""
    a, b = map(timeline_of, pair)
    offset = offset_between(a, b)
    (found,) = [one for one in unseen(a, b, offset) if one.unit == "b"]
    assert found.other == "a"
    assert found.hole == Hole(pair[1][-1].text["at"] - offset.ns, EVER_NS - offset.ns)


def test_an_output_of_another_group_is_not_asked_about(pair: tuple[list[Note], list[Note]]) -> None:
    """Issue 5: the record of b ends while a is open; b has no seat in that group, so nothing of it could have been open there."""
    a, b = map(timeline_of, pair)
    b.members = {8: b.members[7]}
    b.changes.clear()
    assert [one for one in unseen(a, b, offset_between(a, b)) if one.unit == "b"] == []


def test_a_boot_that_was_killed_a_gap_and_a_beginning_in_the_middle_are_holes() -> None:
    """Issue 5: and an orderly stop is none."""
    notes = records("crash", 1)[0]
    assert [hole.end_ns for hole in timeline_of(notes[5:]).holes[:1]] == [notes[5].text["at"]]
    before, after = notes[20], notes[25]
    gap = Note({"event": "gap", "at": before.text["at"]})
    assert Hole(before.text["at"], after.text["at"]) in timeline_of([*notes[:21], gap, *notes[25:]]).holes
    boots = [at for at, note in enumerate(notes) if note.text["event"] == "header"]
    assert len(boots) == 2, "it was killed and started again"
    assert Hole(notes[boots[1] - 1].text["at"], notes[boots[1] + 1].text["at"]) in timeline_of(notes).holes
    stopped = records("give-up", 1)[0]
    assert timeline_of(stopped).holes == []


def test_a_change_of_role_waits_for_no_second(tmp_path: Path, pair: tuple[list[Note], list[Note]]) -> None:
    """Issue 5: a batch that holds a transition is flushed at once."""
    ring = Ring(tmp_path)
    for note in pair[0]:
        ring.write(note)
        assert ring.is_urgent is any(effect[0] in ("transition", "alarm") for effect in effects(note))
        ring.flush()
        assert not ring.is_urgent
    ring.write(next(note for note in pair[0] if effects(note) and effects(note)[0][0] == "transition"))
    ring.abandon()
    assert not ring.is_urgent, "what cannot be written waits for nothing"
