"""What protects comes into force at once, is saved with the next change, and is then done with."""

import asyncio
from pathlib import Path

import pytest

from agent.management.arbiter_values import with_group
from agent.management.guard import _locked, _seen, _without_maintenance
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.standing import Standing
from agent.settings.load import parse_settings
from agent.settings.runtime_file import Override, Runtime
from tests.settings.sample import SAMPLE

LOCK = Override(True, None, "auto-lock", "management", "", "", 1)
URGENT = {
    "lock": lambda runtime: _locked(runtime, 7, LOCK),
    "maintenance": lambda runtime: _without_maintenance(runtime, 7),
    "seen": _seen(7, "5"),
}
AFTER = {"lock": Runtime(), "maintenance": with_group(Runtime(), 7, {"maintenance": LOCK}), "seen": _seen(7, "6")(Runtime())}


@pytest.mark.parametrize("name", URGENT)
def test_what_was_saved_with_another_change_is_not_done_again_after_a_later_one(tmp_path: Path, name: str) -> None:
    """A person unlocks, begins maintenance anew, or another master has been seen: so it stays. D-51, C-13."""
    settings = parse_settings(SAMPLE, tmp_path / "u.toml")
    settings.unit.data_dir.mkdir(parents=True, exist_ok=True)
    memory = Memory()
    standing = Standing(settings, memory, CoreLink(tmp_path / "core.sock", memory), lambda _text: None)
    standing.edit_now(URGENT[name])
    asyncio.run(standing.save(standing.runtime))
    asyncio.run(standing.save(AFTER[name]))
    assert standing.runtime == AFTER[name]
    assert not standing.is_unsaved
