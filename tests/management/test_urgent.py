"""What protects comes at any moment, between any two steps of what a person changes: who spoke last is obeyed."""

import asyncio
from pathlib import Path

import pytest

from agent.management.guard import _locked
from agent.management.unit_model import UnitModel
from agent.model.answers import Change
from agent.settings.runtime_disk import FILE
from agent.settings.runtime_file import Override
from tests.management.test_faces import ANN, model_of
from tests.settings.runtime import read_runtime

LOCK = Override(True, None, "auto-lock", "management", "", "", 1)
UNLOCK = [Change("member", (7,), "locked", False)]


def lock_now(model: UnitModel) -> None:
    """As the guard does after a change of master; the disk has yet to follow."""
    model.standing.edit_now(lambda runtime: _locked(runtime, 7, LOCK))


def is_locked(model: UnitModel) -> bool:
    return "locked" in model.standing.runtime.of(7)


def is_locked_on_disk(directory: Path) -> bool:
    return "locked" in read_runtime(directory / FILE).of(7)


def test_an_unlock_that_is_carried_out_after_the_lock_came_unlocks(tmp_path: Path) -> None:
    """D-51, C-17: it was planned on what was locked by then; the lock, still in the queue, is not put back behind its back."""
    model = model_of(tmp_path)

    async def scenario() -> None:
        async with model.arbiter.saving:  # somebody else's change is being saved
            unlocking = asyncio.create_task(model.set(UNLOCK, ANN))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            lock_now(model)
            assert is_locked(model)
        answer = await unlocking
        assert answer.denial is None
        assert "Saved" in answer.text
        assert not is_locked(model)
        await model.arbiter.confirm([7])

    asyncio.run(scenario())
    assert not is_locked(model)
    assert not is_locked_on_disk(tmp_path)


def test_a_lock_that_comes_while_an_unlock_is_being_saved_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-51: it came after the unlock was planned, so it is the last word."""
    model = model_of(tmp_path)

    async def scenario() -> None:
        lock_now(model)
        await model.arbiter.confirm([7])
        whole_sync = model.audit_log.sync

        async def sync() -> None:
            lock_now(model)
            await whole_sync()

        monkeypatch.setattr(model.audit_log, "sync", sync)
        assert (await model.set(UNLOCK, ANN)).denial is None
        assert is_locked(model)
        assert not is_locked_on_disk(tmp_path)
        await model.arbiter.confirm([7])

    asyncio.run(scenario())
    assert is_locked_on_disk(tmp_path)


def test_a_refused_change_does_not_take_back_the_lock_that_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-51: the disk goes back to what was before, and the lock goes on top of it."""
    model = model_of(tmp_path)

    async def scenario() -> None:
        async def refuse(_groups: object) -> tuple[str, str]:
            lock_now(model)
            return "refused", "no"

        monkeypatch.setattr(model.standing, "tell_core", refuse)
        answer = await model.set([Change("member", (7,), "priority", 200)], ANN)
        assert "Core refuses it" in answer.text
        assert (is_locked(model), "priority" in model.standing.runtime.of(7)) == (True, False)
        await model.standing.save_again()

    asyncio.run(scenario())
    assert is_locked_on_disk(tmp_path)


def test_a_reason_that_nobody_used_is_shown_as_long_as_it_would_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 4: command_reason reads as what the next command would take for its reason, and no longer."""
    model = model_of(tmp_path)

    async def scenario() -> None:
        await model.set([Change("member", (7,), "command_reason", "storm")], ANN)
        assert model.arbiter.reasons.shown(7) == "storm"
        monkeypatch.setattr("agent.management.reasons.REASON_LIFE_S", 0.0)
        assert model.arbiter.reasons.shown(7) == ""
        assert model.arbiter.reasons.take(7, ANN) == ""

    asyncio.run(scenario())
