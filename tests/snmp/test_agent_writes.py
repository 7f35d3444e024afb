"""SET by net-snmp's own tools: settings, commands, all or nothing, one answer for one request."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from agent.management.snmp.ber import integer, object_id, wrap
from agent.model.answers import Answer, Change, Denial, Order, Phase, Principal, Verb
from tests.model.fake import FakeModel
from tests.snmp.site import (
    COMMAND,
    INTERVAL,
    LOCALHOST,
    MEMBER,
    PREEMPT,
    PRIORITY,
    REASON,
    SEMAPHORE,
    Site,
    Wire,
    fresh_view,
    running,
)


def test_settings_of_a_member_are_set_and_read_back(site: Site) -> None:
    """S-03, S-09, S-32: priority, preempt and advertisement interval, in one SET."""
    said = site.v3("snmpset", PRIORITY, "u", "255", PREEMPT, "i", "1", INTERVAL, "u", "500")
    assert said.splitlines()[0] == f".{PRIORITY} = Gauge32: 255"
    found = site.v2c("snmpget", PRIORITY, PREEMPT, INTERVAL).splitlines()
    assert [line.rpartition(": ")[2] for line in found] == ["255", "1", "500"]
    assert len(site.model.changed) == 1


def test_v2c_writes_from_a_named_address_only(tmp_path: Path) -> None:
    """C-20: off by default (row 1 of the pitfalls); on for addresses of the settings, and audited by the community's label."""
    with running(tmp_path, v2c_write_from=LOCALHOST) as site:
        assert "Gauge32: 9" in site.v2c("snmpset", PRIORITY, "u", "9", community="named")
        assert str(site.model.changed[0][1]) == "nms (snmp 127.0.0.1)"


def test_a_command_is_given_and_reads_back_as_no_action(site: Site) -> None:
    """S-25: forced switchback by SET. The reason goes with it to the audit."""
    said = site.v3("snmpset", COMMAND, "i", "3", REASON, "s", "repaired: back to main")
    assert "Error" not in said
    order = Order(Verb.SET_BACKUP, 7, "repaired: back to main")
    assert [(given, str(who), wait_s) for given, who, wait_s in site.model.orders] == [(order, "ops (snmp 127.0.0.1)", 0.3)]
    assert site.v2c("snmpget", COMMAND).endswith("INTEGER: 1\n")


def test_no_action_does_nothing(site: Site) -> None:
    """Written back by managers that restore what they have read."""
    assert "Error" not in site.v3("snmpset", COMMAND, "i", "1")
    assert site.model.orders == []


def test_a_reason_that_waits_is_left_to_the_arbiter(site: Site) -> None:
    """The row shows it to all; whose it is, and whether it was used, only the arbiter knows (one use, same author, 300 s)."""
    site.v3("snmpset", REASON, "s", "planned work")
    assert "planned work" in site.v2c("snmpget", REASON)
    site.v3("snmpset", COMMAND, "i", "2")
    assert site.model.orders[0][0] == Order(Verb.SET_MASTER, 7, "")


def test_a_changeover_that_takes_long_is_answered_and_polled(site: Site) -> None:
    """C-17: noError within 0.3 s; the operation columns say how it goes on, and how it ends."""
    site.model.phase = Phase.RUNNING
    assert "Error" not in site.v3("snmpset", COMMAND, "i", "2")
    operation = [f"{MEMBER}.{column}.7" for column in (92, 93, 94)]
    assert [line.rpartition(": ")[2] for line in site.v2c("snmpget", *operation).splitlines()] == ["1", "2", "2"]
    site.model.end(7, Phase.DONE, Verb.SET_MASTER)
    assert site.v2c("snmpget", operation[2]).endswith("INTEGER: 3\n")


@pytest.mark.parametrize(
    ("denial", "status"),
    [
        (Denial.BAD_VALUE, "wrongValue"),
        (Denial.NOT_ALLOWED, "noAccess"),
        (Denial.CONFLICT, "inconsistentValue"),
        (Denial.BUSY, "resourceUnavailable"),
        (Denial.FAILED, "commitFailed"),
    ],
)
def test_every_denial_has_its_status(site: Site, denial: Denial, status: str) -> None:
    """C-17: of settings and of commands alike; a locked member, one that is busy, a core that is away."""
    site.model.refusals |= {"preempt": Answer(denial, "as the test wants"), Verb.OFF: Answer(denial, "as the test wants")}
    said = site.v3("snmpset", PRIORITY, "u", "9", PREEMPT, "i", "1")
    assert f"Reason: {status}" in said
    assert f"Failed object: .{PREEMPT}" in said
    assert f"Reason: {status}" in site.v3("snmpset", COMMAND, "i", "5")
    assert site.model.changed == []
    assert site.model.orders == []


def test_settings_and_command_in_one_set_are_all_or_nothing(site: Site) -> None:
    """All is tested before anything is done; then settings first."""
    site.model.refusals[Verb.OFF] = Answer(Denial.CONFLICT, "locked")
    assert "inconsistentValue" in site.v3("snmpset", PRIORITY, "u", "9", COMMAND, "i", "5")
    assert site.model.changed == []
    assert "Error" not in site.v3("snmpset", COMMAND, "i", "4", PRIORITY, "u", "9")
    assert [change.value for change in site.model.changed[0][0]] == [9]
    assert site.model.orders[0][0].verb is Verb.FORCE_MASTER


class LateRefusal(FakeModel):
    """Accepts a command when asked, and refuses it when it is given."""

    async def command(self, order: Order, principal: Principal, wait_s: float = 5.0) -> Answer:  # noqa: ARG002
        return Answer(Denial.BUSY, "another operation has begun", running=4)


def test_settings_are_taken_back_when_the_command_with_them_is_refused_late(tmp_path: Path) -> None:
    """Somebody else was quicker between the test and the command: the SET has done nothing."""
    with running(tmp_path, LateRefusal(fresh_view())) as site:
        assert "resourceUnavailable" in site.v3("snmpset", PRIORITY, "u", "9", COMMAND, "i", "2")
        assert site.v2c("snmpget", PRIORITY).endswith("Gauge32: 254\n")
        assert [change.value for changes, _, _ in site.model.changed for change in changes] == [9, 254]


def test_two_commands_in_one_set_are_refused(site: Site) -> None:
    """All or nothing cannot be promised of two changeovers."""
    assert "resourceUnavailable" in site.v3("snmpset", COMMAND, "i", "2", f"{MEMBER}.90.9", "i", "2")
    assert site.model.orders == []


def test_the_same_object_twice_is_refused(site: Site) -> None:
    """Which of the two would be meant?"""
    said = site.v3("snmpset", PRIORITY, "u", "9", PRIORITY, "u", "10")
    assert "inconsistentValue" in said
    assert site.model.changed == []


def test_two_managers_at_once_one_wins(site: Site) -> None:
    """The write semaphore: who comes second with the number that the first has used gets a definite error."""

    def manager(value: str) -> str:
        return site.v3("snmpset", SEMAPHORE, "i", "1", PRIORITY, "u", value)

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(manager, ("10", "20")))
    assert sum("inconsistentValue" in answer for answer in said) == 1
    assert sum("Error" not in answer for answer in said) == 1
    assert len(site.model.changed) == 1
    assert site.v2c("snmpget", SEMAPHORE).endswith("INTEGER: 2\n")


def test_a_request_that_is_sent_again_acts_once(site: Site) -> None:
    """Same request id, same source, within 10 s: the same answer again, and not a second changeover."""
    wire = Wire(site)
    try:
        request = v2c_set(4711)
        first = wire.ask(request)
        assert wire.ask(request) == first
        assert len(site.model.orders) == 1
        wire.ask(v2c_set(4712))
        assert len(site.model.orders) == 2
    finally:
        wire.close()


def v2c_set(request_id: int) -> bytes:
    """The command set_master to group 7."""
    name = object_id(tuple(map(int, COMMAND.split("."))))
    varbinds = wrap(0x30, wrap(0x30, name + integer(2)))
    return wrap(0x30, integer(1) + wrap(4, b"public") + wrap(0xA3, integer(request_id) + integer(0) * 2 + varbinds))


class SlowModel(FakeModel):
    """A disk that takes its time."""

    gate = threading.Event()

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str = "") -> Answer:
        await asyncio.to_thread(self.gate.wait, 60)
        return await super().set(changes, principal, reason)


def test_reads_go_on_while_a_set_waits(tmp_path: Path) -> None:
    """And a manager that asks again meanwhile does not set twice."""
    model = SlowModel(fresh_view())
    with running(tmp_path, model, v2c_write_from=LOCALHOST) as site, ThreadPoolExecutor(1) as pool:
        reads = int(site.v2c("snmpget", "1.3.6.1.2.1.11.1.0").split()[-1])
        waiting = pool.submit(site.v2c, "snmpset", PRIORITY, "u", "9", options=("-t", "0.2", "-r", "200"))
        for own in count(1):
            packets, priority = site.v2c("snmpget", "1.3.6.1.2.1.11.1.0", PRIORITY).splitlines()
            assert priority.endswith("254")
            if int(packets.split()[-1]) - reads - own >= 3:
                break
        model.gate.set()
        assert "Gauge32: 9" in waiting.result(60)
        assert len(model.changed) == 1
