"""The flight recorder in the model: how it is, and an alarm while it does not record."""

from typing import Any

from agent.management.viewer import Sources
from agent.model import words
from agent.model.metrics import told
from agent.model.view import View
from tests.model.conformity import complaints
from tests.model.statuses import status, unit
from tests.model.test_viewer import viewer

SAID: dict[str, Any] = {
    "enabled": True,
    "up": True,
    "fault": "",
    "notes": 300,
    "dropped": 4,
    "bytes": 5000,
    "oldest_ns": 1_700_000_000_000_000_000,
}


def seen(**more: Any) -> View:
    return viewer().view(Sources(status(unit=unit(recorder=SAID | more))))


def alarms(view: View) -> list[tuple[object, object, object]]:
    """Of the recorder."""
    number = words.ALARM.words["recorder"]
    return [(row["group"], row["severity"], row["text"]) for row in view.tables["alarm"].values() if row["name"] == number]


def test_what_core_says_of_the_recorder_is_shown() -> None:
    """Issue 5: up, notes, dropped, bytes, oldest time."""
    view = seen()
    assert complaints(view) == []
    row = view.tables["unit"][()]
    assert (row["recorder_enabled"], row["recorder_up"], row["recorder_fault"]) == (True, True, "")
    assert (row["recorder_notes"], row["recorder_dropped"], row["recorder_kib"]) == (300, 4, 4)
    assert row["recorder_oldest"] == SAID["oldest_ns"]
    assert alarms(view) == []


def test_a_recorder_that_cannot_write_is_an_alarm_of_the_unit() -> None:
    """Issue 5: a warning with the reason; it is no group's."""
    view = seen(up=False, fault="The record has a hole, /var/x: No space left on device.")
    text = "the flight recorder does not record: The record has a hole, /var/x: No space left on device."
    assert alarms(view) == [(-1, words.SEVERITY.words["warning"], text)]
    assert view.tables["unit"][()]["worst_severity"] == words.SEVERITY.words["warning"]


def test_one_that_a_person_has_switched_off_is_no_alarm() -> None:
    """Issue 5: [recorder] enabled = false."""
    view = seen(enabled=False, up=False)
    assert alarms(view) == []
    assert view.tables["unit"][()]["recorder_enabled"] is False


def test_a_core_that_says_nothing_of_it_is_shown_without() -> None:
    """Issue 5: of another version."""
    view = viewer().view(Sources(status()))
    assert complaints(view) == []
    assert view.tables["unit"][()]["recorder_up"] is False
    assert alarms(view) == []


def test_its_metrics_are_in_base_units() -> None:
    """Issue 5: bytes and seconds, as Prometheus wants them."""
    found = {one.family.name: one.divisor for one in told() if one.column.name.startswith("recorder_")}
    assert found.pop("understudy_recorder_bytes") == 1 / 1024
    assert {
        "understudy_recorder_up",
        "understudy_recorder_enabled",
        "understudy_recorder_notes_total",
        "understudy_recorder_dropped_total",
        "understudy_recorder_oldest_timestamp_seconds",
    } <= found.keys()
