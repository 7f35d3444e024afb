"""How ready each backup is, with every reason, as each unit sees it."""

from typing import Any

import pytest

from agent.management.viewer import Sources, Viewer
from agent.management.viewer_ready import GREEN, ONE_PATH, RED, YELLOW, Backup, Ready, readiness_of
from agent.model.view import View
from tests.model.statuses import backup, configuration, master, peer, status, unit

FINE = Backup(255, is_fenced=True, paths=2)


def with_(**more: Any) -> Ready:
    return readiness_of(Backup(**({"number": 255, "is_fenced": True, "paths": 2} | more)))


def test_automatic_and_complete_is_green() -> None:
    """D-30."""
    assert readiness_of(FINE) == Ready(GREEN, ())


@pytest.mark.parametrize(
    ("facts", "colour", "said"),
    [
        ({"is_attended": True}, YELLOW, "D-31"),
        ({"number": 0, "maintenance": "maintenance by ann"}, RED, "by ann"),
        ({"is_fenced": False}, YELLOW, "C-24"),
        ({"paths": 1}, YELLOW, "C-11"),
        ({"number": 200}, YELLOW, "C-14"),
        ({"number": 150}, YELLOW, "C-15"),
        ({"number": 150, "said": ("services lost: news",)}, YELLOW, "news"),
        ({"number": 100}, YELLOW, "C-14"),
        ({"number": 0, "said": ("another schema major",)}, RED, "schema major"),
        ({"number": 0}, RED, "cannot"),
        ({"number": 0, "busy_with": 3}, RED, "group 3"),
        ({"number": 0, "unable": "link lost"}, RED, "link lost"),
        ({"is_last_known": True, "age_ms": 12_000}, RED, "12.0 s"),
    ],
)
def test_each_shortcoming_has_a_colour_and_a_reason(facts: dict[str, Any], colour: int, said: str) -> None:
    """C-11, C-14, C-15, C-18, C-24, D-27, D-31, Z-11."""
    ready = with_(**facts)
    assert ready.colour == colour
    assert [reason for reason in ready.reasons if said in reason]


def test_the_worst_reason_stands_first() -> None:
    ready = with_(number=0, said=("cannot read it",), is_fenced=False, is_attended=True)
    assert ready.reasons[0] == "cannot read it"
    assert len(ready.reasons) == 3
    assert ready.colour == RED


def test_a_master_is_not_measured_as_a_backup() -> None:
    """Paths, attendance and maintenance say who would take over; a master has."""
    assert with_(is_master=True, paths=1, is_attended=True) == Ready(GREEN, ())
    assert with_(is_master=True, is_fenced=False).colour == YELLOW


def view_of(member: dict[str, Any], **more: Any) -> View:
    return Viewer().view(Sources(status([member], **more)))


def reasons(view: View, which: int) -> list[object]:
    return [row["text"] for index, row in view.tables["reason"].items() if index[1] == which]


def test_a_backup_says_of_itself_what_the_handover_process_found() -> None:
    """C-15: what would be lost is in the reasons, with names."""
    short = configuration(readiness=150, reasons=["capacity is short; these services would be lost: news"])
    view = view_of(backup(configuration=short))
    assert view.tables["member"][7,]["readiness"] == 150
    assert reasons(view, 0)[0] == "capacity is short; these services would be lost: news"
    assert view.tables["member"][7,]["readiness_reasons"] == len(reasons(view, 0))


def test_one_path_is_yellow_for_both_until_core_says_that_there_are_two() -> None:
    """C-11, D-04: with one path a dead master and a cut LAN look the same; the choice is shown."""
    assert reasons(view_of(backup()), 0) == [ONE_PATH]
    assert view_of(backup()).tables["member"][7,]["readiness_colour"] == YELLOW
    two = view_of(backup(), unit=unit(paths=2))
    assert (reasons(two, 0), two.tables["member"][7,]["readiness_colour"]) == ([], GREEN)


def test_a_peer_is_seen_with_its_reasons() -> None:
    """Readiness of every backup as each unit sees it."""
    view = view_of(
        master(peers=[peer(readiness=200), peer(unit_id="06", name="rx-c", readiness=0, able=False)]), unit=unit(paths=2)
    )
    assert [row["readiness_colour"] for row in view.tables["peer"].values()] == [YELLOW, RED]
    assert "another than the master's" in str(reasons(view, 1))
    assert reasons(view, 2)


@pytest.mark.parametrize(("age_ms", "is_last_known"), [(3000.0, False), (3600.0, True)])
def test_a_peer_that_was_not_heard_lately_is_the_last_known(age_ms: float, is_last_known: bool) -> None:
    """C-18: older than 2T, and than three and a half beacons: a backup speaks once a second."""
    row = view_of(master(peers=[peer(age_ms=age_ms)])).tables["peer"][7, 1]
    assert (row["last_known"], row["able"]) == (is_last_known, not is_last_known)


def test_a_master_that_was_not_heard_for_2t_is_the_last_known() -> None:
    """C-18."""
    told = {"designation": "main", "able": False}
    rows = [view_of(backup(peers=[peer(age_ms=age_ms, **told)])).tables["peer"][7, 1] for age_ms in (2399.0, 2401.0)]
    assert [row["last_known"] for row in rows] == [False, True]


def test_a_unit_with_many_seats_is_alive_when_any_of_them_spoke() -> None:
    """Its beacons take turns: one seat's may be ten seconds old."""
    view = Viewer().view(Sources(status([master(7, peers=[peer(age_ms=9000.0)]), master(8, peers=[peer(age_ms=40.0)])])))
    assert view.tables["peer"][7, 1]["last_known"] is False


def test_off_and_fault_say_why() -> None:
    """C-12."""
    assert "switched off" in str(reasons(view_of(backup(role="off", state="off", able=False)), 0)[0])
    broken = backup(role="fault", state="fault", able=False, last_transition={"text": "device rx: the worker has ended"})
    assert reasons(view_of(broken), 0)[0] == "device rx: the worker has ended"
