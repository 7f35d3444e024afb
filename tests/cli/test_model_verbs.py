"""What a person sets, orders and reads by the model: the real command, a control socket that notes what was asked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli import exits
from agent.model.answers import Denial
from tests.cli.fake_control import Managed, managed
from tests.cli.fake_handover import done

Json = dict[str, Any]


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Managed]:
    with managed(tmp_path) as made:
        yield made


def member(**values: Any) -> Json:
    """A request that sets these."""
    return {"verb": "set", "table": "member", "index": [7], "values": values}


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        (
            ["set", "7", "priority=200", "preempt=on", "standby-mode=attended"],
            member(priority=200, preempt=True, standby_mode="attended"),
        ),
        (["set", "7", "return_policy=sometimes"], member(return_policy="sometimes")),
        (["set", "7", "priority=high"], member(priority="high")),
        (["set", "unit", "notifications_enabled=off"], member(notifications_enabled=False) | {"table": "unit", "index": []}),
        (["lock", "7"], member(locked=True)),
        (["unlock", "7"], member(locked=False)),
        (["maintenance", "7", "on", "--for", "1d2h30m"], member(maintenance_minutes=1590, maintenance=True)),
        (["maintenance", "7", "on"], member(maintenance=True)),
        (["maintenance", "7", "off"], member(maintenance=False)),
    ],
)
def test_settings(unit: Managed, arguments: list[str], request_: Json) -> None:
    """S-03, S-32, D-49..D-52: all or none in one request; what cannot be is refused by the model, in its words."""
    ended = unit(*arguments, "--reason", "night shift")
    assert (ended.returncode, ended.stdout) == (0, "done: priority 254 → 200\n"), ended.stderr
    assert unit.fake.asked == [request_ | {"reason": "night shift"}]


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [(["off", "7", "--force"], "off"), (["on", "7"], "on"), (["arm", "7"], "arm_standby"), (["acknowledge", "7"], "acknowledge")],
)
def test_orders(unit: Managed, arguments: list[str], verb: str) -> None:
    """D-12, D-45, S-25"""
    assert unit(*arguments).returncode == 0
    common = {"verb": "command", "group": 7, "reason": "", "override": False}
    assert unit.fake.asked == [common | {"command": verb, "forced": "--force" in arguments}]


@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "7"],
        ["set", "7", "priority"],
        ["set", "7", "role=master"],
        ["set", "7", "command=off"],
        ["set", "7", "priority=1", "priority=2"],
        ["set", "x", "priority=1"],
        ["set", "256", "priority=1"],
        ["set", "unit", "priority=1"],
        ["lock", "300"],
        ["maintenance", "7", "on", "--for", "soon"],
        ["maintenance", "7", "on", "--for", "8d"],
        ["maintenance", "7", "on", "--for", "0m"],
        ["maintenance", "7", "off", "--for", "2h"],
        ["events", "--limit", "0"],
        ["audit", "--limit", "1001"],
        ["audit", "mend"],
    ],
)
def test_wrong_usage_asks_nobody(unit: Managed, arguments: list[str]) -> None:
    ended = unit(*arguments)
    assert (ended.returncode, ended.stdout, unit.fake.asked) == (2, "", [])
    assert ended.stderr
    assert "Traceback" not in ended.stderr


CODES = {"bad_value": 2, "unknown": 2, "not_allowed": 3, "conflict": 3, "busy": 4, "failed": 5, "running": 5, "refused": 3}


@pytest.mark.parametrize(("outcome", "code"), CODES.items())
def test_every_answer_has_its_exit_code(unit: Managed, outcome: str, code: int) -> None:
    """C-17: as the table beside Denial says; busy names the operation in the way."""
    answer = {"outcome": outcome, "text": "as the test wants", "running": 5, "operation": 5}
    unit.fake.answers |= {"set": answer, "command": answer}
    for arguments in (["lock", "7"], ["on", "7"]):
        ended = unit(*arguments)
        assert (ended.returncode, ended.stdout) == (code, "")
        assert "as the test wants" in ended.stderr
        assert ("operation 5" in ended.stderr) == (outcome in ("busy", "running"))
    ended = unit("lock", "7", "--json")
    assert (ended.returncode, json.loads(ended.stdout)) == (code, answer)


def test_no_denial_is_without_an_exit_code() -> None:
    assert {denial.value for denial in Denial} <= set(exits.OF_OUTCOME)


def test_events_as_lines_and_as_json(unit: Managed) -> None:
    """Z-39 and whatever else happened."""
    lines = unit("events", "--since", "0", "--limit", "5").stdout.splitlines()
    assert lines[0] == "1  2026-01-02T03:04:04.678Z  group 7  transition claiming → master: the output is open"
    assert unit.fake.asked == [{"verb": "events", "since": 0, "limit": 5}]
    assert len(json.loads(unit("events", "--json").stdout)["events"]) == 3


def test_alarms_are_shown_worst_first(unit: Managed) -> None:
    alarm = unit.fake.answers["alarms"]["alarms"][0]
    worse = alarm | {"number": 2, "severity": "critical", "name": "split_brain", "text": "two\nmasters", "acknowledged": True}
    unit.fake.answers["alarms"] = done(alarms=[alarm, worse])
    first, second = unit("alarms").stdout.splitlines()
    assert first == "CRITICAL group 7: split_brain since 2026-01-02T03:03:05.678Z: two masters (acknowledged)"
    assert second.startswith("WARNING group 7: interval_mismatch")
    unit.fake.answers["alarms"] = done(alarms=[])
    assert unit("alarms").stdout == "No alarms.\n"


def test_operations_and_audit(unit: Managed) -> None:
    operation = {
        "operation": 5,
        "group": 7,
        "verb": "set_master",
        "author": "ann (cli)",
        "phase": "running",
        "text": "asked rx-b",
    }
    change: Json = {"before": {"7.priority": 254}, "after": {"7.priority": 200}, "operation": 4, "hash": "ab", "empty": ""}
    entry = {
        "number": 9,
        "at": "T",
        "stage": "asked",
        "what": "setting",
        "who": "ann",
        "face": "snmp",
        "address": "10.0.0.9",
    } | change
    unit.fake.answers |= {"operations": done(operations=[operation]), "audit": done(audit=[entry])}
    assert unit("operations").stdout == "5  group 7  set_master by ann (cli): running: asked rx-b\n"
    assert (
        unit("audit", "--limit", "3").stdout == "9  T  asked  ann (snmp 10.0.0.9)  setting  7.priority 254 → 200  operation 4\n"
    )
    assert unit.fake.asked[-1] == {"verb": "audit", "limit": 3}
    assert json.loads(unit("audit", "--json").stdout)["audit"] == [entry]


def test_audit_verify_exits_by_what_it_found(unit: Managed) -> None:
    ended = unit("audit", "verify")
    assert (ended.returncode, ended.stdout) == (0, "done: 12 entries, unbroken\n")
    unit.fake.answers["audit-verify"] = {"outcome": "failed", "text": "entry 7 was changed"}
    ended = unit("audit", "verify")
    assert (ended.returncode, ended.stderr) == (5, "failed: entry 7 was changed\n")


def test_the_origin_of_every_setting(unit: Managed) -> None:
    row = {"name": "member.7.priority", "value": 200, "origin": "runtime", "where": "", "author": "ann (cli)", "at": "T"}
    other = row | {"name": "member.8.preempt", "value": False, "origin": "file", "where": "u.toml:15", "author": "", "at": None}
    unit.fake.answers["origin"] = done(settings=[row, other, row | {"name": "unit.lock", "origin": "default"}])
    lines = unit("config", "show", "--origin").stdout.splitlines()
    assert [line.split() for line in lines[1:3]] == [
        ["member.7.priority", "200", "runtime", "ann", "(cli)", "T"],
        ["member.8.preempt", "off", "file", "u.toml:15"],
    ]
    assert len(unit("config", "show", "7", "--origin").stdout.splitlines()) == 3
    assert len(json.loads(unit("config", "show", "8", "--origin", "--json").stdout)["settings"]) == 2


def test_nothing_from_the_network_steers_the_terminal(unit: Managed) -> None:
    event = unit.fake.answers["events"]["events"][0] | {"text": "\x1b[2J\n", "author": "\x1b]0;x"}
    unit.fake.answers |= {"events": done(events=[event]), "audit": done(audit=[{"number": 1, "why": "\x1b[2J"}])}
    for command in ("events", "audit"):
        assert "\x1b" not in unit(command).stdout


def test_status_shows_what_was_set_and_how_ready_it_is(unit: Managed) -> None:
    """D-30, D-31, D-49; maintenance with its owner and its end, so that it cannot be stranded."""
    assert "group 7: readiness green (255 of 255)" in unit("status").stdout
    unit.fake.answers["status"]["model"]["groups"]["7"] |= {
        "locked": True,
        "maintenance": True,
        "maintenance_owner": "ann (cli)",
        "maintenance_until": "2026-01-02T05:00:00.000Z",
        "maintenance_reason": "new amplifier",
        "standby_mode": "attended",
        "readiness_colour": "yellow",
        "readiness": 40,
        "reasons": ["attended by a person"],
    }
    shown = " ".join(unit("status").stdout.split())
    assert "group 7: readiness yellow (40 of 255): attended by a person" in shown
    assert "LOCKED: orders to change who is master are refused. To unlock it: understudy unlock 7" in shown
    assert "maintenance by ann (cli) until 2026-01-02T05:00:00.000Z: new amplifier." in shown
    assert "understudy arm 7" in shown


def test_no_agent_exits_6(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with managed(tmp_path) as unit:
        unit.fake.close()
        (unit.run_dir / "control.sock").unlink()
        for command in (["lock", "7"], ["alarms"], ["watch"], ["events", "--follow"], ["audit", "verify"]):
            ended = unit(*command)
            assert ended.returncode == 6, (command, ended.stderr)
            assert "understudy run" in ended.stderr


def test_what_should_be_known_of_a_setting_is_a_warning_of_its_own(unit: Managed) -> None:
    """C-21: a script sees what was done, a person what to do."""
    text, note = "Saved, and in force.", "rx-b has 1 s in group 7. Set the same there."
    unit.fake.answers["set"] = done(text=f"{text} Note: {note}", details={"note": note})
    ended = unit("set", "7", "advertisement_interval_ms=3000")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"done: {text}\n", f"warning: {note}\n")
    ended = unit("set", "7", "advertisement_interval_ms=3000", "--json")
    assert json.loads(ended.stdout)["text"] == f"{text} Note: {note}"
