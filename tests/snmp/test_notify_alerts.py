"""Which notifications are due (agent.management.alerts, pure), and how they are held back (S-12, D-25, Z-39, C-17, C-18)."""

from dataclasses import replace
from typing import Any

from agent.engine.reasons import ROLE_OF
from agent.management.alerts import Watch
from agent.management.alerts_told import SETTLE_NS, Alert, Told, told_from
from agent.management.snmp.notify_limit import MAX_SUBJECTS, Limiter, limiter_from
from agent.model.view import View
from agent.model.words import ALARM, COLOUR, EVENT, LINK_STATE, REASON, ROLE, SEVERITY
from tests.model.sample import NOW_NS, alarm_row, decision_row, sample_view, with_row

S = 1_000_000_000


def quiet(role: str = "backup") -> View:
    """Group 7 and one peer, nothing ever happened."""
    view = with_row(sample_view(), "member", (7,), role=ROLE.words[role])
    return replace(view, tables={**view.tables, "event": {}, "alarm": {}, "decision": {}})


def event(view: View, number: int, what: str, **row: Any) -> View:
    """One more of them."""
    reason = REASON.words[row.pop("reason", "none")]
    plain = {"id": f"42-{number}", "at": NOW_NS, "group": 7, "severity": 1, "text": "", "author": "", "reason": reason}
    return with_row(view, "event", (number,), what=EVENT.words[what], **{**plain, **row})


def without(view: View, table: str) -> View:
    """No rows in it."""
    return replace(view, tables={**view.tables, table: {}})


def look(watch: Watch, view: View, at_s: float = 0.0) -> list[Alert]:
    return watch.look(view, int(at_s * S), NOW_NS)


def kinds(alerts: list[Alert]) -> list[str]:
    return [alert.kind for alert in alerts]


def watching(view: View) -> Watch:
    """It has seen this one."""
    watch = Watch(Told())
    assert look(watch, view) == []
    return watch


def test_a_takeover_is_one_change_of_role_with_the_reason_why_it_began() -> None:
    """S-12: not two, one of which says that the output is open."""
    view = quiet()
    watch = watching(view)
    view = event(view, 1, "transition", before="backup", after="claiming", reason="master_silent", text="silent")
    assert look(watch, view) == []
    view = event(view, 2, "transition", before="claiming", after="master", reason="output_open", text="open")
    (alert,) = look(watch, view)
    assert (alert.kind, alert.before, alert.after, alert.reason) == ("role_change", "backup", "master", "master_silent")
    assert alert.text == "silent; open"


def test_a_claim_that_ends_in_fault_says_why_it_failed() -> None:
    """Critical, with the last reason."""
    view = quiet()
    watch = watching(view)
    view = event(view, 1, "transition", before="backup", after="claiming", reason="master_silent")
    view = event(view, 2, "transition", before="claiming", after="fault", reason="claim_timed_out")
    (alert,) = look(watch, view)
    assert (alert.after, alert.reason, alert.severity) == ("fault", "claim_timed_out", 3)


def test_a_claim_that_is_given_up_changes_nothing() -> None:
    """Backup before, backup after."""
    view = quiet()
    watch = watching(view)
    view = event(view, 1, "transition", before="backup", after="claiming", reason="master_silent")
    view = event(view, 2, "transition", before="claiming", after="backup", reason="stronger_claim")
    assert look(watch, view) == []


def test_a_state_that_shows_another_role_is_told_as_that_role() -> None:
    """Off while the output stays open is off: not told twice, as an event and as what the table says."""
    view = quiet("off")
    watch = Watch(Told())
    view = event(view, 1, "transition", before="master", after="off_on_air", reason="command")
    (alert,) = look(watch, view)
    assert (alert.before, alert.after) == ("master", "off")
    view = event(view, 2, "transition", before="off_on_air", after="off", reason="command")
    assert look(watch, view, 1) == []
    assert look(watch, view, 10) == []


def test_every_state_of_the_engine_is_a_role_or_is_passed_through() -> None:
    """A new state of the engine must be thought of here."""
    for state, role in ROLE_OF.items():
        told = Told()
        before = "fault" if role.value != "fault" else "off"
        view = event(quiet(), 1, "transition", before=before, after=state.value, reason="ready")
        for alert in Watch(told).look(view, 0, NOW_NS):
            assert alert.after == role.value


def test_nothing_is_told_twice_across_a_restart_and_nothing_is_lost() -> None:
    """Core tells its journal again to a new management, with new numbers of rows and the same identities."""
    view = event(quiet("master"), 1, "transition", before="backup", after="master", reason="forced")
    watch = Watch(Told())
    assert kinds(look(watch, view)) == ["role_change"]
    again = Watch(told_from(watch.told.as_text()))
    view = without(view, "event")
    view = event(view, 901, "transition", id="42-1", before="backup", after="master", reason="forced")
    view = event(view, 902, "transition", id="42-2", before="master", after="backup", reason="command")
    (alert,) = look(again, view)
    assert (alert.before, alert.after) == ("master", "backup")


def test_a_new_boot_counts_from_one_again() -> None:
    """The same number in another boot is another event."""
    view = event(quiet("fault"), 1, "transition", before="backup", after="fault", reason="device_failed")
    watch = Watch(Told())
    assert kinds(look(watch, view)) == ["role_change"]
    view = event(view, 2, "transition", id="43-1", before="init", after="backup", reason="ready")
    assert kinds(look(watch, view)) == ["role_change"]


def test_a_change_whose_events_were_never_seen_is_told_when_it_lasts() -> None:
    """Core keeps 200 entries; management may be away for longer."""
    watch = watching(quiet())
    view = with_row(quiet("master"), "member", (7,), last_reason=REASON.words["forced"])
    assert look(watch, view, 1) == []
    assert watch.is_in_doubt
    (alert,) = look(watch, view, 1 + SETTLE_NS / S)
    assert (alert.before, alert.after, alert.reason) == ("backup", "master", "forced")
    assert look(watch, view, 10) == []


def test_alarms_are_told_when_raised_and_when_over_each_once() -> None:
    """Two have kinds of their own; the end of all is usFaultCleared (Z-39)."""
    view = quiet()
    watch = watching(view)
    for number, name in enumerate(("split_brain", "returned", "strangers", "strangers"), 1):
        view = event(view, number, "alarm", name=name, after=name, severity=SEVERITY.words["critical"])
    told = look(watch, view)
    assert kinds(told) == ["split_brain", "master_returned", "fault"]
    assert {alert.severity for alert in told} == {3}
    view = event(view, 5, "alarm_cleared", name="returned", before="returned")
    view = event(view, 6, "alarm_cleared", name="not_ready", before="not_ready")
    (over,) = look(watch, view)
    assert (over.kind, over.name) == ("fault_cleared", "returned")


def test_an_alarm_that_only_the_table_knows_is_told_and_its_end_too() -> None:
    """Management's own; and one that ended with the core that had raised it."""
    watch, view = watching(quiet()), with_row(quiet(), "alarm", (1,), **alarm_row(7))
    assert look(watch, view, 1) == []
    (alert,) = look(watch, view, 5)
    assert (alert.kind, alert.name) == ("fault", ALARM.word(3))
    assert look(watch, quiet(), 6) == []
    assert kinds(look(watch, quiet(), 10)) == ["fault_cleared"]
    assert look(watch, quiet(), 20) == []


def test_of_a_stale_view_only_alarms_are_believed() -> None:
    """C-18: management that has just started knows nothing yet; that is no end of anything."""
    watch = watching(event(quiet(), 1, "takeover"))
    view = event(quiet(), 2, "alarm", name="strangers")
    assert kinds(look(watch, view)) == ["fault"]
    empty = View(9, 0, True, {"alarm": {(1,): {**alarm_row(0), "group": -1, "name": ALARM.words["core_away"]}}})
    assert look(watch, empty, 1) == []
    (alert,) = look(watch, empty, 5)
    assert (alert.name, alert.group) == ("core_away", -1)
    assert look(watch, empty, 50) == []


def test_a_peer_is_lost_and_back() -> None:
    """At once when it is last known (C-18), and a moment later when it is gone from the table."""
    view = quiet()
    watch = watching(view)
    silent = with_row(view, "peer", (7, 1), last_known=True)
    (lost,) = look(watch, silent, 1)
    assert (lost.kind, lost.name, lost.group) == ("peer_lost", "rx-b", 7)
    assert look(watch, silent, 20) == []
    assert kinds(look(watch, view, 21)) == ["peer_back"]
    gone = without(view, "peer")
    assert look(watch, gone, 22) == []
    assert kinds(look(watch, gone, 26)) == ["peer_lost"]
    assert kinds(look(Watch(told_from(watch.told.as_text())), view, 1)) == ["peer_back"], "though management was not there"


def test_a_backups_colour_is_told_when_it_changes() -> None:
    """D-30, D-31: of a peer, and of this unit while it stands by; a master's own is none."""
    view = quiet()
    watch = watching(view)
    view = with_row(view, "peer", (7, 1), readiness_colour=COLOUR.words["red"])
    view = with_row(view, "member", (7,), readiness_colour=COLOUR.words["yellow"])
    told = look(watch, view)
    assert [(alert.name, alert.before, alert.after) for alert in told] == [
        ("rx-a", "green", "yellow"),
        ("rx-b", "yellow", "red"),
    ]
    master = with_row(view, "member", (7,), role=ROLE.words["master"], readiness_colour=COLOUR.words["red"])
    assert look(watch, master, 1) == []


def test_an_error_of_the_link_is_told() -> None:
    """D-25: on, and no partner; switched off is no restoration."""
    view = quiet()
    watch = watching(view)
    error = with_row(view, "member", (7,), link_state=LINK_STATE.words["error"])
    (alert,) = look(watch, error)
    assert (alert.kind, alert.severity, alert.before) == ("link_error", 3, "connected")
    assert look(watch, error) == []
    assert kinds(look(watch, view)) == ["link_restored"]
    assert kinds(look(watch, error)) == ["link_error"]
    assert look(watch, with_row(view, "member", (7,), link_state=LINK_STATE.words["off"])) == []


def test_a_decision_that_waits_for_a_person_is_told() -> None:
    """Z-41: each once; and when it waits no more."""
    watch = watching(quiet())
    asked = with_row(quiet(), "decision", (7,), **decision_row())
    (alert,) = look(watch, asked)
    assert (alert.kind, alert.name) == ("config_conflict", "d1")
    assert look(watch, asked) == []
    assert kinds(look(watch, with_row(asked, "decision", (7,), id="d2"))) == ["config_conflict"]
    assert look(watch, quiet(), 1) == []
    assert kinds(look(watch, quiet(), 5)) == ["config_settled"]


def test_a_command_that_was_not_carried_out_is_told() -> None:
    """C-17: refused, busy or failed, with who gave it; one that was done is in its effects."""
    view = quiet()
    watch = watching(view)
    view = event(view, 1, "command", before="set_master", after="done", author="ann (cli)")
    view = event(view, 2, "command", before="set_master", after="busy", author="bob (snmp)", text="another runs")
    (alert,) = look(watch, view)
    assert (alert.kind, alert.name, alert.reason, alert.author) == ("command_refused", "set_master", "busy", "bob (snmp)")


def test_what_was_kept_by_somebody_else_is_nothing() -> None:
    """A damaged state does not stop management."""
    for text in ("", "{", "[]", '{"roles": 3}', '{"unheard": {}}', "null"):
        assert told_from(text) == Told()
        assert limiter_from(text.replace("{", "[{"), 0).next_ms(0) is None


def alert(number: int, name: str = "rx-b") -> Alert:
    return Alert("peer_lost" if number % 2 else "peer_back", 7, number, name=name)


def test_what_flaps_is_told_first_and_last_with_how_many_between() -> None:
    """usUnitNotificationMinInterval: the last state is never suppressed."""
    limiter = Limiter()
    assert limiter.offer(alert(1), 0, 1000) == (alert(1), 0)
    assert [limiter.offer(alert(number), 10 * number, 1000) for number in range(2, 7)] == [None] * 5
    assert limiter.offer(alert(7, "rx-c"), 70, 1000) == (alert(7, "rx-c"), 0), "another peer is another thing"
    assert limiter.due(999, 1000) == []
    assert limiter.next_ms(1000) == 1000
    assert limiter.due(1000, 1000) == [(alert(6), 4)]
    assert limiter.suppressed == 4
    assert limiter.offer(alert(8), 1500, 1000) is None, "the interval counts from what was told last"
    assert limiter.due(2000, 1000) == [(alert(8), 0)]


def test_what_is_held_back_survives_a_restart_and_a_new_clock() -> None:
    """The machine may have started anew: then it waits one interval at most."""
    limiter = Limiter()
    limiter.offer(alert(1), 900_000, 1000)
    limiter.offer(alert(2), 900_001, 1000)
    limiter.offer(alert(4), 900_002, 1000)
    kept = limiter_from(limiter.as_text(), 5)
    assert kept.due(1004, 1000) == []
    assert kept.due(1005, 1000) == [(alert(4), 1)]


def test_without_an_interval_nothing_is_held_and_nothing_is_remembered() -> None:
    """And with one the memory is bounded."""
    limiter = Limiter()
    for number in range(3 * MAX_SUBJECTS):
        assert limiter.offer(alert(1, f"peer {number}"), number, 0) is not None
    assert limiter._slots == {}
    for number in range(2 * MAX_SUBJECTS):
        limiter.offer(alert(1, f"peer {number}"), 0, 10**9)
    assert len(limiter._slots) == MAX_SUBJECTS
