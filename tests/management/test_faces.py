"""Faces live alone: one that fails is told once, tried again, and disturbs nobody. The unit's model, asked without a socket."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from agent.management import records
from agent.management.audit import Audit
from agent.management.events import Events
from agent.management.face_news import EVENTS_AT_ONCE, FaceNews
from agent.management.faces import Face, faces_of, keep_face, run_faces
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.records import Records
from agent.management.unit_model import UnitModel
from agent.model.answers import Change, Denial, Order, Phase, Principal, Role, Verb
from agent.model.arbiter import Model
from tests.management.fakes import FakeCore, eventually, running_unit, until
from tests.model.fake import FakeModel
from tests.settings.sample import SAMPLE, parse

ANN = Principal("ann", "snmp", "10.0.0.9", Role.OPERATOR)
VIC = Principal("vic", "snmp", "10.0.0.8", Role.VIEWER)


@pytest.fixture
def face(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An empty module that faces.py can import."""
    module = ModuleType("a_face")
    monkeypatch.setitem(sys.modules, "a_face", module)
    return module


def test_a_face_that_fails_is_told_once_and_once_that_it_is_back(face: ModuleType) -> None:
    """House style 12: an adapter may die alone; it says so once, and once when it is back."""
    told: list[str] = []
    lives: list[int] = []

    async def serve(_model: Model, _settings: object, _tell: Callable[[str], None]) -> None:
        lives.append(1)
        if len(lives) < 4:
            raise OSError("port 161 is taken by snmpd; set [snmp] port")
        await asyncio.Event().wait()

    face.__dict__["serve"] = serve

    async def scenario() -> None:
        task = asyncio.create_task(keep_face(Face("snmp", "a_face", None), FakeModel(), told.append, first_delay_s=0.01))
        async with asyncio.timeout(10):
            await until(lambda: len(told) == 2)
        task.cancel()

    asyncio.run(scenario())
    assert told == ["snmp: port 161 is taken by snmpd; set [snmp] port; it is tried again", "snmp is back"]
    assert len(lives) == 4


def test_one_face_that_cannot_live_leaves_the_others_alone(face: ModuleType) -> None:
    lived = asyncio.Event()

    async def serve(_model: Model, _settings: object, _tell: Callable[[str], None]) -> None:
        lived.set()
        await asyncio.Event().wait()

    face.__dict__["serve"] = serve
    told: list[str] = []

    async def scenario() -> None:
        faces = [Face("odd", "there_is_no_such_module", None), Face("good", "a_face", None)]
        task = asyncio.create_task(run_faces(faces, FakeModel(), told.append, first_delay_s=60))
        async with asyncio.timeout(10):
            await lived.wait()
            await until(lambda: bool(told))
        assert not task.done()
        task.cancel()

    asyncio.run(scenario())
    assert told == ["odd: ModuleNotFoundError: No module named 'there_is_no_such_module'; it is tried again"]


def test_faces_are_those_of_the_settings() -> None:
    assert [one.name for one in faces_of(parse())] == ["http"]
    more = '\n[snmp]\nusers_file = "u"\n[modbus]\n'
    assert [one.name for one in faces_of(parse(extra=more))] == ["http", "snmp", "modbus"]


def model_of(directory: Path) -> UnitModel:
    """Nobody runs it, and core is not there."""
    settings = parse(('data_dir = "data"', f'data_dir = "{directory}"'))
    memory = Memory()
    return UnitModel(settings, memory, CoreLink(directory / "core.sock", memory), print)


def test_a_viewer_changes_nothing_and_commands_nothing(tmp_path: Path) -> None:
    """C-20: any place, but a principal with the role operator."""
    model = model_of(tmp_path)
    change, order = Change("member", (7,), "priority", 200), Order(Verb.SET_MASTER, 7)

    async def scenario() -> None:
        answers = [await model.set([change], VIC), await model.command(order, VIC)]
        assert [answer.denial for answer in answers] == [Denial.NOT_ALLOWED] * 2
        assert all("C-20" in answer.text for answer in answers)

    asyncio.run(scenario())
    assert model.object_to([change], ANN) is None
    assert model.object_to_order(order, ANN) is None
    assert [entry["stage"] for entry in asyncio.run(model.audit())] == ["refused", "refused"]


def test_no_action_does_nothing(tmp_path: Path) -> None:
    """Issue 4: noAction; Cisco's RFAction."""
    answer = asyncio.run(model_of(tmp_path).command(Order(Verb.NO_ACTION, 7), ANN))
    assert (answer.denial, answer.phase, answer.operation) == (None, Phase.DONE, 0)


@pytest.mark.parametrize("group", [-1, 8, 256])
def test_a_group_without_a_seat_is_unknown(tmp_path: Path, group: int) -> None:
    """S-18."""
    model = model_of(tmp_path)
    refused = model.object_to_order(Order(Verb.SET_MASTER, group), ANN)
    assert refused
    assert refused.denial is Denial.UNKNOWN
    assert model.object_to([Change("member", (group,), "priority", 3)], ANN) is not None


def test_who_asked_may_go_away_and_the_command_goes_on(tmp_path: Path) -> None:
    """A client that is cut off must not leave a changeover half-way; and `wait_s` 0 answers at once (Modbus, SNMP)."""
    (tmp_path / "data/run").mkdir(parents=True)
    core = FakeCore(tmp_path / "data/run")
    settings = parse(('data_dir = "data"', f'data_dir = "{tmp_path}/data"'))

    async def scenario() -> None:
        memory = Memory()
        link = CoreLink(settings.run_dir / "core.sock", memory)
        model = UnitModel(settings, memory, link, print)
        running = [asyncio.create_task(link.run(print)), asyncio.create_task(model.run())]
        async with asyncio.timeout(10):
            await until(lambda: link.is_connected and bool(core.adjusts))
            core.is_mute = True
            answer = await model.command(Order(Verb.SET_MASTER, 7), ANN, wait_s=0)
            assert (answer.phase, answer.denial) == (Phase.RUNNING, None)
            busy = await model.command(Order(Verb.SET_BACKUP, 7), VIC_MAY)
            assert (busy.denial, busy.running) == (Denial.BUSY, answer.operation)
            await until(lambda: bool(core.commands))
            core.say({"reply": {"id": core.commands[-1]["id"], "outcome": "done", "text": "master here"}})
            await until(lambda: model.operations()[-1]["phase"] == "done")
            changing = asyncio.create_task(model.set([Change("member", (7,), "priority", 200)], ANN))
            await asyncio.sleep(0)
            changing.cancel()
            await until(lambda: "priority" in model.standing.runtime.of(7))
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(scenario())
    core.close()


VIC_MAY = Principal("vic", "modbus", "10.0.0.8", Role.OPERATOR)


def test_whoever_waits_for_changes_gets_the_newest(tmp_path: Path) -> None:
    """A slow reader misses those between and never blocks anybody."""
    model = model_of(tmp_path)

    async def scenario() -> None:
        running = asyncio.create_task(model.run())
        changes = model.changes()
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0.01)
        for priority in (201, 202, 203):
            await model.set([Change("member", (7,), "priority", priority)], ANN)
        async with asyncio.timeout(10):
            view = await first
            while view.row("unit", ()) is None or len(view.tables["event"]) < 3:
                view = await anext(changes)
        assert [row["after"] for row in view.tables["event"].values()] == ["201", "202", "203"]
        assert view.is_stale
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())


def news_of(directory: Path) -> tuple[FaceNews, Records, list[str], list[int]]:
    records = Records(Audit(directory / "audit", 1000, print), Events(directory / "events.jsonl", print))
    told, changed = list[str](), list[int]()
    return FaceNews(records, told.append, lambda: changed.append(1)), records, told, changed


def test_the_trouble_of_a_face_is_an_event_and_in_status_until_it_is_over(tmp_path: Path) -> None:
    """Issue 4: it was told on stderr only; nobody reads that at 3 a.m."""
    news, records, told, changed = news_of(tmp_path)
    text = "modbus over TLS: port 802 of 0.0.0.0 is taken by another process; it is tried again"
    news.tell(text)
    event = records.events.kept[-1]
    assert (event["what"], event["name"], event["severity"], event["text"]) == ("fault", "modbus", "warning", text)
    assert (told, changed, news.standing()["modbus over TLS"]["text"]) == ([text], [1], text)
    news.tell("modbus is back")
    assert news.standing()
    news.tell("modbus over TLS is back")
    assert (records.events.kept[-1]["severity"], news.standing()) == ("none", {})


def test_what_a_client_can_cause_again_and_again_is_a_few_events(tmp_path: Path) -> None:
    """Issue 4: limits on all that a network can fill."""
    news, records, told, _ = news_of(tmp_path)
    for number in range(500):
        news.tell("http: a request was answered 500")
        news.tell(f"modbus: 10.0.0.{number} is turned away")
    assert len(told) == 1000
    assert len(records.events.kept) == 1 + EVENTS_AT_ONCE
    assert records.audit.number == 0


def test_a_face_that_cannot_open_its_port_is_seen_with_the_command_line(tmp_path: Path) -> None:
    """Issue 4: `understudy events` and `status`."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = f'{SAMPLE}\n[modbus]\naddress = ["127.0.0.1"]\nport = {port}\n'
        with running_unit(tmp_path, text) as unit:
            eventually(lambda: "modbus" in unit.ask(verb="status")["faces"])
            assert f"port {port} of 127.0.0.1 is taken" in unit.ask(verb="events")["events"][-1]["text"]
            shown = subprocess.run(
                [sys.executable, "-m", "agent", "status", "-c", str(unit.file)], capture_output=True, text=True, check=False
            )
            assert f"face modbus: port {port} of 127.0.0.1 is" in shown.stdout


def test_who_changes_too_much_is_busy_and_what_changes_nothing_never_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 4, C-17: resourceUnavailable, 06, 429 and exit code 4 are made of this answer; others go on."""
    monkeypatch.setattr(records, "CHANGES_AT_ONCE", 3)
    model = model_of(tmp_path)

    async def scenario() -> None:
        for priority in (201, 202, 203):
            assert (await model.set([Change("member", (7,), "priority", priority)], ANN)).denial is None
        busy = [await model.set([Change("member", (7,), "priority", 204)], ANN), await model.command(Order(Verb.OFF, 7), ANN)]
        assert [answer.denial for answer in busy] == [Denial.BUSY] * 2
        assert all("ann (snmp) has changed or commanded 3 things in a row" in answer.text for answer in busy)
        assert (await model.set([Change("member", (7,), "priority", 203)], ANN)).text.startswith("Nothing to change")
        assert (await model.set([Change("member", (7,), "priority", 204)], VIC_MAY)).denial is None
        said = [(entry["stage"], entry.get("outcome")) for entry in await model.audit()]
        assert said[-5:] == [("refused", "busy"), ("refused", "busy"), ("unchanged", "done"), ("asked", None), ("ended", "done")]

    asyncio.run(scenario())
