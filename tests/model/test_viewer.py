"""Everything that management knows becomes one view: every column of every table; rows and numbers that stay."""

import json
import time
from typing import Any

import pytest

from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.engine import Engine
from agent.engine.events import Start
from agent.management.memory import Memory
from agent.management.viewer import Sources, Viewer
from agent.management.viewer_events import event_of
from agent.model import words
from agent.model.tables import TABLES
from agent.model.view import View
from tests.model.conformity import complaints
from tests.model.statuses import OTHER, alarm, backup, configuration, master, peer, status, tracked, unit

SECOND = 1_000_000_000
WALL_NS = 1_800_000_000 * SECOND


def viewer() -> Viewer:
    return Viewer(lambda: 5 * SECOND, lambda: WALL_NS)


def seen(*members: dict[str, Any], is_stale: bool = False, said: dict[str, Any] | None = None, **more: Any) -> View:
    """The view of a unit with these members."""
    groups = {member["group"]: said or {} for member in members}
    return viewer().view(Sources(status(members, **more), {}, groups), is_stale=is_stale)


def test_every_row_has_every_column_and_every_value_is_of_its_kind() -> None:
    view = seen(
        master(alarms=[alarm()]),
        backup(8, configuration=configuration(readiness=150, reasons=["capacity is short; these services would be lost: news"])),
        handover={"groups": [tracked(7, pending="d1"), tracked(8)]},
    )
    assert complaints(view) == []
    assert {name for name, rows in view.tables.items() if not rows} == {"event"}


def test_what_a_real_core_says_is_understood() -> None:
    """From the engine's own snapshot, by JSON and Memory, nothing is lost on the way."""
    config = MemberConfig(7, 1, 200, 500, "rx")
    engine = Engine(Identity(0xAB, 42, "rx-a", "0.1.0", bytes(16)), LanRules(is_authenticated=True), [config])
    engine.handle(Start(), SECOND)
    memory = Memory(lambda: 2 * SECOND, lambda: WALL_NS)
    for packet in ({"unit": engine.unit_snapshot(2 * SECOND)}, {"member": engine.member_snapshot(7, 2 * SECOND)}):
        memory.take(json.loads(json.dumps(packet)))
    memory.take({"snapshot": "end"})
    view = viewer().view(Sources(memory.status(is_fresh=True)))
    row = view.tables["member"][7,]
    assert complaints(view) == []
    assert (row["role"], row["priority"], row["advertisement_interval_ms"]) == (words.ROLE.words["init"], 200, 500)
    assert row["link_state"] == words.LINK_STATE.words["connecting"]
    assert row["takeover_timeout_us"] == 500_000 + 56 * 100_000
    assert (view.tables["unit"][()]["name"], view.tables["unit"][()]["unit_id"]) == ("rx-a", "00000000000000ab")


def test_numbers_times_and_words_of_a_master() -> None:
    row = seen(master(), handover={"groups": [tracked()]}).tables["member"][7,]
    assert row["role"] == words.ROLE.words["master"]
    assert row["last_reason"] == words.REASON.words["output_open"]
    assert row["last_at"] == 1_767_323_045_678_000_000
    assert (row["detect_us"], row["claim_us"], row["load_us"]) == (1_200_500, 6000, None)
    assert (row["master_name"], row["master_age_ms"], row["master_priority"]) == ("rx-a", 0, 254)
    assert (row["tracking_state"], row["tracking_lag_ms"]) == (words.TRACKING.words["synced"], 42)
    assert row["config_digest"] == bytes.fromhex("ab" * 32)


def test_the_discontinuity_time_is_the_start_of_core() -> None:
    """facts: counters that begin anew are explained by it. The boot number is the start in UTC seconds."""
    row = seen(master(), unit=unit(boot=1_767_323_045)).tables["unit"][()]
    assert row["started_at"] == row["discontinuity_at"] == 1_767_323_045 * SECOND
    assert seen(master(), unit=unit(boot=42)).tables["unit"][()]["started_at"] is None


def test_ages_grow_and_deadlines_come_nearer_while_nothing_is_told() -> None:
    """C-18: what is shown is of the view's moment, not of core's last word."""
    view = seen(backup(busy={"group": 3, "since_ms": 100}), age_ms=300)
    row = view.tables["member"][7,]
    assert (row["master_age_ms"], row["takeover_in_ms"], row["busy_since_ms"]) == (312, 888, 400)
    assert view.tables["peer"][7, 1]["age_ms"] == 510
    assert seen(master(), age_ms=5000).tables["member"][7,]["lease_remaining_ms"] == 0


def test_ages_are_not_made_older_than_management_says() -> None:
    """While core answers, what it has not told again is as it was: a peer is not lost because nobody asked for a second."""
    view = seen(backup(), age_ms=30_000, by_ms=0)
    assert view.tables["unit"][()]["view_age_ms"] == 30_000
    assert (view.tables["member"][7,]["master_age_ms"], view.tables["peer"][7, 1]["last_known"]) == (12, False)


def test_a_stale_view_says_so_and_raises_the_alarm() -> None:
    """C-18."""
    view = seen(master(), is_stale=True)
    away = [row for row in view.tables["alarm"].values() if row["name"] == words.ALARM.words["core_away"]]
    assert view.is_stale
    assert view.tables["unit"][()]["stale"] is True
    assert [(row["group"], row["severity"]) for row in away] == [(-1, words.SEVERITY.words["critical"])]


def test_rows_that_say_the_same_are_the_same_objects() -> None:
    """So that a face may keep what it made of them."""
    maker = viewer()
    first = maker.view(Sources(status([master(7), master(8)])))
    second = maker.view(Sources(status([master(7), master(8, transitions=4)])))
    assert second.revision == first.revision + 1
    assert second.tables["member"][7,] is first.tables["member"][7,]
    assert second.tables["member"][8,] is not first.tables["member"][8,]
    assert second.tables["packets"] is first.tables["packets"]


def test_nothing_new_is_the_same_view() -> None:
    maker = viewer()
    assert maker.view(Sources(status())) is maker.view(Sources(status()))


def test_rows_cannot_be_changed() -> None:
    view = seen(master())
    with pytest.raises(TypeError):
        view.tables["member"][7,]["priority"] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        view.tables["member"][9,] = {}  # type: ignore[index]


def test_a_peer_keeps_its_number_while_it_lives_and_nobody_else_gets_it() -> None:
    maker = viewer()
    one, two, three = (peer(unit_id=f"{number:016x}", name=f"rx-{number}") for number in (1, 2, 3))

    def numbers(*peers: dict[str, Any]) -> dict[int, object]:
        rows = maker.view(Sources(status([master(peers=list(peers)), master(8, peers=list(peers))]))).tables["peer"]
        assert {index[1]: row["name"] for index, row in rows.items() if index[0] == 8} == {
            index[1]: row["name"] for index, row in rows.items() if index[0] == 7
        }
        return {index[1]: row["name"] for index, row in rows.items()}

    assert numbers(two, one) == {1: "rx-1", 2: "rx-2"}
    assert numbers(two) == {2: "rx-2"}
    assert numbers(three, two) == {2: "rx-2", 3: "rx-3"}
    assert numbers(one, two, three) == {2: "rx-2", 3: "rx-3", 4: "rx-1"}


def test_what_management_says_stands_before_what_core_says() -> None:
    """Words or numbers; the effective settings also while core is away."""
    said = {"priority": 200, "standby_mode": "attended", "locked": True, "maintenance_until": WALL_NS, "operation_id": 5}
    row = seen(master(), said=said | {"operation_phase": "done", "operation_verb": "set_backup"}).tables["member"][7,]
    assert (row["priority"], row["standby_mode"], row["locked"]) == (200, words.STANDBY_MODE.words["attended"], True)
    assert (row["maintenance_until"], row["operation_id"]) == (WALL_NS, 5)
    assert (row["operation_phase"], row["operation_verb"]) == (words.PHASE.words["done"], words.OPERATION.words["set_backup"])
    assert row["command"] == words.COMMAND.words["no_action"]


def test_an_operation_that_nobody_here_ordered_is_shown_too() -> None:
    """D-26: a preemption keeps commands waiting as well."""
    running = {"number": 3, "verb": "set-master", "author": "policy", "age_ms": 40.0}
    row = seen(backup(operation=running), said={"operation_id": 2, "operation_phase": "done"}).tables["member"][7,]
    assert row["operation_phase"] == words.PHASE.words["running"]
    assert (row["operation_author"], row["operation_age_ms"]) == ("policy", 40)


def test_alarms_have_a_number_and_a_beginning_that_stay() -> None:
    maker = viewer()
    first = maker.view(Sources(status([master(alarms=[alarm(raised_at="2026-01-02T03:04:05.678Z")])]))).tables["alarm"]
    later = [alarm(raised_at="2026-01-02T03:04:05.679Z"), alarm("split_brain", raised_at_ns=8)]
    second = maker.view(Sources(status([master(alarms=later)]))).tables["alarm"]
    assert second[1,] is first[1,]
    assert second[2,]["name"] == words.ALARM.words["split_brain"]
    again = maker.view(
        Sources(status([master(alarms=[alarm("split_brain", raised_at_ns=99, raised_at="2026-01-03T00:00:00Z")])]))
    )
    assert list(again.tables["alarm"]) == [(3,)]


def test_what_was_raised_before_somebody_acknowledged_is_known() -> None:
    """Told by the event of that command, which outlives a restart; what comes later is not known yet."""
    at = 1_767_323_045_678_000_000
    done = {"number": 8, "what": "command", "group": 7, "before": "acknowledge", "after": "done", "at": at}
    alarms = [alarm("not_ready"), alarm("split_brain", raised_at_ns=8, raised_at="2026-01-02T03:04:05.679Z")]
    maker = viewer()

    def known(*events: dict[str, Any]) -> list[object]:
        members = [master(alarms=alarms), master(8, alarms=[alarm()])]
        rows = maker.view(Sources(status(members), events=events)).tables["alarm"]
        return [row["acknowledged"] for row in rows.values()]

    assert known() == [False, False, False]
    assert known({"number": 7, "what": "command"}, done | {"after": "refused"}) == [False, False, False]
    assert known(done, done | {"number": 9}) == [True, False, False]
    assert known(done | {"number": 9}, {"number": 10, "what": "alarm"}) == [True, False, False]


def test_alarms_of_a_member_are_bits_and_a_count() -> None:
    row = seen(master(alarms=[alarm("not_ready"), alarm("strangers", "warning")])).tables["member"][7,]
    bits = 1 << (words.ALARM.words["not_ready"] - 1) | 1 << (words.ALARM.words["strangers"] - 1)
    assert (row["alarms"], row["alarm_mask"], row["worst_severity"]) == (2, bits, words.SEVERITY.words["critical"])


@pytest.mark.parametrize(
    ("member", "entry", "said", "name"),
    [
        (backup(role="off", state="off"), {}, {}, "off"),
        (backup(), {}, {"maintenance": True, "maintenance_owner": "ann"}, "maintenance"),
        (
            backup(configuration=configuration(reasons=["capacity is short; these services would be lost: x"])),
            {},
            {},
            "capacity_short",
        ),
        (backup(), {"pending": "d1"}, {}, "decision_pending"),
    ],
)
def test_what_only_management_can_see_is_an_alarm_too(
    member: dict[str, Any], entry: dict[str, Any], said: dict[str, Any], name: str
) -> None:
    """C-12, C-13, C-15, Z-22: off, maintenance, lost services and open questions are never only in small print."""
    view = seen(member, said=said, handover={"groups": [tracked(**entry)]})
    assert [words.ALARM.word(int(row["name"])) for row in view.tables["alarm"].values()] == [name]  # type: ignore[arg-type]
    assert not seen(backup(), handover={"groups": [tracked()]}).tables["alarm"]


def test_events_of_cores_journal() -> None:
    """E: an identity that no restart changes, and the alarm's word in its place."""
    raised = event_of(
        {"what": "alarm", "group": 7, "name": "strangers", "severity": "warning", "text": "who?", "boot": 4, "number": 9}
    )
    assert (raised["id"], raised["after"], raised["before"], raised["name"]) == ("4-9", "strangers", "", "strangers")
    changed = {
        "what": "transition",
        "before": "backup",
        "after": "claiming",
        "reason": "master_silent",
        "time": "2026-01-02T03:04:05.678Z",
    }
    events = [event_of(changed | {"group": 7}) | {"number": 1}, raised | {"number": 2}]
    rows = viewer().view(Sources(status(), events=events)).tables["event"]
    assert rows[1,]["reason"] == words.REASON.words["master_silent"]
    assert (rows[1,]["before"], rows[1,]["after"], rows[1,]["at"]) == ("backup", "claiming", 1_767_323_045_678_000_000)
    assert (rows[2,]["what"], rows[2,]["id"]) == (words.EVENT.words["alarm"], "4-9")


def test_the_last_thousand_events_are_kept_and_not_read_again() -> None:
    maker = viewer()
    events = [{"number": number, "what": "command", "text": f"{number}"} for number in range(1, 1101)]
    first = maker.view(Sources(status(), events=events)).tables["event"]
    second = maker.view(Sources(status(), events=[*events, {"number": 1101, "what": "command"}])).tables["event"]
    assert (len(first), min(first), len(second), min(second)) == (1000, (101,), 1000, (102,))
    assert second[1100,] is first[1100,]


def test_a_backup_that_airs_another_group_is_told_as_busy_at_the_master() -> None:
    """D-27, D-38."""
    view = seen(master(peers=[peer(able=False, readiness=0, busy_for_ms=5000.0, acting_for=3)]))
    assert view.tables["member"][7,]["link_state"] == words.LINK_STATE.words["busy"]
    assert view.tables["coverage"][7,]["state"] == words.COVERAGE.words["busy"]
    assert "airs group 3" in str(view.tables["reason"][7, 1, 1]["text"])


@pytest.mark.parametrize(("others", "lamp"), [([True], "yellow"), ([False], "green"), ([True, False], "green")])
def test_the_mains_panel_is_yellow_while_nobody_stands_by_automatically(others: list[bool], lamp: str) -> None:
    """D-30, D-31: an attended backup says so on the LAN, and covers nothing by itself."""
    peers = [peer(attended=attended, unit_id=f"{number:016x}", name=f"b{number}") for number, attended in enumerate(others, 1)]
    made = seen(master(peers=peers))
    row, coverage = made.row("member", (7,)), made.row("coverage", (7,))
    assert row is not None
    assert coverage is not None
    assert words.INDICATOR.word(int(row["indicator"] or 0)) == lamp
    assert coverage["covered_by"] == others.count(False)


def test_coverage_names_the_best_first() -> None:
    """S-29, C-16."""
    peers = [peer(priority=100, unit_id="01", name="rx-low"), peer(priority=200, unit_id="02", name="rx-high")]
    row = seen(master(peers=peers)).tables["coverage"][7,]
    assert (row["covered_by"], row["best_name"], row["state"]) == (2, "rx-high", words.COVERAGE.words["covered"])


@pytest.mark.parametrize(("member", "is_lit"), [(master(), True), (backup(), True), (master(peers=[]), False)])
def test_the_backup_lamp_is_lit_in_either_role(member: dict[str, Any], is_lit: bool) -> None:
    """Z-42, Z-45."""
    assert seen(member).tables["member"][7,]["backup_lamp"] is is_lit


def test_devices_say_what_runs() -> None:
    """Z-33."""
    row = seen(master()).tables["device"][1,]
    assert (row["name"], row["ready"], row["datagrams"], row["state"]) == ("rx7", True, 99, "open, input present")
    broken = seen(master(), unit=unit(devices={"rx7": "the worker has ended"})).tables["device"][1,]
    assert (broken["ready"], broken["error"]) == (False, "the worker has ended")


def test_odd_values_are_not_known_and_no_error() -> None:
    """Of a core of another version, or one that is mad."""
    odd = {"group": 7, "role": 3, "peers": "none", "master": [], "priority": "high", "alarms": [3, {}], "packets": None}
    view = viewer().view(Sources({"unit": [], "members": [odd, 5, {"group": "x"}], "devices": 0, "age_ms": None}))
    assert view.tables["member"][7,]["priority"] is None
    assert complaints(view) == []


def test_a_unit_with_255_groups_is_viewed_quickly() -> None:
    """Well under 50 ms the first time, and less when little has changed."""
    members = [master(group, peers=[peer()]) for group in range(255)]
    maker, spent = viewer(), []
    for turn in range(6):
        members[turn] = members[turn] | {"transitions": 100 + turn}
        began_ns = time.process_time_ns()
        maker.view(Sources(status(members)))
        spent.append((time.process_time_ns() - began_ns) / 1e6)
    assert spent[0] < 250  # this machine may be busy with seven others
    assert min(spent[1:]) < 50


def test_every_table_is_in_every_view() -> None:
    assert set(seen(master()).tables) == {table.name for table in TABLES}
    assert OTHER in {row["unit_id"] for row in seen(master()).tables["peer"].values()}
