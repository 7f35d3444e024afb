"""Controls over run/core.sock: a real core, its LAN, and what an earlier life has left on the disk."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.settings.runtime_disk import write_runtime
from agent.settings.runtime_file import Override, Runtime
from tests.core.bystander import Bystander
from tests.core.process import GROUP, SECOND, CoreProcess, FakeWorker, Json, connect, receive
from tests.netns.harness import Lan

pytestmark = pytest.mark.netns
CONTROLS: Json = {
    "priority": 253,
    "preempt": False,
    "interval_ms": 100,
    "return_hold_ms": None,
    "attended": False,
    "maintenance": False,
    "locked": False,
}


class Manager:
    """A management process."""

    def __init__(self, core: CoreProcess) -> None:
        self.client = connect(core.socket_path, {"hello": "management", "pid": 1})
        self.until("snapshot")

    def until(self, key: str) -> list[Json]:
        """Everything up to the next message of this kind."""
        found = [receive(self.client)]
        while key not in found[-1]:
            found.append(receive(self.client))
        return found

    def adjust(self, **changes: object) -> list[Json]:
        """Up to the answer."""
        self.client.send(json.dumps({"adjust": {"id": "a1", "group": GROUP, **CONTROLS, **changes}}).encode())
        return self.until("reply")

    def command(self, verb: str, **more: object) -> Json:
        """Its answer."""
        self.client.send(json.dumps({"command": {"id": "c1", "verb": verb, "group": GROUP, **more}}).encode())
        reply: Json = self.until("reply")[-1]["reply"]
        return reply

    def outcome(self, command_id: str) -> Json:
        """Asked again."""
        self.client.send(json.dumps({"ask": "outcome", "id": command_id}).encode())
        reply: Json = self.until("reply")[-1]["reply"]
        return reply

    def member(self) -> Json:
        """As it is now."""
        self.client.send(b'{"ask": "snapshot"}')
        [member] = [message["member"] for message in self.until("snapshot") if "member" in message]
        found: Json = member
        return found


@contextmanager
def managed(core: CoreProcess) -> Iterator[Manager]:
    """Connected, and told everything."""
    manager = Manager(core)
    with closing(manager.client):
        yield manager


def test_new_controls_are_on_the_lan_in_the_snapshot_and_answered(core: CoreProcess, other: Bystander) -> None:
    """S-03, C-17: what is, is told as one whole state before the answer."""
    with FakeWorker(core.socket_path), managed(core) as manager:
        other.hear("advert")
        told = [message for message in manager.adjust(priority=200, locked=True) if "journal" not in message]
        other.forget()
        assert other.hear("advert").fields["priority"] == 200
    assert [next(iter(message)) for message in told[-3:]] == ["member", "push", "reply"]
    member, end, answer = told[-3:]
    assert member["member"]["priority"] == 200
    assert member["member"]["controls"] == CONTROLS | {
        "priority": 200,
        "locked": True,
        "maintenance_until_ns": None,
        "off": False,
    }
    assert end == {"push": "end", "revision": member["member"]["revision"]}
    assert answer["reply"] == {"id": "a1", "outcome": "done", "text": "in force"}


def test_longer_interval_keeps_the_output_open(core: CoreProcess, other: Bystander) -> None:
    """F-8, C-21: the lease never lapses on the way to the new beat."""
    with FakeWorker(core.socket_path) as worker, managed(core) as manager:
        other.hear("advert")
        manager.adjust(interval_ms=400)
        adverts = [heard for heard in other.listen(1.5) if heard.kind == "advert"]
        lapsed = [at_ns for at_ns, until_ns in worker.leases if until_ns and until_ns < at_ns]
        assert manager.member()["state"] == "master"
    assert {heard.fields["interval_ms"] for heard in adverts[-4:]} == {400}
    assert not lapsed


REFUSED: list[tuple[Json, str, str]] = [
    ({"priority": 0}, "refused", "priority 0 is not 1..255"),
    ({"interval_ms": 5}, "refused", "5 ms is not"),
    ({"group": 8}, "refused", "no seat in group 8"),
    ({"return_hold_ms": 1000}, "refused", "in N:M only"),
    ({"priority": "high"}, "failed", "priority must be a whole number"),
    ({"priority": True}, "failed", "priority must be a whole number"),
    ({"locked": 1}, "failed", "locked must be true or false"),
    ({"group": "7"}, "failed", "needs an id and a group"),
    ({"return_hold_ms": 1.5}, "failed", "return_hold_ms must be a whole number"),
]


def test_what_cannot_be_has_a_definite_answer_and_changes_nothing(core: CoreProcess) -> None:
    """C-17: one revision less than nothing."""
    with managed(core) as manager:
        before = manager.member()
        for changes, outcome, says in REFUSED:
            answer = manager.adjust(**changes)[-1]["reply"]
            assert (answer["id"], answer["outcome"]) == ("a1", outcome), changes
            assert says in answer["text"]
        after = manager.member()
    assert (after["controls"], after["revision"]) == (before["controls"], before["revision"])


def test_off_and_on_by_command(core: CoreProcess, other: Bystander) -> None:
    """D-12, C-12: silent on the LAN; then it begins anew."""
    with FakeWorker(core.socket_path), managed(core) as manager:
        other.hear("advert")
        assert manager.command("off")["outcome"] == "refused"
        answer = manager.command("off", forced=True)
        assert answer["outcome"] == "done"
        assert manager.member()["alarms"][0]["name"] == "off_on_air"
        other.forget()
        assert other.listen(0.5) == []
        other.say("claim")
        other.forget()
        assert manager.until("push")
        member = manager.member()
        assert (member["state"], member["controls"]["off"]) == ("off", True)
        assert manager.command("on")["outcome"] == "done"
        assert other.hear("beacon", "question")
        assert manager.command("acknowledge") == {"id": "c1", "outcome": "done", "text": "there is nothing to clear"}


def test_who_has_not_heard_how_a_command_ended_asks_again(core: CoreProcess, other: Bystander) -> None:
    """C-17, D-26: an answer that was lost is told again, also to a management that has come since; what never came is unknown."""
    with FakeWorker(core.socket_path):
        other.hear("advert")
        with managed(core) as manager:
            answer = manager.command("off", expires_at_ns=time.monotonic_ns() - 1)
            assert (answer["outcome"], "it was not carried out" in answer["text"]) == ("failed", True)
            manager.adjust(priority=200)
        with managed(core) as later:
            assert later.outcome("c1") == answer
            assert later.outcome("c2")["outcome"] == "unknown"
            later.client.send(json.dumps({"command": {"id": "c2", "verb": "off", "group": GROUP, "forced": True}}).encode())
            done = later.until("reply")[-1]["reply"]
            assert (later.outcome("c2"), done["outcome"]) == (done, "done")


@pytest.fixture
def left_over(lan: Lan, tmp_path: Path) -> Iterator[CoreProcess]:
    """A core that finds what was set in an earlier life."""
    (tmp_path / "run").mkdir()
    until_ns = time.time_ns() + 3600 * SECOND
    set_before = {
        "priority": Override(240, file=253),
        "off": Override(True),
        "locked": Override(True),
        "maintenance": Override(until_ns),
    }
    write_runtime(tmp_path / "runtime.json", Runtime({GROUP: set_before, 9: {"locked": Override(True)}}))
    with CoreProcess(lan, tmp_path, priority=253) as made:
        yield made


def test_what_was_set_at_run_time_survives_a_restart_of_core(left_over: CoreProcess, other: Bystander) -> None:
    """C-12, C-13, C-17: from the first moment, whether or not there is a management."""
    with FakeWorker(left_over.socket_path):
        assert other.listen(1.0) == []
        with managed(left_over) as manager:
            member = manager.member()
    controls = member["controls"]
    assert controls["maintenance_until_ns"] - time.monotonic_ns() == pytest.approx(3600 * SECOND, abs=60 * SECOND)
    del controls["maintenance_until_ns"]
    assert controls == CONTROLS | {"priority": 240, "off": True, "locked": True, "maintenance": True}
    assert (member["state"], [alarm["name"] for alarm in member["alarms"]]) == ("off", ["maintenance"])
