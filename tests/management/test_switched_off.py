"""Off is what core says it is, and what it is told again: never forgotten, never called failed while nobody knows."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.requests_model import ModelRequests
from agent.management.unit_model import UnitModel
from agent.model.answers import Answer, Denial, Order, Phase, Verb
from agent.settings.runtime_disk import FILE, write_runtime
from agent.settings.runtime_file import Override, Runtime
from tests.management.fakes import FakeCore, until
from tests.management.test_faces import ANN
from tests.settings.runtime import read_runtime
from tests.settings.sample import parse

Scenario = Callable[["Desk"], Awaitable[None]]


class Desk:
    """A real model, a real link, a core that is none, and what is on the disk."""

    def __init__(self, directory: Path, *, boot: int = 1, is_off: bool = False) -> None:
        self.directory = directory / "data"
        self.settings = parse(('data_dir = "data"', f'data_dir = "{self.directory}"'))
        memory = Memory()
        self.core = self.new_core(boot, is_off=is_off)
        self.link = CoreLink(self.settings.run_dir / "core.sock", memory, command_limit_s=1.0)
        self.model = UnitModel(self.settings, memory, self.link, print)

    def new_core(self, boot: int, *, is_off: bool) -> FakeCore:
        """It does what it is told, and says so before it answers."""
        core = FakeCore(self.settings.run_dir)
        core.boot = {"boot": boot}
        core.member["controls"] = {"off": is_off}
        core.before_reply = lambda: self.carry_out(core)
        return core

    def carry_out(self, core: FakeCore) -> None:
        verb = core.commands[-1]["verb"]
        if verb in ("off", "on") and core.outcome == "done":
            core.member["controls"] = {"off": verb == "off"}
            core.say({"member": core.member})
            core.say({"push": "end"})

    def restart_core(self, boot: int, *, is_off: bool) -> None:
        self.core.close()
        self.core = self.new_core(boot, is_off=is_off)

    async def order(self, verb: Verb, wait_s: float = 5.0) -> Answer:
        return await self.model.command(Order(verb, 7, "works"), ANN, wait_s)

    def is_off(self) -> bool:
        """On the disk."""
        return "off" in read_runtime(self.directory / FILE).of(7)

    def phase(self) -> object:
        return self.model.operations()[-1]["phase"]

    async def told(self, *words: str) -> None:
        """Until an event says so."""
        await until(lambda: any(all(word in str(event) for word in words) for event in self.model.events.kept))


def play(directory: Path, scenario: Scenario, *, boot: int = 1, is_off: bool = False) -> None:
    (directory / "data/run").mkdir(parents=True, exist_ok=True)
    desk = Desk(directory, boot=boot, is_off=is_off)

    async def run() -> None:
        running = [asyncio.create_task(desk.link.run(print)), asyncio.create_task(desk.model.run())]
        async with asyncio.timeout(10):
            await until(lambda: desk.link.is_connected and bool(desk.model.memory.members))
            await scenario(desk)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(run())
    with suppress(OSError):
        desk.core.close()


def test_an_off_that_core_has_not_answered_is_open_and_then_what_it_says(tmp_path: Path) -> None:
    """D-12, C-17: not failed, not on the disk, one at a time; when core has done it, so say operation, audit and disk."""

    async def scenario(desk: Desk) -> None:
        desk.core.is_mute = True
        answer = await desk.order(Verb.OFF, wait_s=0.5)
        assert (answer.denial, answer.phase) == (None, Phase.RUNNING)
        assert "has not ended" in answer.text
        assert (await desk.order(Verb.ON)).denial is Denial.BUSY
        assert not desk.is_off()
        desk.carry_out(desk.core)
        desk.core.say({"reply": {"id": desk.core.commands[0]["id"], "outcome": "done", "text": "switched off"}})
        await until(lambda: desk.phase() == "done")
        assert desk.is_off()
        assert (await desk.model.audit())[-1]["outcome"] == "done"
        assert desk.model.standing.runtime.of(7)["off"].author == str(ANN)

    play(tmp_path, scenario)


def test_a_command_whose_end_is_not_known_is_running_on_the_command_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-17: set-master, set-backup as they have always been asked; "failed" would be a guess. 6 s in life."""
    monkeypatch.setattr("agent.management.requests_model.WAIT_S", 0.2)

    async def scenario(desk: Desk) -> None:
        desk.core.is_mute = True
        answer = await ModelRequests(desk.model).legacy(Verb.SET_MASTER, {"group": 7}, ANN)
        assert (answer["outcome"], "Its end is not known yet" in str(answer["text"])) == ("running", True)

    play(tmp_path, scenario)


def test_an_off_that_core_calls_too_late_has_failed_and_leaves_nothing(tmp_path: Path) -> None:
    """C-17, D-26."""

    async def scenario(desk: Desk) -> None:
        desk.core.is_mute = True
        await desk.order(Verb.OFF, wait_s=0.5)
        late = "core was held up until nobody waited for this command any more; it was not carried out"
        desk.core.say({"reply": {"id": desk.core.commands[0]["id"], "outcome": "failed", "text": late}})
        await until(lambda: desk.phase() == "failed")
        assert desk.model.operations()[-1]["text"] == late
        assert not desk.is_off()

    play(tmp_path, scenario)


def test_an_off_that_never_left_says_so(tmp_path: Path) -> None:
    """C-17: nothing was done."""

    async def scenario(desk: Desk) -> None:
        desk.core.close()
        await until(lambda: not desk.link.is_connected)
        answer = await desk.order(Verb.OFF)
        assert (answer.denial, "nothing was done" in answer.text) == (Denial.FAILED, True)

    play(tmp_path, scenario)


def test_an_off_that_died_with_core_has_failed_and_the_next_core_is_on(tmp_path: Path) -> None:
    """C-17: what the old core had done of it nobody was told; the answer is made true."""

    async def scenario(desk: Desk) -> None:
        desk.core.is_mute = True
        await desk.order(Verb.OFF, wait_s=0.1)
        desk.carry_out(desk.core)
        desk.restart_core(2, is_off=False)
        await until(lambda: desk.phase() == "failed")
        assert "will not be carried out" in str(desk.model.operations()[-1]["text"])
        assert (desk.is_off(), desk.core.commands) == (False, [])

    play(tmp_path, scenario)


def test_a_core_that_comes_up_on_is_switched_off_again(tmp_path: Path) -> None:
    """D-12: whatever it found on the disk. Without force: it silences no output that nobody takes."""

    async def scenario(desk: Desk) -> None:
        assert (await desk.order(Verb.OFF)).denial is None
        desk.restart_core(2, is_off=False)
        await desk.told("has started without knowing that group 7 is switched off", "told again")
        assert [(command["verb"], command.get("forced")) for command in desk.core.commands] == [("off", None)]
        assert desk.is_off()
        assert (await desk.order(Verb.ON)).denial is None
        assert not desk.is_off()

    play(tmp_path, scenario)


def test_a_core_that_refuses_to_be_switched_off_again_is_an_alarm_until_it_is(tmp_path: Path) -> None:
    """D-12, C-07."""

    async def scenario(desk: Desk) -> None:
        await desk.order(Verb.OFF)
        desk.restart_core(2, is_off=False)
        desk.core.outcome = "refused"
        await until(lambda: bool(desk.model.switched_off.faults))
        assert "Group 7 is to be switched off (ann (snmp 10.0.0.9)), and core does not do it" in str(
            desk.model.switched_off.faults
        )
        assert desk.is_off()
        desk.core.outcome = "done"
        desk.core.say({"push": "end"})
        await until(lambda: not desk.model.switched_off.faults)

    play(tmp_path, scenario)


def test_what_core_did_while_management_was_away_is_noted(tmp_path: Path) -> None:
    """D-12, C-17: management died between core's doing and the disk; core knows."""

    async def scenario(desk: Desk) -> None:
        await until(desk.is_off)
        await desk.told("core says that group 7 is switched off")
        assert desk.core.commands == []

    play(tmp_path, scenario, is_off=True)


def test_what_is_on_the_disk_and_not_so_is_put_right_too(tmp_path: Path) -> None:
    """C-17: the first core that a management meets is believed."""
    (tmp_path / "data/run").mkdir(parents=True)
    write_runtime(tmp_path / "data" / FILE, Runtime({7: {"off": Override(True)}}))

    async def scenario(desk: Desk) -> None:
        await until(lambda: not desk.is_off())

    play(tmp_path, scenario)


def test_off_on_a_full_disk_is_done_said_and_kept_when_there_is_room(tmp_path: Path) -> None:
    """C-12: on-air safety first."""

    async def scenario(desk: Desk) -> None:
        in_the_way = desk.directory / f".{FILE}.new"
        in_the_way.mkdir()
        answer = await desk.order(Verb.OFF)
        assert (answer.denial, "It cannot be saved now" in answer.text, desk.is_off()) == (None, True, False)
        in_the_way.rmdir()
        desk.restart_core(2, is_off=False)
        await until(lambda: desk.is_off() and desk.core.member["controls"] == {"off": True})

    play(tmp_path, scenario)
