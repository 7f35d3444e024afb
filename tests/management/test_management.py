"""The management process, real, beside a fake core: it answers definitely and nobody can hurt it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.management.client import NotRunning, ask
from agent.management.control import ControlServer
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.orphan import until_orphaned
from agent.management.questions import COMMAND_LIMIT_S
from agent.management.requests import Requests
from agent.management.unit_model import UnitModel
from agent.settings import keygen
from agent.settings.keyfile import load_key_list
from tests.management.fakes import FakeCore, Json, Unit, eventually, is_alive, pss_kb, running_unit, until
from tests.settings.sample import SAMPLE, parse


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    """Management and a fake core, connected."""
    with running_unit(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    """One for all tests that leave it as it was."""
    with running_unit(tmp_path_factory.mktemp("shared")) as running:
        yield running


def raw(unit: Unit) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(unit.control))
    return connection


def test_status_is_of_now_and_passes_unknown_fields_through(unit: Unit) -> None:
    """C-01: designation and role are two fields. C-18: status carries its age."""
    unit.core.member["last_transition"]["at_ns"] = time.monotonic_ns() - 60_000_000_000
    status = unit.ask(verb="status")
    member = status["members"][0]
    assert (status["stale"], status["core_connected"]) == (False, True)
    assert status["age_ms"] < 1000
    assert (member["designation"], member["role"], member["fenced"]) == ("main", "backup", True)
    assert member["of_a_later_version"] == {"passes": ["through", 1.5, None]}
    assert status["devices"] == {"rx": {"pps": 1}}
    assert abs(_age_s(member["last_transition"]["time"]) - 60) < 2


def _age_s(text: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()


def test_each_status_asks_core_again(unit: Unit) -> None:
    unit.ask(verb="status")
    unit.core.member["role"] = "master"
    assert unit.ask(verb="status")["members"][0]["role"] == "master"


def test_status_of_a_core_that_does_not_answer_is_the_last_known(unit: Unit) -> None:
    """C-18: older than it should be shows as stale, with its age."""
    unit.ask(verb="status")
    unit.core.is_mute = True
    started_s = time.monotonic()
    status = unit.ask(verb="status")
    assert 0.9 < time.monotonic() - started_s < 5
    assert status["stale"] is True
    assert status["age_ms"] >= 900
    assert status["members"][0]["group"] == 7


def test_a_packet_of_core_that_cannot_be_read_is_counted_and_the_snapshot_is_not_of_now(unit: Unit) -> None:
    """C-18: 70 KiB are cut off at 64, so a member of this snapshot may be of yesterday."""
    assert unit.ask(verb="status")["unreadable_packets"] == 0
    unit.core.member["text"] = "x" * 70_000
    status = unit.ask(verb="status")
    assert (status["unreadable_packets"], status["stale"], status["core_connected"]) == (1, True, True)
    del unit.core.member["text"]
    status = unit.ask(verb="status")
    assert (status["unreadable_packets"], status["stale"]) == (1, False)


def test_alarms_are_dated_too() -> None:
    """They are a list; `at_ns` of a peer or alarm would else never become UTC."""
    memory = Memory(monotonic_ns=lambda: 5_000_000_000, wall_ns=lambda: 1_700_000_005_000_000_000)
    memory.take({"member": {"group": 7, "alarms": [{"name": "split_brain", "raised_at_ns": 1_000_000_000}, 3]}})
    assert memory.members[7]["alarms"] == [
        {"name": "split_brain", "raised_at_ns": 1_000_000_000, "raised_at": "2023-11-14T22:13:21.000Z"},
        3,
    ]


@pytest.mark.parametrize("verb", ["set-master", "set-backup"])
@pytest.mark.parametrize("outcome", ["done", "refused", "busy", "failed"])
def test_a_command_gets_the_definite_answer_of_core(shared: Unit, verb: str, outcome: str) -> None:
    """S-25, C-17, D-26: done, refused, busy or failed, with words; never silence."""
    shared.core.outcome = outcome
    answer = shared.ask(verb=verb, group=7, forced=True)
    assert answer == {"outcome": outcome, "text": "as the test wants"}
    command = shared.core.commands[-1]
    assert (command["verb"], command["group"], command["forced"], command["override"]) == (verb, 7, True, False)
    assert command["author"].endswith(" (cli)")


def test_a_command_says_until_when_it_may_be_begun(shared: Unit) -> None:
    """C-17, D-26: a core that was held up must not carry out what nobody waits for any more."""
    before_ns = time.monotonic_ns()
    shared.ask(verb="set-backup", group=7)
    expires_at_ns = shared.core.commands[-1]["expires_at_ns"]
    assert 0 <= expires_at_ns - before_ns - int(COMMAND_LIMIT_S * 1e9) < 1_000_000_000


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[FakeCore]:
    """A core that reads and says nothing."""
    (tmp_path / "run").mkdir()
    core = FakeCore(tmp_path / "run")
    core.is_mute = True
    yield core
    with suppress(OSError):
        core.close()


def commanded(directory: Path, scenario: Callable[[asyncio.Task[Json]], Awaitable[None]], limit_s: float = 0.1) -> Json:
    """The answer to a command that was sent; `scenario` brings it about. The time for it is 5 s in life."""

    async def run() -> Json:
        link = CoreLink(directory / "run/core.sock", Memory(), command_limit_s=limit_s)
        task = asyncio.create_task(link.run(print))
        async with asyncio.timeout(10):
            await until(lambda: link.is_connected)
            answer = asyncio.create_task(link.command({"verb": "set-master", "group": 7}))
            await asyncio.sleep(0)
            await scenario(answer)
            found = await answer
        task.cancel()
        return found

    assert COMMAND_LIMIT_S == 5.0
    return asyncio.run(run())


def asked_again(core: FakeCore) -> list[object]:
    """For the outcomes of these."""
    return [packet["id"] for packet in list(core.packets) if packet.get("ask") == "outcome"]


def test_a_command_that_core_does_not_answer_stays_open_until_it_does(tmp_path: Path, frozen: FakeCore) -> None:
    """C-17: what may have been begun is not called failed; core is asked again, and its answer counts, however late."""

    async def thaw(answer: asyncio.Task[Json]) -> None:
        await until(lambda: len(asked_again(frozen)) == 3)
        assert not answer.done()
        frozen.say({"reply": {"id": frozen.commands[0]["id"], "outcome": "done", "text": "at last"}})

    assert commanded(tmp_path, thaw) == {"outcome": "done", "text": "at last"}
    assert set(asked_again(frozen)) == {frozen.commands[0]["id"]}


def test_a_core_that_has_started_anew_says_that_it_knows_nothing_of_a_command(tmp_path: Path, frozen: FakeCore) -> None:
    """C-17: asked as soon as it is there."""

    async def restart(_answer: asyncio.Task[Json]) -> None:
        await until(lambda: bool(frozen.commands))
        frozen.close()
        FakeCore(tmp_path / "run")

    assert commanded(tmp_path, restart, limit_s=5.0)["outcome"] == "unknown"


def test_when_core_has_gone_and_the_time_is_over_a_command_will_not_be_begun(tmp_path: Path, frozen: FakeCore) -> None:
    """C-17: a definite end, also when core does not come back."""

    async def die(_answer: asyncio.Task[Json]) -> None:
        await until(lambda: bool(frozen.commands))
        frozen.close()

    answer = commanded(tmp_path, die)
    assert (answer["outcome"], "will not begin this any more" in str(answer["text"])) == ("lost", True)


def test_core_dies_while_a_command_runs(unit: Unit) -> None:
    """C-17: told as soon as core is there again, not after 5 s."""
    unit.core.is_mute = True
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(unit.ask(verb="set-master", group=7)))
    thread.start()
    eventually(lambda: unit.core.commands)
    unit.core.close()
    unit.core = FakeCore(unit.settings.run_dir)
    thread.join(2)
    assert (answers[0]["outcome"], "Core has started anew" in answers[0]["text"]) == ("failed", True)


def test_without_core_commands_fail_with_what_to_do_and_come_back_with_it(unit: Unit) -> None:
    """C-17; docs/architecture.md: any process may die alone."""
    unit.ask(verb="status")
    unit.core.close()
    eventually(lambda: unit.ask(verb="status")["core_connected"] is False)
    answer = unit.ask(verb="set-master", group=7)
    assert answer["outcome"] == "failed"
    assert "Try again" in answer["text"]
    assert unit.ask(verb="status")["stale"] is True
    unit.core = FakeCore(unit.settings.run_dir)
    eventually(lambda: unit.ask(verb="set-master", group=7)["outcome"] == "done")


@pytest.mark.parametrize(
    "request_line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"verb": "stop"}',
        b'{"verb": ["status"]}',
        b"[" * 20_000,
        b"9" * 20_000,
        b'{"verb": "set-master"}',
        b'{"verb": "set-master", "group": "7"}',
        b'{"verb": "set-master", "group": true}',
        b'{"verb": "set-master", "group": 256}',
        b'{"verb": "set-master", "group": 8}',
        b'{"verb": "set-backup", "group": 7, "forced": 1}',
        b'{"verb": "journal", "limit": 0}',
    ],
)
def test_a_bad_request_gets_a_sentence_and_the_next_one_is_served(shared: Unit, request_line: bytes) -> None:
    shared.core.packets.clear()
    with raw(shared) as connection, connection.makefile("rwb") as file:
        file.write(request_line + b"\n" + b'{"verb": "journal"}\n')
        file.flush()
        refusal = json.loads(file.readline())
        assert refusal["outcome"] == "refused"
        assert refusal["text"]
        assert json.loads(file.readline())["outcome"] == "done"
    assert not any("command" in packet for packet in shared.core.packets)


def test_a_line_over_64_kib_is_refused(shared: Unit) -> None:
    with raw(shared) as connection, connection.makefile("rb") as file:
        connection.sendall(b"x" * 70_000 + b"\n")
        assert "64 KiB" in json.loads(file.readline())["text"]
    assert shared.ask(verb="status")["outcome"] == "done"


def admitted(unit: Unit) -> socket.socket:
    """A connection that is served; earlier clients that have just left may still be counted."""
    while True:
        client = raw(unit)
        with suppress(OSError):
            client.sendall(b'{"verb": "journal"}\n')
            if json.loads(client.recv(1000))["outcome"] == "done":
                return client
        client.close()


def test_the_17th_client_is_told_to_come_again(unit: Unit) -> None:
    clients = [admitted(unit) for _ in range(16)]
    with raw(unit) as connection:
        assert json.loads(connection.recv(1000))["outcome"] == "busy"
    for client in clients:
        client.close()
    eventually(lambda: unit.ask(verb="journal")["outcome"] == "done")


def test_a_core_that_talks_nonsense_does_no_harm(unit: Unit) -> None:
    """Bad input never kills anything."""
    for nonsense in (b"\xff", b"[]", b"[" * 20_000, b'{"member": {"group": "x"}}', b'{"member": 3}', b'{"reply": 3, "unit": []}'):
        unit.core.say(nonsense)
    unit.core.say({"journal": {"at_ns": 10**30, "what": "odd"}})
    unit.core.say({"reply": {"id": "nobody's", "outcome": "done"}})
    assert unit.ask(verb="status")["members"][0]["group"] == 7


def test_the_journal_is_bounded_and_dated(unit: Unit) -> None:
    for number in range(1100):
        unit.core.say({"journal": {"number": number, "at_ns": time.monotonic_ns()}})
    eventually(lambda: unit.ask(verb="journal", limit=1)["journal"][-1:] != [] and _last(unit) == 1099)
    entries = unit.ask(verb="journal", limit=1000)["journal"]
    assert [entry["number"] for entry in entries] == list(range(100, 1100))
    assert _age_s(entries[-1]["time"]) < 5


def _last(unit: Unit) -> int:
    number: int = unit.ask(verb="journal", limit=1)["journal"][-1]["number"]
    return number


def test_reload_keys_posts_the_keys_of_the_file(unit: Unit, tmp_path: Path) -> None:
    path = tmp_path / "lan.key"
    keygen.create(path)
    key_id = keygen.add(path)
    keygen.promote(path)
    answer = unit.ask(verb="reload-keys")
    assert answer == {"outcome": "done", "text": f"2 key(s) accepted, {key_id} signs"}
    eventually(lambda: unit.core.packets[-1] == {"keys": [key.secret.hex() for key in load_key_list(path)]})
    assert unit.core.packets[-1]["keys"][0] not in unit.told()


@pytest.mark.parametrize("mode", [None, 0o620, 0o602])
def test_reload_keys_refuses_a_file_that_is_broken_or_that_others_may_write(unit: Unit, tmp_path: Path, mode: int | None) -> None:
    path = tmp_path / "lan.key"
    keygen.create(path)
    if mode is None:
        path.write_text(path.read_text() + "not a key\n")
    else:
        path.chmod(mode)
    answer = unit.ask(verb="reload-keys")
    assert answer["outcome"] == "failed"
    assert str(path) in answer["text"]
    assert not any("keys" in packet for packet in unit.core.packets)


def test_the_sockets_are_for_their_owner_alone(unit: Unit) -> None:
    assert unit.control.stat().st_mode & 0o777 == 0o600


def test_it_stops_at_once_and_needs_little_memory(unit: Unit) -> None:
    unit.ask(verb="status")
    assert pss_kb(unit.process.pid) < 40_000
    with raw(unit):  # an idle client does not hold it up
        started_s = time.monotonic()
        assert unit.stop() == 0
        assert time.monotonic() - started_s < 3


def test_a_client_that_says_nothing_is_left_after_the_idle_limit(tmp_path: Path) -> None:
    """10 s in life, 0.1 s here."""

    async def scenario() -> bytes:
        settings = parse(('data_dir = "data"', f'data_dir = "{tmp_path}"'))
        memory = Memory()
        model = UnitModel(settings, memory, CoreLink(tmp_path / "core.sock", memory), print)
        server = ControlServer(tmp_path / "c.sock", Requests(settings, model, print), idle_limit_s=0.1)
        task = asyncio.create_task(server.run())
        await until((tmp_path / "c.sock").exists)
        reader, writer = await asyncio.open_unix_connection(tmp_path / "c.sock")
        rest = await asyncio.wait_for(reader.read(), 2)
        writer.close()
        task.cancel()
        return rest

    assert asyncio.run(scenario()) == b""


def wait_for_orphan(is_core_there: Callable[[], bool], parent: int) -> bool:
    """Would management end within 0.3 s, at a limit of 0.1 s?"""

    async def scenario() -> bool:
        try:
            await asyncio.wait_for(until_orphaned(parent, is_core_there, limit_s=0.1), 0.3)
        except TimeoutError:
            return False
        return True

    return asyncio.run(scenario())


def test_management_is_of_use_as_long_as_supervisor_or_core_lives() -> None:
    """docs/architecture.md: the supervisor may die alone."""
    assert not wait_for_orphan(lambda: False, parent=os.getppid())
    assert not wait_for_orphan(lambda: True, parent=-1)
    assert wait_for_orphan(lambda: False, parent=-1)


@pytest.mark.slow
def test_management_left_alone_ends_after_10_s(tmp_path: Path) -> None:
    """It would else hold the lock of the data directory for ever. A real one, whose parent starts it and ends."""
    (tmp_path / "u.toml").write_text(SAMPLE)
    (tmp_path / "data/run").mkdir(parents=True)
    start = "import os, subprocess, sys, time; print(subprocess.Popen(sys.argv[2:], stdout=2).pid, flush=True)\n"
    start += "while not os.path.exists(sys.argv[1]): time.sleep(0.05)"
    there = str(tmp_path / "data/run/control.sock")
    command = [there, sys.executable, "-m", "agent.management", "--settings-path", str(tmp_path / "u.toml")]
    with (tmp_path / "u.toml").open("rb") as text:
        parent = subprocess.Popen([sys.executable, "-c", start, *command], stdin=text, stdout=subprocess.PIPE)
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.communicate()
    alone_s = time.monotonic()
    assert is_alive(pid)
    eventually(lambda: not is_alive(pid), limit_s=20)
    assert 8 < time.monotonic() - alone_s < 13


def test_wrong_settings_or_usage_exit_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent.management"]
    for arguments, text in (([], ""), (["--settings-path", str(tmp_path / "u.toml")], "[unit")):
        ended = subprocess.run([*command, *arguments], input=text, text=True, capture_output=True, check=False)
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr


def test_asking_nobody_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="understudy run"):
        ask(tmp_path / "none.sock", {"verb": "status"})
