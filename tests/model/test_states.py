"""The panel of a pair: common state, link text, colour of the standby's button, as truth tables."""

from typing import Any

import pytest

from agent.management.viewer import Sources, Viewer
from agent.management.viewer_states import Seen, common_state, indicator, link_state
from agent.model.view import Row
from agent.model.words import COLOUR, COMMON_STATE, INDICATOR, LINK_STATE
from tests.model.statuses import THERE, backup, configuration, master, peer, status


def row_of(member: dict[str, Any], said: dict[str, Any] | None = None) -> Row:
    return Viewer().view(Sources(status([member]), {}, {7: said or {}})).tables["member"][7,]


def words_of(row: Row) -> tuple[str, str, str]:
    columns = ((COMMON_STATE, "common_state"), (LINK_STATE, "link_state"), (INDICATOR, "indicator"))
    common, link, colour = (kind.word(int(row[name])) for kind, name in columns)  # type: ignore[arg-type]
    return common, link, colour


@pytest.mark.parametrize(
    ("airs", "role", "said"),
    [
        ("main", "master", "main"),
        ("main", "backup", "main"),
        ("reserve", "master", "reserve"),
        ("reserve", "backup", "reserve"),
        ("nmBackup", "backup", "reserve"),
        ("main", "off", "main"),
        (None, "off", "off"),
        (None, "backup", "none"),
        (None, "init", "none"),
        (None, "fault", "none"),
    ],
)
def test_common_state(airs: str | None, role: str, said: str) -> None:
    """D-09: one for both. D-10: main airs. D-11: reserve airs. D-12: off."""
    assert COMMON_STATE.word(common_state(Seen(role, airs))) == said


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Seen("off", None), "off"),
        (Seen("init", None, has_partner=False), "connecting"),
        (Seen("backup", None, is_starting=True, has_partner=False), "connecting"),
        (Seen("backup", "main"), "connected"),
        (Seen("master", "main"), "connected"),
        (Seen("master", "main", has_partner=False, could_change=False), "error"),
        (Seen("backup", None, has_partner=False), "error"),
        (Seen("fault", None), "error"),
        (Seen("master", "main", could_change=False), "error"),
        (Seen("master", "main", could_change=False, is_busy=True), "busy"),
        (Seen("backup", "main", is_changing=True), "changing_over"),
        (Seen("backup", "main", is_changing=True, is_busy=True), "changing_over"),
    ],
)
def test_link_text(seen: Seen, said: str) -> None:
    """D-23 to D-27; connected only with a live peer (D-24)."""
    assert LINK_STATE.word(link_state(seen)) == said


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Seen("off", "main"), "off"),
        (Seen("init", None, has_partner=False), "grey"),
        (Seen("backup", None), "grey"),
        (Seen("backup", "main"), "green"),
        (Seen("backup", "main", is_attended=True), "yellow"),
        (Seen("backup", "main", standby=COLOUR.words["yellow"]), "yellow"),
        (Seen("backup", "main", is_changing=True), "yellow"),
        (Seen("master", "main", could_change=False, is_busy=True), "yellow"),
        (Seen("master", "main", has_partner=False), "red"),
        (Seen("master", "main", could_change=False), "red"),
        (Seen("backup", "main", standby=COLOUR.words["red"]), "red"),
    ],
)
def test_indicator(seen: Seen, said: str) -> None:
    """D-29 to D-31; red D-25, yellow D-26 and D-27."""
    assert INDICATOR.word(indicator(seen)) == said


def test_both_units_of_a_quiet_pair_show_the_same() -> None:
    """D-09, D-10, D-28."""
    here, there = row_of(master()), row_of(backup())
    assert words_of(here) == words_of(there) == ("main", "connected", "green")


def test_both_units_show_the_same_on_reserve() -> None:
    """D-11: the reserve airs, the main stands by."""
    reserve = row_of(master(designation="reserve", peers=[peer(designation="main")]))
    main = row_of(backup(designation="main", master=THERE, peers=[peer(designation="reserve", able=False)]))
    assert words_of(reserve) == words_of(main) == ("reserve", "connected", "green")


def test_both_units_show_the_same_when_the_backup_cannot() -> None:
    """D-24, D-25: a partner that could not take over is no connection that is ready for changeover."""
    unable = configuration(readiness=0, reasons=["another schema major"])
    here = row_of(master(peers=[peer(able=False, readiness=0)]))
    there = row_of(backup(configuration=unable, withheld="another schema major"))
    assert words_of(here) == words_of(there) == ("main", "error", "red")


def test_a_dead_partner_is_an_error() -> None:
    """D-25: the system is on, and nobody is heard."""
    assert words_of(row_of(master(peers=[]))) == ("main", "error", "red")
    assert words_of(row_of(master(peers=[peer(age_ms=60_000.0, able=False)])))[1:] == ("error", "red")


def test_a_changeover_shows_on_the_panel() -> None:
    """D-26."""
    running = {"number": 1, "verb": "set-backup", "author": "ann", "age_ms": 3.0}
    assert words_of(row_of(master(operation=running)))[1:] == ("changing_over", "yellow")
    assert words_of(row_of(backup(role="claiming", state="claiming")))[1] == "changing_over"
    assert words_of(row_of(master(state="yielding")))[1] == "changing_over"


def test_a_busy_backup_shows_on_the_panel_of_the_other_mains() -> None:
    """D-27, D-38."""
    assert words_of(row_of(master(peers=[peer(able=False, readiness=0, busy_for_ms=5.0, acting_for=3)])))[1] == "busy"
    busy = {"group": 3, "name": "rx-a", "since_ms": 5}
    assert words_of(row_of(backup(busy=busy, withheld="busy: this unit is airing group 3 (D-37)", seat="pooled")))[1] == "busy"


def test_an_attended_standby_is_yellow_and_connected() -> None:
    """D-31: changeover by hand is possible."""
    assert words_of(row_of(backup(), {"standby_mode": "attended"})) == ("main", "connected", "yellow")


def test_maintenance_shows_the_same_on_both_panels() -> None:
    """C-13, D-28: it says that it would not take over, and so does its own panel."""
    here = row_of(backup(), {"maintenance": True, "maintenance_owner": "ann"})
    there = row_of(master(peers=[peer(able=False, readiness=0)]))
    assert words_of(here) == words_of(there) == ("main", "error", "red")


def test_a_starting_unit_connects_and_an_off_one_is_off() -> None:
    """D-23, D-12."""
    alone: dict[str, Any] = {"master": None, "peers": []}
    assert words_of(row_of(backup(**alone)))[1:] == ("connecting", "grey")
    assert words_of(row_of(backup(role="off", state="off", **alone))) == ("off", "off", "off")


def test_a_unit_that_is_off_still_says_who_airs() -> None:
    """D-12: off takes nothing; D-09: the pair's state is still the pair's."""
    assert words_of(row_of(backup(role="off", state="off")))[0] == "main"


def test_a_master_that_is_long_silent_airs_no_more() -> None:
    """D-09, C-18: nobody airs, or it is not known; a backup that a person attends still names its last master."""
    told = [words_of(row_of(backup(master=THERE | {"age_ms": age_ms})))[0] for age_ms in (2399.0, 2401.0)]
    assert told == ["main", "none"]


def test_off_with_its_output_left_open_still_airs() -> None:
    """C-12: outputs stay as they are, and that is said."""
    view = Viewer().view(Sources(status([master(role="off", state="off_on_air", master=None)])))
    assert words_of(view.tables["member"][7,])[:2] == ("main", "off")


def test_a_backups_own_group_is_no_error() -> None:
    """S-22: nobody airs it, and nobody should."""
    assert words_of(row_of(backup(seat="resting", designation="nmBackup", master=None, peers=[], takeover_in_ms=None))) == (
        "none",
        "connected",
        "grey",
    )
