"""A refused SET leaves what was set before as it was: owner, since when, until when, why."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.management.arbiter_restore import Kept, kept_of, restored
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.unit_model import UnitModel
from agent.model.answers import Change, Denial, Principal, Role
from agent.settings.runtime_disk import FILE
from agent.settings.runtime_file import Override, Runtime
from tests.management.fakes import FakeCore, until
from tests.settings.runtime import read_runtime
from tests.settings.sample import parse

OLD = Override(1 << 60, None, "nms", "snmp", "192.0.2.1", "LNB swap", 5)
NEW = Override(1 << 61, None, "bob", "snmp", "192.0.2.2", "", 9)


def test_maintenance_of_another_is_restored_with_its_owner_and_end() -> None:
    """And the priority, which nobody had set, is the file's again; what others set meanwhile stays."""
    before = Runtime({7: {"maintenance": OLD}}, masters={7: "a" * 8})
    changes = [Change("member", (7,), name, True) for name in ("maintenance", "priority", "auto_lock")]
    kept = kept_of(
        before, [*changes, Change("unit", (), "write_semaphore", 1), Change("unit", (), "notifications_enabled", False)]
    )
    set_by_others = {8: {"locked": NEW}}
    after = Runtime({7: {"maintenance": NEW, "priority": NEW}, **set_by_others}, {"notifications_enabled": NEW}, 3)
    found = restored(after, kept)
    assert found == Runtime({7: {"maintenance": OLD}, **set_by_others}, {}, 3, {7: "a" * 8})


NMS, BOB, ANN = (Principal(name, "snmp", f"192.0.2.{last}", Role.OPERATOR) for last, name in enumerate(("nms", "bob", "ann"), 1))
Scenario = Callable[[UnitModel, FakeCore], Awaitable[None]]


def with_model(directory: Path, scenario: Scenario) -> None:
    """A real model over a real link to a core that is none."""
    (directory / "data/run").mkdir(parents=True)
    core = FakeCore(directory / "data/run")
    settings = parse(('data_dir = "data"', f'data_dir = "{directory}/data"'))

    async def run() -> None:
        memory = Memory()
        link = CoreLink(settings.run_dir / "core.sock", memory)
        model = UnitModel(settings, memory, link, print)
        running = [asyncio.create_task(link.run(print)), asyncio.create_task(model.run())]
        async with asyncio.timeout(10):
            await until(lambda: link.is_connected and bool(core.adjusts))
            await scenario(model, core)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(run())
    core.close()


def of_member(**values: object) -> list[Change]:
    return [Change("member", (7,), name, value) for name, value in values.items()]  # type: ignore[arg-type]


def test_a_set_that_is_undone_leaves_disk_core_and_owner_as_they_were(tmp_path: Path) -> None:
    """Issue 4: multi-varbind SET all or nothing. What another has set in between stays."""

    async def scenario(model: UnitModel, core: FakeCore) -> None:
        await model.set(of_member(maintenance=True), NMS, "LNB swap")
        before = model.standing.runtime
        changes = [*of_member(maintenance=False, priority=99), Change("unit", (), "notifications_enabled", False)]
        kept = model.kept(changes)
        assert (await model.set(changes, BOB)).denial is None
        assert (core.adjusts[-1]["maintenance"], core.adjusts[-1]["priority"]) == (False, 99)
        await model.set(of_member(advertisement_interval_ms=500), ANN)
        answer = await model.restore(kept, BOB, "the SET was refused")
        assert (answer.denial, answer.text) == (None, "Saved, and in force.")
        assert (core.adjusts[-1]["maintenance"], core.adjusts[-1]["priority"], core.adjusts[-1]["interval_ms"]) == (
            True,
            254,
            500,
        )
        of_ann = model.standing.runtime.of(7)["advertisement_interval_ms"]
        wanted = Runtime({7: {**before.of(7), "advertisement_interval_ms": of_ann}}, {}, 0)
        assert model.standing.runtime == wanted == read_runtime(tmp_path / "data" / FILE)
        asked, ended = (await model.audit())[-2:]
        assert (asked["who"], asked["reason"], ended["outcome"]) == ("bob", "the SET was refused", "done")
        assert asked["before"] == {"7.maintenance": False, "7.priority": 99, "notifications_enabled": False}
        assert asked["after"] == {"7.maintenance": True, "7.priority": 254, "notifications_enabled": True}

    with_model(tmp_path, scenario)


def test_when_nothing_came_of_the_set_nothing_is_restored(tmp_path: Path) -> None:
    """Neither the audit nor core hears of it."""

    async def scenario(model: UnitModel, core: FakeCore) -> None:
        adjusts = len(core.adjusts)
        answer = await model.restore(model.kept(of_member(priority=99)), BOB, "")
        assert (answer.denial, answer.text) == (None, "Nothing to change: it is so already.")
        assert (await model.audit(), len(core.adjusts)) == ([], adjusts)

    with_model(tmp_path, scenario)


def test_what_cannot_be_restored_is_said_and_changes_nothing(tmp_path: Path) -> None:
    """C-17: it does not fit the settings any more; core refuses it; the disk does not take it."""

    async def scenario(model: UnitModel, core: FakeCore) -> None:
        kept = model.kept(of_member(priority=99))
        await model.set(of_member(priority=99), BOB)
        now = model.standing.runtime
        answer = await model.restore(Kept({(7, "priority"): Override(0, 254)}, {}), BOB, "")
        assert answer.denial is Denial.CONFLICT
        assert "It does not fit any more" in answer.text
        core.adjust_outcome = "refused"
        answer = await model.restore(kept, BOB, "")
        assert answer.denial is Denial.CONFLICT
        assert "Core refuses it" in answer.text
        core.adjust_outcome = "done"
        (tmp_path / "data" / f".{FILE}.new").mkdir()
        answer = await model.restore(kept, BOB, "")
        assert answer.denial is Denial.FAILED
        assert "cannot be saved" in answer.text
        assert model.standing.runtime == now == read_runtime(tmp_path / "data" / FILE)
        assert core.adjusts[-1]["priority"] == 99

    with_model(tmp_path, scenario)
