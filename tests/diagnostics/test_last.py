"""`explain --last`, and the numbers and names beside it, where a unit has had more than one change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.diagnostics.causes import Cause, counted
from agent.diagnostics.explain import choose, explain
from agent.diagnostics.notes import Note
from agent.diagnostics.sources import load
from agent.diagnostics.timeline import FAREWELLS, Timeline, timeline_of
from agent.engine.timing import SECOND
from tests.diagnostics.incidents import records, stage
from tests.diagnostics.test_replay import written


def test_a_core_that_crashed_as_master_has_that_as_its_last_change() -> None:
    """Issue 5: no engine decided it, and no transition says it: a new boot after `master` does."""
    timeline = timeline_of(records("crash", 1)[0])
    change = choose(timeline)
    assert change is not None
    found = explain(timeline, change)
    assert found.cause is Cause.CRASH
    assert "a stopped being master of group 7 because its own core ended without an order" in found.sentence


def test_an_orderly_stop_is_no_crash_when_it_starts_again() -> None:
    """Issue 5: it ended in `off`."""
    notes = records("give-up", 1)[0]
    timeline = timeline_of([*notes, *notes[:5]])
    assert [change.reason for change in timeline.changes].count("cut_short") == 0


def with_takeovers(reason: str) -> Timeline:
    """A crash, and three takeovers by the same unit in the half minute before it, for that reason."""
    timeline = timeline_of(records("crash", 1)[1])
    claim = next(change for change in timeline.changes if change.after == "claiming")
    timeline.changes += [replace(claim, at_ns=claim.at_ns - number * SECOND, reason=reason) for number in (5, 15, 25)]
    timeline.changes.sort(key=lambda change: change.at_ns)
    return timeline


@pytest.mark.parametrize("reason", ["command", "forced", "returned", "no_master_at_start"])
def test_what_a_person_ordered_and_starts_are_no_flapping(reason: str) -> None:
    """Issue 5: two planned changeovers and back within a minute, and then a crash: it is the crash."""
    timeline = with_takeovers(reason)
    change = choose(timeline)
    assert change is not None
    assert explain(timeline, change).cause is Cause.CRASH


def test_takeovers_from_a_silent_master_are() -> None:
    """Issue 5: the other side of it."""
    timeline = with_takeovers("master_silent")
    change = choose(timeline)
    assert change is not None
    assert explain(timeline, change).cause is Cause.FLAP


def test_a_named_successor_by_order_does_not_flap() -> None:
    """Issue 5: set-master at the backup is a handover, named_successor, by command; four of them are no flapping, nor silent."""
    timeline = timeline_of(command_at_backup())
    claim = next(change for change in timeline.changes if change.reason == "named_successor")
    farewell = next(word for word in timeline.words if word.message.kind in FAREWELLS)
    for number in (5, 15, 25):
        timeline.changes.append(replace(claim, at_ns=claim.at_ns - number * SECOND))
        timeline.words.append(replace(farewell, at_ns=farewell.at_ns - number * SECOND))
    timeline.words.sort(key=lambda word: word.at_ns)
    found = explain(timeline, claim)
    assert found.cause is Cause.COMMAND
    assert "T = " not in found.sentence


def command_at_backup() -> list[Note]:
    """Of the unit that took over."""
    found = (records("command", seed)[1] for seed in range(20))
    return next(notes for notes in found if any(one.reason == "named_successor" for one in timeline_of(notes).changes))


def test_the_least_margin_spans_no_time_in_which_there_was_nothing_to_measure() -> None:
    """Issue 5: b is master itself for seconds while a is away, a preempts and dies again: those seconds are no margin."""
    timeline = timeline_of(records("flap", 3)[1])
    claims = [change for change in timeline.changes if change.after == "claiming" and change.reason == "master_silent"]
    margins = [explain(timeline, claim).facts.get("margin_ms", 1.0) for claim in claims]
    assert len(claims) > 2
    assert min(margins) > 0, margins


def test_who_is_back_after_minutes_is_not_called_away() -> None:
    """Issue 5: started again 15 min later; a sentence that says "not heard since" would be untrue in a record that goes on."""
    setting, world = stage("crash", 4)
    setting.inflict("kill", for_ns=900 * SECOND)
    setting.run(1000 * SECOND)
    timeline = timeline_of(world.recordings[1].notes)
    claim = next(change for change in timeline.changes if change.reason == "master_silent")
    assert "has started again since" in explain(timeline, claim).sentence


def test_of_a_piece_of_a_record_only_that_piece_is_spoken(tmp_path: Path) -> None:
    """Issue 5: --at reads the segments around a moment, and what came later is not in them."""
    setting, world = stage("crash", 4)
    setting.inflict("kill", for_ns=3600 * SECOND)
    setting.run(60 * SECOND)
    notes = world.recordings[1].notes
    claim = next(change for change in timeline_of(notes).changes if change.reason == "master_silent")
    size = written(tmp_path / "whole", notes)[0].stat().st_size
    folder = tmp_path / "records"
    assert len(written(folder, notes, max_bytes=2 * size)) > 5
    timeline = load(folder, timeline_of(notes).clock.utc(claim.at_ns))
    assert "and was not heard in the " in explain(timeline, claim).sentence
    assert "has not been heard since" in explain(load(tmp_path / "whole"), claim).sentence


def test_one_packet_is_not_several() -> None:
    """Issue 5: a sentence for a person."""
    assert counted(1, "packet was", "packets were") == "1 packet was"
    assert counted(2, "packet was", "packets were") == "2 packets were"
    timeline = timeline_of(records("wrong key", 1)[1])
    claim = next(change for change in timeline.changes if change.after == "claiming")
    refused = [word for word in timeline.words if word.refused]
    timeline.words = [word for word in timeline.words if not word.refused or word is refused[0]]
    assert "but 1 of its packets was refused" in explain(timeline, claim).sentence
