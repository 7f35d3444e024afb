"""Management passes on what the handover process and core say of configuration; nobody can hold `status` up."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.management.handover import MAX_ANSWER_BYTES, NOT_CONFIGURED
from agent.management.link import CoreLink
from agent.management.memory import MAX_HEARD, Memory
from agent.management.supervisor import children_of
from agent.management.unit_model import UnitModel
from agent.model.view import View
from agent.model.words import TRACKING
from tests.management.fakes import FakeCore, Json, Unit, eventually, running_unit, until
from tests.settings.sample import POOL, SAMPLE, parse

GROUP: Json = {"group": 7, "head": None, "paired": True, "readiness": 255, "tracking": {"state": "synced", "lag_ms": 3}}
HEARD: Json = {"group": 1, "unit_id": "00000000000000aa", "name": "rx-b", "digest": "ab", "is_master": True, "age_ms": 3}


class FakeHandover:
    """A real config.sock that answers each line with `answer`; b"": it says nothing and keeps the connection."""

    def __init__(self, run_dir: Path, answer: bytes) -> None:
        self.answer, self.lines = answer, list[bytes]()
        self._kept: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(run_dir / "config.sock"))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Die; the socket's file stays, as after a kill."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in (self._listener, *self._kept):
            connection.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._kept.append(connection)
                self.lines.append(connection.recv(1000))
                with suppress(OSError):
                    connection.sendall(self.answer)
                if self.answer:
                    connection.close()


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    """Management and a fake core; [handover] is in the settings."""
    with running_unit(tmp_path_factory.mktemp("handover"), SAMPLE + POOL) as running:
        yield running


@pytest.fixture
def handover(unit: Unit) -> Iterator[FakeHandover]:
    """It says nothing until a test gives it an answer."""
    (unit.settings.run_dir / "config.sock").unlink(missing_ok=True)
    fake = FakeHandover(unit.settings.run_dir, b"")
    yield fake
    fake.close()


def test_status_says_what_the_handover_process_says(unit: Unit, handover: FakeHandover) -> None:
    """C-18: the state of the tracking is in the one status that every face shows."""
    said: Json = {"groups": [GROUP], "certificate": None, "refused": {}, "port": 7421, "of_a_later_version": [1.5, None]}
    handover.answer = json.dumps({"outcome": "done", **said}).encode() + b"\n"
    status = unit.ask(verb="status")
    assert (status["handover"], status["handover_reason"]) == (said, None)
    assert status["members"][0]["group"] == 7
    assert handover.lines == [b'{"verb": "status"}\n']


def test_a_handover_process_that_says_nothing_costs_half_a_second(unit: Unit, handover: FakeHandover) -> None:
    started_s = time.monotonic()
    status = unit.ask(verb="status")
    assert 0.4 < time.monotonic() - started_s < 2
    assert status["handover"] is None
    assert "did not answer within 0.5 s" in status["handover_reason"]
    assert len(handover.lines) == 1
    assert (status["stale"], status["members"][0]["group"]) == (False, 7)


def test_all_who_wait_share_one_question(unit: Unit, handover: FakeHandover) -> None:
    """A deaf process does not collect connections from every face."""
    threads = [threading.Thread(target=lambda: unit.ask(verb="status")) for _ in range(8)]
    started_s = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started_s < 3
    assert 1 <= len(handover.lines) <= 4


def test_without_the_process_status_says_so_and_it_comes_back(unit: Unit, handover: FakeHandover) -> None:
    """docs/architecture.md: any process may die alone."""
    handover.close()
    status = unit.ask(verb="status")
    assert status["handover"] is None
    assert "is not there (Connection refused)" in status["handover_reason"]
    (unit.settings.run_dir / "config.sock").unlink()
    assert "No such file" in unit.ask(verb="status")["handover_reason"]
    again = FakeHandover(unit.settings.run_dir, b'{"outcome": "done", "groups": []}\n')
    assert unit.ask(verb="status")["handover"] == {"groups": []}
    again.close()


@pytest.mark.parametrize(
    ("answer", "phrase"),
    [
        (b"\n", "no readable answer"),
        (b"[]\n", "no readable answer"),
        (b"\xff\n", "no readable answer"),
        (b"[" * 50_000 + b"\n", "no readable answer"),
        (b"x" * (MAX_ANSWER_BYTES + 100_000) + b"\n", "no readable answer"),
        (b"{}", "went away before it answered"),
        (b'{"outcome": "busy", "text": "Come again"}\n', "Come again"),
    ],
)
def test_a_handover_process_that_talks_nonsense_does_no_harm(
    unit: Unit, handover: FakeHandover, answer: bytes, phrase: str
) -> None:
    """Bad input never kills anything."""
    handover.answer = answer
    status = unit.ask(verb="status")
    assert status["handover"] is None
    assert phrase in status["handover_reason"]
    assert status["outcome"] == "done"


def test_status_without_the_section_says_so(tmp_path: Path) -> None:
    with running_unit(tmp_path) as plain:
        status = plain.ask(verb="status")
        assert (status["handover"], status["handover_reason"]) == (None, NOT_CONFIGURED)
        refusal = plain.ask(verb="set-master", group=1)  # S-18: with N:M off, commands for other groups are refused
        assert refusal["outcome"] == "refused"
        assert "N:M is off" in refusal["text"]


def test_commands_go_to_the_groups_that_are_protected_too(unit: Unit) -> None:
    """S-25, S-32: an nmBackup hands a group back by command; of others it knows nothing."""
    for group in (7, 200, 1, 3):
        assert unit.ask(verb="set-backup", group=group)["outcome"] == "done"
        assert unit.core.commands[-1]["group"] == group
    refusal = unit.ask(verb="set-backup", group=4)
    assert refusal == {"outcome": "refused", "text": "This unit has no seat in group 4. It has: 7, 200"}


def test_who_is_heard_is_kept_and_passed_on_untouched(unit: Unit) -> None:
    """S-19, C-18: dated, for it is told on change only."""
    for group in (3, 1):
        unit.core.say({"heard": {**HEARD, "group": group, "of_a_later_version": [None]}})
    unit.core.say({"heard": {**HEARD, "digest": "cd"}})
    eventually(lambda: len(unit.ask(verb="heard")["heard"]) == 2)
    first, second = unit.ask(verb="heard")["heard"]
    assert {key: value for key, value in first.items() if key not in ("told_at", "told_at_ns")} == {**HEARD, "digest": "cd"}
    assert abs(time.monotonic_ns() - first["told_at_ns"]) < 15_000_000_000
    assert first["told_at"].endswith("Z")
    assert (second["group"], second["of_a_later_version"]) == (3, [None])


def test_what_was_heard_is_told_anew_by_a_core_that_is_connected_again() -> None:
    memory = Memory()
    memory.take({"heard": HEARD})
    memory.begin()
    assert memory.heard == {}


def test_what_is_heard_is_bounded_and_bad_words_are_left_alone() -> None:
    memory = Memory()
    words: list[object] = [3, [], {}, {"group": True, "unit_id": "a"}, {"group": 1, "unit_id": 5}, {"group": "1", "unit_id": "a"}]
    for nonsense in words:
        memory.take({"heard": nonsense})
    assert memory.heard == {}
    for number in range(MAX_HEARD + 10):
        memory.take({"heard": {**HEARD, "unit_id": f"{number:016x}"}})
        memory.take({"heard": {**HEARD, "unit_id": f"{0:016x}"}})  # told again and again: not the oldest
    assert len(memory.heard) == MAX_HEARD
    assert (1, f"{0:016x}") in memory.heard
    assert (1, f"{1:016x}") not in memory.heard


def test_a_takeover_in_the_journal_passes_with_its_phases() -> None:
    """S-26: the time to lock is reported apart."""
    memory = Memory()
    phases = {"detected_at_ns": 1, "phases": [{"name": "loaded", "after_ms": 12}, {"name": "locked", "after_ms": 800}]}
    memory.take({"journal": {"boot": 1, "number": 1, "what": "takeover", "group": 3, **phases}})
    (entry,) = memory.journal
    assert (entry["what"], entry["phases"]) == ("takeover", phases["phases"])


def test_the_handover_process_is_started_when_it_is_in_the_settings() -> None:
    """Core first, management last: it is stopped with the rest, after core has muted."""
    children = children_of(parse(extra="[handover]\n"))
    assert [child.name for child in children] == ["core", "device rx", "handover", "recorder", "management"]
    assert children[2].command[-3:] == ["agent.handover", "--settings-path", "/etc/understudy/understudy.toml"]
    assert "handover" not in [child.name for child in children_of(parse())]


def test_a_question_stays_open_while_the_process_that_asked_it_is_away(tmp_path: Path) -> None:
    """S-25, C-18: who looks then must not read that nothing waits; how tracking stands is not known."""
    (tmp_path / "data/run").mkdir(parents=True)
    settings = parse(('data_dir = "data"', f'data_dir = "{tmp_path}/data"'), extra=POOL)
    core = FakeCore(settings.run_dir)
    opened = "2026-01-02T03:04:05.000Z"
    entry = {**GROUP, "pending": "d1", "tracking": {"state": "pending", "lag_ms": None}}
    decision = {"group": 7, "id": "d1", "relation": "diverged", "opened_at": opened}
    handover = FakeHandover(
        settings.run_dir, json.dumps({"outcome": "done", "groups": [entry], "decisions": [decision]}).encode() + b"\n"
    )
    memory = Memory()
    link = CoreLink(settings.run_dir / "core.sock", memory)
    model = UnitModel(settings, memory, link, print)

    def shown(view: View) -> tuple[object, ...]:
        row = view.tables["member"][7,]
        return row["pending_decision"], row["tracking_state"], [dict(one)["text"] for one in view.tables["decision"].values()]

    async def scenario() -> None:
        text = ["both have changed since their common ancestor"]
        running = asyncio.create_task(link.run(print))
        async with asyncio.timeout(10):
            await until(lambda: link.is_connected)
            while shown(await model.fresh(0)) != ("d1", TRACKING.words["pending"], text):
                pass  # on a busy machine it may not answer in time
            handover.close()
            (settings.run_dir / "config.sock").unlink()
            away = [shown(await model.fresh(0)) for _ in range(2)]
        running.cancel()
        assert away == [("d1", TRACKING.words["none"], text)] * 2

    asyncio.run(scenario())
    core.close()
