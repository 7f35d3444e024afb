"""The door for changes, asked at a real management process beside a fake core: definite answers, saved before they act."""

import json
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agent.management.audit_verify import verify
from agent.management.client import NotRunning
from agent.settings.runtime_disk import FILE, write_runtime
from agent.settings.runtime_file import Override, Runtime
from tests.management.fakes import FakeCore, Json, Unit, eventually, running_unit
from tests.settings.runtime import read_runtime
from tests.settings.sample import SAMPLE, SECOND_MEMBER


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    """One for all tests that leave group 7 as it was: unlocked, priority 254."""
    with running_unit(tmp_path_factory.mktemp("arbiter"), SAMPLE + SECOND_MEMBER) as running:
        yield running


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    with running_unit(tmp_path) as running:
        yield running


def put(unit: Unit, group: int = 7, reason: str = "", **values: Any) -> Json:
    return unit.ask(verb="set", table="member", index=[group], values=values, reason=reason)


def order(unit: Unit, command: str, group: int = 7, **more: object) -> Json:
    return unit.ask(verb="command", command=command, group=group, **more)


def member(unit: Unit, group: int = 7) -> Json:
    rows = unit.ask(verb="view", tables=["member"])["tables"]["member"]
    return next(row for row in rows if row["group"] == group)


def runtime(unit: Unit) -> Runtime:
    return read_runtime(unit.settings.unit.data_dir / FILE)


def again(unit: Unit) -> None:
    """SIGKILL, and a new management process, as the supervisor would."""
    unit.process.kill()
    unit.process.wait()
    unit.core.packets.clear()
    unit.control.unlink()
    unit.process = unit._start()
    unit.wait_until_up()


def say_master(unit: Unit, unit_id: str) -> None:
    """As core does: the member, then the end of the push."""
    unit.core.member["master"] = {**unit.core.member["master"], "unit_id": unit_id}
    unit.core.say({"member": unit.core.member})
    unit.core.say({"push": "end", "revision": 5})


def test_a_setting_is_saved_before_core_hears_of_it(unit: Unit) -> None:
    """Issue 4: saved before they act. S-03."""
    seen: list[object] = []
    unit.core.on_adjust = lambda adjust: seen.append((runtime(unit).of(7)["priority"].value, adjust["priority"]))
    answer = put(unit, priority=200, reason="less")
    assert (answer["outcome"], answer["phase"]) == ("done", "done")
    assert seen == [(200, 200)]
    assert member(unit)["priority"] == 200
    one = runtime(unit).of(7)["priority"]
    assert (one.file, one.face, one.reason) == (254, "cli", "less")


def test_every_setting_of_the_model_reaches_core_the_view_and_the_disk(unit: Unit) -> None:
    """S-03, S-32, C-10, D-45."""
    values: Json = {"priority": 100, "preempt": True, "advertisement_interval_ms": 250}
    values |= {"return_policy": "after_hold", "return_hold_ms": 5000, "maintenance_minutes": 30, "locked": False}
    assert put(unit, **values)["outcome"] == "done"
    adjust = unit.core.adjusts[-1]
    assert (adjust["priority"], adjust["preempt"], adjust["interval_ms"], adjust["locked"]) == (100, True, 250, False)
    assert {name: member(unit)[name] for name in values} == values
    again(unit)
    assert {name: member(unit)[name] for name in values} == values
    assert eventually_adjusted(unit)["priority"] == 100


def eventually_adjusted(unit: Unit) -> Json:
    eventually(lambda: unit.core.adjusts)
    return unit.core.adjusts[-1]


def test_what_is_set_back_to_the_files_value_is_no_override(shared: Unit) -> None:
    put(shared, priority=200)
    put(shared, priority=254)
    assert "priority" not in runtime(shared).of(7)


@pytest.mark.parametrize(
    ("values", "denial", "culprit", "words"),
    [
        ({"priority": 0}, "bad_value", "priority", "is a message, not a setting"),
        ({"priority": 256}, "bad_value", "priority", "1..255"),
        ({"priority": -1}, "bad_value", "priority", "1..255"),
        ({"priority": True}, "bad_value", "priority", "whole number"),
        ({"priority": "200"}, "bad_value", "priority", "whole number"),
        ({"priority": 200, "advertisement_interval_ms": 9}, "bad_value", "advertisement_interval_ms", "10..40950"),
        ({"preempt": 1}, "bad_value", "preempt", "true or false"),
        ({"standby_mode": "sleepy"}, "bad_value", "standby_mode", "attended"),
        ({"role": "master"}, "bad_value", "role", "cannot be set"),
        ({"colour": 1}, "unknown", "colour", "There is no"),
        ({"command": "set_master"}, "unknown", "command", "ordered, not set"),
        ({"standby_mode": "attended"}, "conflict", "standby_mode", "at a main"),
    ],
)
def test_what_cannot_be_is_refused_whole_with_a_sentence(
    shared: Unit, values: Json, denial: str, culprit: str, words: str
) -> None:
    """C-04, C-17, S-03: definite, and nothing of it is done."""
    before, adjusts = runtime(shared), len(shared.core.adjusts)
    answer = put(shared, **values)
    assert (answer["outcome"], answer["culprit"], answer["phase"]) == (denial, culprit, "refused")
    assert words in answer["text"]
    assert (runtime(shared), len(shared.core.adjusts)) == (before, adjusts)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"priority": 255}, "C-03"), ({"preempt": True}, "S-24"), ({"priority": 229}, "S-23")],
)
def test_what_check_calls_an_error_is_refused_with_its_sentence(tmp_path: Path, values: Json, words: str) -> None:
    """C-03, S-23, S-24: the settings' own checks, at run time too."""
    pool = '\n[pool]\nn_to_m = true\n[[member]]\ngroup = 200\ndesignation = "nmBackup"\npriority = 230\ndevice = "rx2"\n'
    with running_unit(tmp_path, f"{SAMPLE}{pool}protects = [1, 2]\n[device.rx2]\ndriver = 'receiver'\n") as unit:
        answer = put(unit, **values)
        assert answer["outcome"] == "conflict"
        assert words in answer["text"]
        answer = put(unit, group=1, priority=200)
        assert "set priority there" in answer["text"]
        assert put(unit, group=200, priority=220)["outcome"] == "done"
        assert {adjust["group"]: adjust["priority"] for adjust in unit.core.adjusts} == {7: 254, 1: 220, 2: 220, 200: 220}


def test_a_warning_of_check_comes_back_with_the_answer(shared: Unit) -> None:
    """F-2: P=246 at A=1 is an exact tie; allowed, and said."""
    answer = put(shared, group=8, priority=246)
    assert answer["outcome"] == "done"
    assert "chance decides (F-2)" in answer["text"]
    assert "F-2" not in put(shared, group=8, priority=200)["text"]


def test_a_peer_with_another_interval_comes_back_with_the_answer(unit: Unit) -> None:
    """C-21: a pair with two intervals is not safe in all cases: who has which, and what to do."""
    peers = [("rx-b", 1000), ("rx-c", 3000), ("rx\x1b[2J", 250)]
    unit.core.member["peers"] = [{"name": name, "advertisement_interval_ms": ms} for name, ms in peers]
    unit.ask(verb="status")
    answer = put(unit, advertisement_interval_ms=3000)
    wanted = "The interval is 3 s here, and rx [2J has 0.25 s in group 7, rx-b has 1 s in group 7. "
    assert answer["text"].startswith(f"Saved, and in force. Note: {wanted}")
    assert answer["details"]["note"].startswith(wanted)
    assert "\x1b" not in answer["text"]
    assert answer["text"].endswith("raise it at the backups first, then at the master; lower it the other way round.")
    assert "Note" not in put(unit, priority=200)["text"]
    unit.core.member["peers"] = [{"name": "rx-c", "advertisement_interval_ms": 3000}]
    unit.ask(verb="status")
    put(unit, advertisement_interval_ms=1000)
    assert put(unit, advertisement_interval_ms=3000)["text"] == "Saved, and in force."


def test_when_core_refuses_the_disk_goes_back(unit: Unit) -> None:
    """Issue 4: if core refuses after the save, the file goes back and the answer says so."""
    put(unit, preempt=True)
    unit.core.adjust_outcome = "refused"
    answer = put(unit, priority=200)
    assert answer["outcome"] == "conflict"
    assert "Core refuses it, so nothing was changed: as the test wants" in answer["text"]
    assert set(runtime(unit).of(7)) == {"preempt"}
    assert [adjust["priority"] for adjust in unit.core.adjusts[-2:]] == [200, 254]
    assert member(unit)["priority"] == 254


def test_without_core_it_is_saved_and_told_when_core_is_back(unit: Unit) -> None:
    unit.core.close()
    eventually(lambda: unit.ask(verb="status")["core_connected"] is False)
    answer = put(unit, priority=200)
    assert answer == {**answer, "outcome": "done", "text": "Saved; it acts when core is back."}
    unit.core = FakeCore(unit.settings.run_dir)
    eventually(lambda: unit.core.adjusts)
    assert unit.core.adjusts[-1]["priority"] == 200


VERBS = ["set_master", "force_master", "set_backup", "off", "on", "arm_standby"]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    with running_unit(tmp_path_factory.mktemp("locked")) as running:
        assert put(running, locked=True, reason="live programme")["outcome"] == "done"
        yield running


@pytest.mark.parametrize("verb", VERBS)
def test_locked_refuses_every_order_with_who_locked_and_why(locked: Unit, verb: str) -> None:
    """D-49, C-13."""
    before = len(locked.core.commands)
    answer = order(locked, verb, forced=True, override=True)
    assert answer["outcome"] == "conflict"
    assert "is locked, by" in answer["text"]
    assert ": live programme. Unlock it first" in answer["text"]
    assert len(locked.core.commands) == before


@pytest.mark.parametrize("verb", ["set-master", "set-backup"])
def test_locked_refuses_the_command_lines_old_verbs_too(locked: Unit, verb: str) -> None:
    """D-49."""
    answer = locked.ask(verb=verb, group=7, forced=True, override=True)
    assert (answer["outcome"], "is locked" in answer["text"]) == ("refused", True)


@pytest.mark.parametrize(
    "values",
    [
        {"priority": 1},
        {"preempt": True},
        {"advertisement_interval_ms": 20},
        {"return_policy": "after_hold"},
        {"return_hold_ms": 1},
        {"standby_mode": "automatic"},
        {"auto_lock": True},
        {"maintenance": True},
        {"maintenance_minutes": 5},
        {"locked": False, "priority": 1},
    ],
)
def test_locked_refuses_every_setting(locked: Unit, values: Json) -> None:
    """D-49, C-13: also one that comes with the unlocking."""
    answer = put(locked, **values)
    assert (answer["outcome"], "is locked" in answer["text"]) == ("conflict", True)


def test_locked_lets_acknowledge_pass_and_says_so_to_core(locked: Unit) -> None:
    """C-13: automatic protection goes on; core knows of the lock, for what peers ask."""
    assert order(locked, "acknowledge")["outcome"] == "done"
    assert locked.core.commands[-1]["verb"] == "acknowledge"
    assert locked.core.adjusts[-1]["locked"] is True
    assert member(locked)["locked"] is True


def test_a_lock_survives_a_restart_and_unlocking_opens(unit: Unit) -> None:
    """D-50, D-52."""
    put(unit, locked=True)
    again(unit)
    assert order(unit, "set_master")["outcome"] == "conflict"
    assert put(unit, locked=False)["outcome"] == "done"
    assert order(unit, "set_master")["outcome"] == "done"


def test_without_the_lock_function_commands_pass(tmp_path: Path) -> None:
    """D-53."""
    with running_unit(tmp_path, f"{SAMPLE}\n[management]\nlock = false\n") as unit:
        answer = put(unit, locked=True)
        assert (answer["outcome"], "D-53" in answer["text"]) == ("conflict", True)
        assert order(unit, "set_master")["outcome"] == "done"
        assert unit.ask(verb="view", tables=["unit"])["tables"]["unit"]["lock_available"] is False


def switch_on_auto_lock(unit: Unit) -> None:
    """And wait until it is known whom a change would be from."""
    put(unit, auto_lock=True)
    eventually(lambda: runtime(unit).masters.get(7) == "5")


def test_two_changes_need_two_unlocks(unit: Unit) -> None:
    """D-51: lock automatically on every change of state."""
    switch_on_auto_lock(unit)
    for master in ("6", "5"):
        assert member(unit)["locked"] is False
        assert order(unit, "set_backup")["outcome"] == "done"
        say_master(unit, master)
        eventually(lambda: member(unit)["locked"])
        assert order(unit, "set_master")["outcome"] == "conflict"
        assert put(unit, locked=False)["outcome"] == "done"
        assert unit.ask(verb="status")["stale"] is False
    assert [entry["who"] for entry in unit.ask(verb="audit")["audit"] if entry.get("what") == "lock"] == ["auto-lock"] * 2


def test_the_lock_that_a_change_brings_is_there_before_its_answer(unit: Unit) -> None:
    """D-51: a second order right behind the answer is refused."""
    switch_on_auto_lock(unit)
    unit.core.before_reply = lambda: say_master(unit, "6")
    assert order(unit, "set_master")["outcome"] == "done"
    assert order(unit, "set_backup")["outcome"] == "conflict"


def test_a_change_while_management_was_away_locks_too(unit: Unit) -> None:
    """D-51."""
    switch_on_auto_lock(unit)
    unit.core.member["master"]["unit_id"] = "6"
    again(unit)
    eventually(lambda: member(unit)["locked"])


def test_maintenance_has_an_owner_a_reason_and_an_end(unit: Unit) -> None:
    """C-13: separate from the lock; it survives a restart and cannot be stranded."""
    before_ns = time.time_ns()
    assert put(unit, maintenance_minutes=10, maintenance=True, reason="new cable")["outcome"] == "done"
    row = member(unit)
    assert (row["maintenance"], row["maintenance_reason"]) == (True, "new cable")
    assert row["maintenance_owner"].endswith("(cli)")
    until_ns = int(runtime(unit).of(7)["maintenance"].value)
    assert 0 <= until_ns - before_ns - 600_000_000_000 < 5_000_000_000
    again(unit)
    assert eventually_adjusted(unit)["maintenance"] is True
    assert member(unit)["maintenance_until"] == row["maintenance_until"]
    assert put(unit, maintenance=False)["outcome"] == "done"
    assert unit.core.adjusts[-1]["maintenance"] is False


def test_maintenance_ends_by_itself(unit: Unit) -> None:
    """C-13. Its end is on the wall clock; here it is a second away."""
    unit.process.kill()
    unit.process.wait()
    end = Override(time.time_ns() + 1_500_000_000, None, "ann", "snmp", "10.0.0.9", "cable")
    write_runtime(unit.settings.unit.data_dir / FILE, Runtime({7: {"maintenance": end}}))
    again(unit)
    eventually(lambda: unit.core.adjusts and unit.core.adjusts[-1]["maintenance"] is False)
    assert runtime(unit) == Runtime()
    events = unit.ask(verb="events")["events"]
    assert "maintenance by ann (snmp 10.0.0.9) has ended by itself" in events[-1]["text"]


def test_maintenance_whose_end_was_while_nothing_ran_is_over(unit: Unit) -> None:
    """C-13: across restarts."""
    unit.process.kill()
    unit.process.wait()
    write_runtime(unit.settings.unit.data_dir / FILE, Runtime({7: {"maintenance": Override(time.time_ns() - 1, None, "ann")}}))
    again(unit)
    assert member(unit)["maintenance"] is False
    eventually(lambda: runtime(unit) == Runtime())


def test_of_two_managers_at_once_one_wins_and_the_other_gets_a_definite_error(unit: Unit) -> None:
    """C-17, D-26: busy with the running operation; the second is not carried out later."""
    go = threading.Event()
    unit.core.before_reply = lambda: go.wait(5)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(order(unit, "set_master", reason="one")))
    first.start()
    eventually(lambda: unit.core.commands)
    assert member_now(unit)["operation_phase"] == "running"
    second = order(unit, "set_backup")
    old = unit.ask(verb="set-backup", group=7)
    third = put(unit, priority=3)
    go.set()
    first.join(5)
    assert answers[0]["outcome"] == "done"
    assert (second["outcome"], second["running"]) == ("busy", answers[0]["operation"])
    assert "set_master by" in second["text"]
    assert (old["outcome"], third["outcome"]) == ("busy", "busy")
    assert len(unit.core.commands) == 1
    assert member(unit)["operation_phase"] == "done"


def member_now(unit: Unit) -> Json:
    """Without asking core, which is held up."""
    rows = unit.ask(verb="view", tables=["member"])["tables"]["member"]
    return dict(rows[0])


def test_the_write_semaphore_lets_one_of_two_writers_through(shared: Unit) -> None:
    """Issue 4: two managers setting at once. SNMP's TestAndIncr."""
    now = shared.ask(verb="view", tables=["unit"])["tables"]["unit"]["write_semaphore"]
    values = {"write_semaphore": now, "notification_min_interval_ms": 100}
    first = shared.ask(verb="set", table="unit", values=values)
    second = shared.ask(verb="set", table="unit", values={**values, "notification_min_interval_ms": 200})
    assert (first["outcome"], second["outcome"], second["culprit"]) == ("done", "conflict", "write_semaphore")
    assert f"write_semaphore is {now + 1}" in second["text"]
    row = shared.ask(verb="view", tables=["unit"])["tables"]["unit"]
    assert (row["write_semaphore"], row["notification_min_interval_ms"]) == (now + 1, 100)


def test_off_is_kept_when_core_has_done_it_and_before_it_is_answered(unit: Unit) -> None:
    """D-12, C-12, C-17: what core did not do is not on the disk for the next one; what was answered done is."""
    seen: list[object] = []
    unit.core.before_reply = lambda: seen.append("off" in runtime(unit).of(7))
    assert order(unit, "off")["outcome"] == "done"
    assert "off" in runtime(unit).of(7)
    assert order(unit, "on")["outcome"] == "done"
    assert (seen, runtime(unit).of(7)) == ([False, True], {})
    unit.core.outcome = "refused"
    answer = order(unit, "off")
    assert (answer["outcome"], answer["text"]) == ("conflict", "as the test wants")
    assert runtime(unit).of(7) == {}


def test_arm_standby_is_one_order(tmp_path: Path) -> None:
    """D-45, C-23: clicking the yellow button sets the waiting station to automatic; it turns green."""
    with running_unit(tmp_path, SAMPLE.replace('"main"', '"reserve"').replace("254", "200")) as unit:
        assert put(unit, standby_mode="attended")["outcome"] == "done"
        assert unit.core.adjusts[-1]["attended"] is True
        assert order(unit, "arm_standby")["outcome"] == "done"
        assert unit.core.adjusts[-1]["attended"] is False
        assert member(unit)["standby_mode"] == "automatic"


def test_a_reason_may_be_left_for_the_next_command(shared: Unit) -> None:
    """For faces that have no room for words in a command (Modbus, SNMP)."""
    put(shared, command_reason="storm is coming")
    assert member(shared)["command_reason"] == "storm is coming"
    order(shared, "set_master")
    assert shared.ask(verb="operations")["operations"][-1]["reason"] == "storm is coming"
    order(shared, "set_master")
    assert shared.ask(verb="operations")["operations"][-1]["reason"] == ""


def test_what_was_done_is_in_the_audit_before_and_after_and_survives(unit: Unit) -> None:
    """Issue 4, S-33: who, from which face, why, before and after, outcome; numbers go on after a restart."""
    put(unit, priority=200, reason="less")
    order(unit, "set_master", reason="back home")
    put(unit, priority=0)
    again(unit)
    entries = unit.ask(verb="audit")["audit"]
    asked, ended, commanded, outcome, refused = entries
    assert (asked["before"], asked["after"], asked["reason"], asked["face"]) == (
        {"7.priority": 254},
        {"7.priority": 200},
        "less",
        "cli",
    )
    assert (ended["of"], ended["outcome"]) == (asked["number"], "done")
    assert (commanded["verb"], commanded["reason"], outcome["outcome"]) == ("set_master", "back home", "done")
    assert (refused["stage"], "priority = 0" in refused["changes"][0]) == ("refused", True)
    number = order(unit, "set_master")["operation"]
    assert number > commanded["operation"]
    verdict = unit.ask(verb="audit-verify")
    assert (verdict["outcome"], verdict["entries"]) == ("done", 7)
    path = next((unit.settings.unit.data_dir / "audit").glob("0*"))
    path.write_bytes(path.read_bytes().replace(b"back home", b"back hone"))
    assert "entry 3 was changed" in unit.ask(verb="audit-verify")["text"]


def test_a_command_that_management_did_not_live_to_see_end_is_closed_as_unknown(unit: Unit) -> None:
    unit.core.is_mute = True
    thread = threading.Thread(target=order_in_vain, args=[unit])
    thread.start()
    eventually(lambda: unit.core.commands)
    unit.core.is_mute = False
    again(unit)
    thread.join(5)
    last = unit.ask(verb="audit")["audit"][-1]
    assert (last["outcome"], last["of"]) == ("unknown", 1)


def order_in_vain(unit: Unit) -> None:
    with suppress(NotRunning, OSError, ValueError):
        order(unit, "set_master")


def test_events_keep_their_numbers_over_a_restart_and_cores_journal_is_not_told_twice(unit: Unit) -> None:
    """Issue 4: event table of the last 1,000."""
    journal = {"what": "transition", "group": 7, "reason": "ready", "before": "init", "after": "backup", "text": "…"}
    unit.core.say({"journal": {**journal, "boot": 3, "number": 1, "at_ns": time.monotonic_ns()}})
    put(unit, locked=True, reason="calm")
    eventually(lambda: len(unit.ask(verb="events")["events"]) == 2)
    before = unit.ask(verb="events")["events"]
    again(unit)
    unit.core.say({"journal": {**journal, "boot": 3, "number": 1, "at_ns": time.monotonic_ns()}})
    unit.core.say({"journal": {**journal, "boot": 3, "number": 2, "at_ns": time.monotonic_ns()}})
    eventually(lambda: len(unit.ask(verb="events")["events"]) == 3)
    events = unit.ask(verb="events")["events"]
    assert events[:2] == before
    assert [event["number"] for event in events] == [1, 2, 3]
    assert (events[1]["what"], events[1]["before"], events[1]["after"]) == ("lock", "false", "true")
    assert unit.ask(verb="events", since=2)["events"] == events[2:]


def test_when_the_disk_is_full_settings_are_refused_and_commands_go_on(unit: Unit) -> None:
    """Issue 4: on-air safety first; the loss is counted and told. A file size limit of 0 stands for the disk."""
    resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    answer = put(unit, priority=200)
    assert (answer["outcome"], "audit cannot be written" in answer["text"]) == ("failed", True)
    assert order(unit, "set_master")["outcome"] == "done"
    assert order(unit, "off")["outcome"] == "done"
    assert any("The audit cannot be written" in alarm["text"] for alarm in unit.ask(verb="alarms")["alarms"])
    resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert put(unit, priority=200)["outcome"] == "done"
    eventually(lambda: "the audit is written again" in unit.told())
    assert unit.ask(verb="audit-verify")["lost"] >= 5
    assert not any("audit" in alarm["text"] for alarm in unit.ask(verb="alarms")["alarms"])
    assert verify(unit.settings.unit.data_dir / "audit").is_whole


def test_a_flood_of_refusals_does_not_wash_out_the_audit(unit: Unit) -> None:
    """Issue 4: the same is told once; see test_bounds.py for what is not the same."""
    for _ in range(150):
        put(unit, priority=0)
    assert [one["stage"] for one in unit.ask(verb="audit", limit=1000)["audit"]] == ["refused"]
    assert verify(unit.settings.unit.data_dir / "audit").is_whole


def test_half_a_change_is_never_shown(unit: Unit) -> None:
    """Issue 4: a reader never sees a mixture of two states. Core says when what it told is of one moment."""
    assert member(unit)["role"] == "backup"
    unit.core.is_mute = True  # no snapshot comes in between
    unit.core.say({"member": {**unit.core.member, "role": "master"}})
    unit.core.say({"journal": {"what": "transition", "group": 7, "boot": 1, "number": 9, "at_ns": 1}})
    eventually(lambda: unit.ask(verb="events")["events"])
    assert member(unit)["role"] == "backup"
    unit.core.say({"push": "end", "revision": 2})
    eventually(lambda: member(unit)["role"] == "master")


def test_a_refused_file_is_moved_aside_and_kept(unit: Unit) -> None:
    """Issue 4: broken or foreign: refused whole, with a sentence, and moved aside."""
    unit.process.kill()
    unit.process.wait()
    path = unit.settings.unit.data_dir / FILE
    path.write_text('{"groups": ')
    again(unit)
    assert "runtime.json is not used: it is broken" in unit.told()
    aside = list(path.parent.glob(f"{FILE}.refused-*"))
    assert [one.read_text() for one in aside] == ['{"groups": ']
    assert member(unit)["priority"] == 254
    assert "runtime.json is not used" in unit.ask(verb="events")["events"][-1]["text"]
    assert "runtime.json was broken" in unit.ask(verb="alarms")["alarms"][-1]["text"]
    assert put(unit, priority=200)["outcome"] == "done"
    assert not any("runtime.json" in alarm["text"] for alarm in unit.ask(verb="alarms")["alarms"])


def test_an_override_that_the_file_has_overtaken_is_told_once(unit: Unit) -> None:
    """The later writer wins."""
    put(unit, priority=200)
    unit.file.write_text(SAMPLE.replace("254", "240"))
    again(unit)
    assert member(unit)["priority"] == 240
    eventually(lambda: runtime(unit) == Runtime())
    again(unit)
    assert unit.told().count("is dropped") == 1


def test_origin_says_where_each_value_comes_from(shared: Unit) -> None:
    """Issue 4: default, line of the file, or who set it when."""
    put(shared, group=8, advertisement_interval_ms=500, reason="quicker")
    found = {one["name"]: one for one in shared.ask(verb="origin")["settings"]}
    line = next(number for number, text in enumerate(SAMPLE.splitlines(), 1) if text.startswith("priority"))
    assert (found["member.7.priority"]["origin"], found["member.7.priority"]["where"]) == ("file", f"u.toml:{line}")
    assert (found["member.8.preempt"]["origin"], found["member.8.preempt"]["value"]) == ("default", False)
    set_now = found["member.8.advertisement_interval_ms"]
    assert (set_now["origin"], set_now["value"], set_now["where"]) == ("runtime", 500, "the file says 1000")
    assert set_now["author"].endswith("(cli)")
    put(shared, group=8, advertisement_interval_ms=1000)


def test_killed_while_saving_what_was_answered_is_there(unit: Unit) -> None:
    """Issue 4: kill -9 at any point of the save leaves old or new; what was answered done is new."""
    done: list[int] = []
    for turn in range(4):
        done.clear()
        thread = threading.Thread(target=keep_setting, args=[unit, done])
        thread.start()
        eventually(lambda: len(done) >= 2)
        time.sleep(0.003 * turn)
        again(unit)
        thread.join(5)
        assert runtime(unit).of(7)["priority"].value in (done[-1], done[-1] + 1)


def keep_setting(unit: Unit, done: list[int]) -> None:
    """Until management is gone: 1, 2, 3, …"""
    with suppress(NotRunning, OSError, ValueError):
        for priority in range(1, 250):
            if put(unit, priority=priority)["outcome"] == "done":
                done.append(priority)


def test_json_of_the_view_is_whole(shared: Unit) -> None:
    answer = shared.ask(verb="view")
    assert {"unit", "member", "event", "alarm", "peer"} <= set(answer["tables"])
    assert answer["stale"] is False
    assert json.dumps(answer)
    assert shared.ask(verb="view", tables=["nothing"])["outcome"] == "refused"
