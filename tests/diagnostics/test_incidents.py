"""A sample of `./dev soak incidents`, which runs 1,000."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.diagnostics.causes import Cause
from agent.diagnostics.explain import choose, explain
from agent.diagnostics.outside import outside
from agent.diagnostics.timeline import Timeline, timeline_of
from tests.diagnostics.incidents import KINDS, Result, records, run, stage
from tests.sim.world import MS, SECOND

SAMPLE = range(1000, 1005)


@pytest.fixture(scope="module", name="results")
def _results() -> list[Result]:
    return [run(kind, seed) for kind in KINDS for seed in SAMPLE]


def test_every_incident_replays_identically(results: list[Result]) -> None:
    """In the record of every unit, with everything that came of every event."""
    assert [str(result) for result in results if not result.is_identical] == []


def test_the_named_cause_is_what_was_done(results: list[Result]) -> None:
    """Ten kinds."""
    assert [str(result) for result in results if not result.is_right] == []


def test_the_sentence_names_time_unit_group_and_numbers() -> None:
    """One sentence for a person at 3 a.m. (S-12, F-1)."""
    explanation = run("stall", 3).explanation
    assert explanation is not None
    assert explanation.sentence == (
        "At 22:13:29.009 UTC b took group 7 over from a because a was frozen: it said nothing for 4668 ms, "
        "and then went on where it had been (silent for 1200.0 ms, T = 1200.0 ms)."
    )
    assert explanation.facts["margin_ms"] == pytest.approx(1000, abs=1)
    assert explanation.facts["load_ms"] == pytest.approx(1, abs=0.1)  # F-7: as the simulated device takes
    assert explanation.facts["lease_left_ms"] < 0  # F-8: the old master was muted long before


def test_the_frozen_master_knows_it_from_its_own_record() -> None:
    """The other side of the same incident: its process did not run."""
    timeline = timeline_of(records("stall", 3)[0])
    change = choose(timeline)
    assert change is not None
    found = explain(timeline, change)
    assert found.cause is Cause.STALL
    assert "its own process did not run for" in found.sentence


def test_an_outsider_sees_a_claim_soon_after_the_same_units_farewell() -> None:
    """Issue 5: b hands over to a, and a dies: b's claim comes before three intervals of its own last advert are over."""
    setting, world = stage("command", 0)
    setting.inflict("set_master", unit=1)
    setting.run(2 * SECOND)
    setting.inflict("set_master", unit=0)
    setting.run(setting.interval_ms * MS // 2)
    setting.inflict("kill", for_ns=900 * SECOND)
    setting.run(setting.timeout_ns + SECOND)
    timeline = seen_outside([timeline_of(recording.notes) for recording in world.recordings.values()])
    last = [timeline.name_of(change.unit_id) for change in timeline.changes][-3:]
    assert last == ["b", "a", "b"]
    assert explain(timeline, timeline.changes[-1]).cause is Cause.CRASH


@pytest.mark.parametrize("kind", ["crash", "stall", "command", "give-up"])
def test_packets_alone_say_as_much_and_what_they_cannot(kind: str) -> None:
    """An outsider on the LAN hears everybody; he cannot know what a process did, and says so."""
    timeline = seen_outside([timeline_of(notes) for notes in records(kind, 5)])
    change = choose(timeline)
    assert change is not None
    found = explain(timeline, change)
    assert found.cause in (Cause(kind), Cause.STOP)
    assert any("what each unit really received" in text for text in found.unknown)


def seen_outside(units: list[Timeline]) -> Timeline:
    """All that they said, on the cable."""
    said = [(unit, word) for unit in units for word in unit.words if word.is_own]
    return outside([replace(word, at_ns=unit.clock.utc(word.at_ns), is_own=False) for unit, word in said])
