"""What people and programs ask for again and again washes out neither the event table nor the audit; all of it is answered."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.management.again import FIRST_S, LONGEST_S, MAX_KEYS, MAX_TIMES, Again, Same
from agent.management.allowance import MAX_AUTHORS, Allowance
from agent.management.audit import Audit
from agent.management.audit_verify import verify
from agent.management.events import ASKED_LIMIT, LIMIT, Events
from agent.management.records import CHANGES_AT_ONCE, CHANGES_PER_S, REFUSALS_AT_ONCE, Records
from agent.management.viewer_alarms import AlarmBook
from agent.model.answers import Answer, Denial, Principal, Role
from tests.management.fakes import Json, Unit, eventually, running_unit

ANN = Principal("ann", "snmp", "10.0.0.9", Role.OPERATOR)
BOB = Principal("bob", "modbus", "10.0.0.8", Role.OPERATOR)


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    with running_unit(tmp_path_factory.mktemp("bounds")) as running:
        yield running


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    audit = Audit(tmp_path / "audit", 5000, print)
    yield Records(audit, Events(tmp_path / "events.jsonl", print))
    audit.close()


def order(unit: Unit, command: str, **more: Any) -> Json:
    return unit.ask(verb="command", command=command, group=7, **more)


def stages(unit: Unit, since: int) -> list[str]:
    return [one["stage"] for one in unit.ask(verb="audit", limit=1000)["audit"] if one["number"] > since]


def last_numbers(unit: Unit) -> tuple[int, int]:
    """Of audit and events."""
    audit, events = unit.ask(verb="audit", limit=1)["audit"], unit.ask(verb="events", limit=1)["events"]
    return (audit[-1]["number"] if audit else 0), (events[-1]["number"] if events else 0)


@pytest.mark.parametrize("verb", ["set_master", "acknowledge", "on", "arm_standby"])
def test_orders_that_change_nothing_are_answered_each_and_told_once(unit: Unit, verb: str) -> None:
    """Issue 4: a stuck PLC must not wash out the history. Each has its own operation, each reaches core."""
    audit, events = last_numbers(unit)
    answers = [order(unit, verb) for _ in range(30)]
    assert {(answer["outcome"], answer["phase"]) for answer in answers} == {("done", "done")}
    assert len({answer["operation"] for answer in answers}) == 30
    assert stages(unit, audit)[0] == "asked"
    assert len(stages(unit, audit)) <= 3
    assert len(unit.ask(verb="events", since=events)["events"]) == 1
    shown = [one for one in unit.ask(verb="operations")["operations"] if one["verb"] == verb]
    assert [one["operation"] for one in shown] == [answers[-1]["operation"]]


def test_off_of_what_is_off_is_told_once(unit: Unit) -> None:
    """Issue 4, D-12: it keeps who switched it off first."""
    audit, _ = last_numbers(unit)
    assert [order(unit, "off")["outcome"] for _ in range(10)] == ["done"] * 10
    assert stages(unit, audit) == ["asked", "ended"] * 2  # the first changed something; the second is the first that did not
    assert order(unit, "on")["outcome"] == "done"


def test_an_order_that_comes_again_after_something_has_changed_is_told_in_full(unit: Unit) -> None:
    """Issue 4: every command is in the audit."""
    order(unit, "set_master")
    audit, _ = last_numbers(unit)
    unit.core.say({"push": "end", "revision": 77})
    eventually(lambda: order(unit, "set_master") and "asked" in stages(unit, audit))
    assert stages(unit, audit)[-2:] == ["asked", "ended"]


def test_an_order_that_comes_again_and_does_something_this_time_is_told_in_full(unit: Unit) -> None:
    """Issue 4: every command that changes something is in the audit, twice."""
    order(unit, "set_master")
    order(unit, "set_master")
    audit, events = last_numbers(unit)
    unit.core.before_reply = lambda: unit.core.say({"push": "end", "revision": 78})
    answer = order(unit, "set_master")
    unit.core.before_reply = lambda: None
    entries = unit.ask(verb="audit", limit=2)["audit"]
    assert [(one["stage"], one["operation"]) for one in entries] == [(stage, answer["operation"]) for stage in ("asked", "ended")]
    assert (entries[-1]["number"], entries[-1].get("changed")) == (audit + 3, None)
    assert unit.ask(verb="events", since=events)["events"][-1]["text"].startswith("set_master: ")


def test_settings_that_change_nothing_are_audited_once(unit: Unit) -> None:
    """Issue 4: every command and change; a PLC that writes its set points every second is one of them."""
    audit, events = last_numbers(unit)
    for _ in range(30):
        answer = unit.ask(verb="set", table="member", index=[7], values={"priority": 254}, reason="cyclic")
        assert answer["text"] == "Nothing to change: it is so already."
    entry = unit.ask(verb="audit", limit=1)["audit"][-1]
    assert (entry["number"], entry["stage"], entry["reason"]) == (audit + 1, "unchanged", "cyclic")
    assert unit.ask(verb="events", since=events)["events"] == []


def test_refusals_that_repeat_themselves_are_told_once(unit: Unit) -> None:
    """Issue 4: audited whatever the outcome, and bounded."""
    unit.core.outcome = "done"
    audit, _ = last_numbers(unit)
    for _ in range(50):
        assert unit.ask(verb="set", table="member", index=[7], values={"priority": 0})["outcome"] == "bad_value"
    assert stages(unit, audit) == ["refused"]


def test_what_was_counted_is_told_with_its_count_when_management_ends(tmp_path: Path) -> None:
    """Issue 4: the audit says how often, by whom and until when; the chain is whole, and no operation's number is used twice."""
    with running_unit(tmp_path) as unit:
        numbers = [order(unit, "set_master")["operation"] for _ in range(5)]
        assert unit.stop() == 0
        unit.control.unlink(missing_ok=True)
        unit.core.packets.clear()
        unit.process = unit._start()
        unit.wait_until_up()
        *_, asked, ended, again = unit.ask(verb="audit")["audit"]
        assert (ended["of"], ended["changed"]) == (asked["number"], False)
        assert (again["stage"], again["times"], again["of"], again["who"]) == ("again", 4, asked["number"], asked["who"])
        assert again["operation"] == numbers[-1]
        event = unit.ask(verb="events")["events"][-1]
        assert "set_master, 4 times more since" in event["text"]
        assert order(unit, "set_master")["operation"] > numbers[-1]
        assert verify(tmp_path / "data" / "audit").is_whole


def test_a_crash_before_the_count_is_told_uses_no_number_twice(tmp_path: Path) -> None:
    """Issue 4: an operation's number is one operation's."""
    with running_unit(tmp_path) as unit:
        numbers = [order(unit, "set_master")["operation"] for _ in range(5)]
        unit.process.kill()
        unit.process.wait()
        unit.control.unlink()
        unit.core.packets.clear()
        unit.process = unit._start()
        unit.wait_until_up()
        assert order(unit, "set_master")["operation"] > numbers[-1]


def test_commands_never_push_transitions_and_alarms_out_of_the_table(tmp_path: Path) -> None:
    """Issue 4: the last 1,000 events; what is asked for has its share, over a restart too."""
    events = Events(tmp_path / "events.jsonl", print)
    for number in range(300):
        events.note({"id": f"1-{number}", "what": "transition" if number % 2 else "fault"})
    for number in range(3000):
        events.note(
            {"id": f"m-1-{number}", **({"what": "command"}, {"what": "setting"}, {"what": "fault", "face": "http"})[number % 3]}
        )
    for one in (events, Events(tmp_path / "events.jsonl", print)):
        kinds = [event["what"] for event in one.kept]
        assert (kinds.count("transition"), kinds.count("fault") > 150, len(kinds)) == (150, True, 300 + ASKED_LIMIT)
        assert (one.number, one.dropped) == (3300, 3000 - ASKED_LIMIT)
        numbers = [int(str(event["number"])) for event in one.kept]
        assert numbers == sorted(numbers)


def test_transitions_may_have_all_of_the_table_that_commands_leave(tmp_path: Path) -> None:
    """Issue 4: event table of the last 1,000."""
    events = Events(tmp_path / "events.jsonl", print)
    events.note({"id": "m-1-1", "what": "command"})
    for number in range(2 * LIMIT):
        events.note({"id": f"1-{number}", "what": "transition"})
    assert len(events.kept) == LIMIT
    assert events.kept[0]["what"] == "command"
    assert events.note({"id": f"1-{2 * LIMIT - 1}", "what": "transition"}) is False


def test_one_author_is_slowed_down_and_others_are_not(records: Records) -> None:
    """Issue 4, C-17: a definite answer, with when to try again."""
    assert [records.too_many(ANN) for _ in range(CHANGES_AT_ONCE)] == [None] * CHANGES_AT_ONCE
    answer = records.too_many(ANN)
    assert answer is not None
    assert answer.denial is Denial.BUSY
    assert "ann (snmp) has changed or commanded 600 things in a row; now one every 5 s is taken" in answer.text
    assert 0 < int(str(answer.details["retry_after_s"])) <= 1 / CHANGES_PER_S + 1
    assert records.too_many(BOB) is None


def test_different_refusals_of_one_author_are_bounded_too_and_counted(records: Records) -> None:
    """Issue 4: the audit is bounded, and says what it left out."""
    answer = Answer(Denial.BAD_VALUE, "no")
    for number in range(500):
        records.refused("setting", ANN, "", answer, changes=[f"member.{number}.priority = 0"])
    assert records.audit.number == REFUSALS_AT_ONCE
    assert records.refused("setting", BOB, "", answer, changes=["member.7.priority = 0"])
    assert records.audit.read(1)[0]["before_not_noted"] == 500 - REFUSALS_AT_ONCE


def test_an_allowance_fills_again_with_time_and_names_cannot_be_made_up() -> None:
    """Issue 4: limits on all that a network can fill."""
    clock = Clock()
    allowance = Allowance(2, 0.5, clock)
    assert [allowance.take(ANN) for _ in range(3)] == [True, True, False]
    assert allowance.wait_s(ANN) == 2
    clock.now_s += 2
    assert [allowance.take(ANN), allowance.take(ANN)] == [True, False]
    many = [Principal(f"name {number}", "http", "", Role.OPERATOR) for number in range(2000)]
    assert sum(allowance.take(one) for one in many) <= MAX_AUTHORS + 2
    clock.now_s += 3600
    assert allowance.take(Principal("new", "http", "", Role.OPERATOR))


def test_what_goes_on_for_hours_is_told_more_and_more_seldom() -> None:
    """Issue 4: a PLC that is stuck for a week leaves some two hundred entries."""
    clock, told = Clock(), list[int]()
    again = Again(lambda same: told.append(same.times), clock)
    again.begin("key", None, 1)
    for _ in range(7 * 24 * 3600 // 10):
        clock.now_s += 10
        same = again.knows("key")
        assert same is not None
        again.count(same, {})
    assert 7 * 24 <= len(told) <= 7 * 24 + 10
    clock.now_s += LONGEST_S + FIRST_S
    assert again.knows("key") is not None  # what was counted is told now, and it has one more period
    clock.now_s += LONGEST_S + FIRST_S
    assert again.knows("key") is None
    assert sum(told) == 7 * 24 * 3600 // 10


def test_the_number_of_things_that_are_counted_is_bounded() -> None:
    """Issue 4: limits on all that a network can fill."""
    told = list[Same]()
    again = Again(told.append)
    for number in range(3 * MAX_KEYS):
        again.begin(number, None, number)
        same = again.knows(number)
        assert same is not None
        again.count(same, {"text": str(number)})
    assert [same.last["text"] for same in told] == [str(number) for number in range(2 * MAX_KEYS)]
    same = again.knows(3 * MAX_KEYS - 1)
    assert same is not None
    for _ in range(MAX_TIMES):
        again.count(same, {})
    assert len(told) == 2 * MAX_KEYS + 1
    again.close()
    assert len(told) == 3 * MAX_KEYS + 1  # the last was told when it was full, and has one more


def test_what_is_told_later_of_many_acknowledges_nothing_that_came_between() -> None:
    """Issue 4: an alarm is known only to who said so after it was raised."""
    book = AlarmBook()
    base = {"what": "command", "before": "acknowledge", "after": "done", "group": 7}
    book.note([{**base, "number": 1, "at": 10}, {**base, "number": 2, "at": 50, "times": 3}])
    assert book._known_at == {7: 10}


def test_it_needs_no_event_loop_to_count(records: Records) -> None:
    """Issue 4: what was counted is in the audit when it is over."""
    answer = Answer(Denial.CONFLICT, "Group 7 is locked.")
    noted = [records.refused("command", ANN, "", answer, verb="off", group=7) for _ in range(4)]
    assert noted == [True, False, False, False]
    records.again.close()
    entry = records.audit.read(1)[0]
    assert (entry["stage"], entry["times"], entry["text"], entry["of"]) == ("again", 3, "Group 7 is locked.", 1)
    event = records.events.kept[-1]
    assert (event["before"], event["after"], event["severity"], event["times"]) == ("off", "refused", "warning", 3)
    assert asyncio.run(records.audit.verify()).is_whole
