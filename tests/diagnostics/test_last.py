"""`explain --last`, and the numbers and names beside it, where a unit has had more than one change."""

from __future__ import annotations

from agent.diagnostics.causes import Cause
from agent.diagnostics.explain import choose, explain
from agent.diagnostics.timeline import timeline_of
from tests.diagnostics.incidents import records


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
