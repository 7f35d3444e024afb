"""What protects comes into force at once, is saved with the next change, and is then done with."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.management.arbiter_values import with_group
from agent.management.guard import _locked, _seen, _without_maintenance
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.standing import Standing
from agent.settings.load import parse_settings
from agent.settings.runtime_disk import COPY, FILE, read_content, write_runtime
from agent.settings.runtime_file import Override, Owner, Runtime
from tests.settings.runtime import read_runtime
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
    standing = standing_in(tmp_path)
    standing.edit_now(URGENT[name])
    asyncio.run(standing.save(standing.runtime))
    asyncio.run(standing.save(AFTER[name]))
    assert standing.runtime == AFTER[name]
    assert not standing.is_unsaved


def standing_in(directory: Path, told: list[str] | None = None) -> Standing:
    """Of the sample unit; nobody is at the other end of its link."""
    settings = parse_settings(SAMPLE, directory / "u.toml")
    settings.unit.data_dir.mkdir(parents=True, exist_ok=True)
    memory = Memory()
    link = CoreLink(directory / "core.sock", memory)
    return Standing(settings, memory, link, lambda text: None if told is None else told.append(text))


OFF = Runtime({7: {"off": Override(True, None, "ops", "snmp", "", "", 1)}})


def damage(path: Path) -> None:
    path.write_text('{"format"')


def another(path: Path) -> None:
    write_runtime(path, Runtime({7: {"priority": Override(99, 254)}}))


@pytest.mark.parametrize(
    ("hurt", "words"),
    [
        (damage, "runtime.json is not used: it is broken"),
        (Path.unlink, "runtime.json is missing"),
        (another, "runtime.json does not say what was saved"),
    ],
)
def test_a_file_that_was_hurt_is_kept_aside_and_saved_again(tmp_path: Path, hurt: Callable[[Path], None], words: str) -> None:
    """D-12, issue 4: looked at whenever core comes; what is in force here is what the next core finds."""
    told: list[str] = []
    standing = standing_in(tmp_path, told)
    path = tmp_path / "data" / FILE
    asyncio.run(standing.save(OFF))
    assert asyncio.run(standing.look_at_disk()) == []
    hurt(path)
    hurt_text = path.read_bytes() if path.exists() else None
    [sentence] = asyncio.run(standing.look_at_disk())
    assert words in sentence
    assert "What is in force is saved again" in sentence
    assert asyncio.run(standing.save_again())
    assert (read_runtime(path), read_runtime(path.with_name(COPY))) == (OFF, OFF)
    assert [one.read_bytes() for one in path.parent.glob(f"{FILE}.refused-*")] == ([] if hurt_text is None else [hurt_text])
    assert asyncio.run(standing.look_at_disk()) == []


def test_a_broken_file_is_kept_aside_also_when_something_else_is_to_be_saved(tmp_path: Path) -> None:
    """What is damaged is never lost; a file that merely says what was so before is."""
    standing = standing_in(tmp_path)
    path = tmp_path / "data" / FILE
    asyncio.run(standing.save(OFF))
    standing.edit_now(lambda runtime: _locked(runtime, 7, LOCK))
    assert asyncio.run(standing.look_at_disk()) == []
    damage(path)
    assert len(asyncio.run(standing.look_at_disk())) == 1
    assert asyncio.run(standing.save_again())
    assert [one.read_text() for one in path.parent.glob("*.refused-*")] == ['{"format"']
    assert set(read_runtime(path).of(7)) == {"off", "locked"}


def test_a_unit_says_whose_file_it_writes(tmp_path: Path) -> None:
    """Issue 4: copied to another unit it is refused there."""
    standing = standing_in(tmp_path)
    (tmp_path / "data/unit_id").write_text("00000000000000aa\n")
    asyncio.run(standing.save(OFF))
    assert read_content(tmp_path / "data" / FILE).owner == Owner("00000000000000aa", "rx-a", (7,))
    (tmp_path / "data/unit_id").write_text("00000000000000bb\n")
    told: list[str] = []
    assert standing_in(tmp_path, told).runtime == Runtime()
    assert "it was written by rx-a (unit 00000000000000aa, groups: 7), and this is unit 00000000000000bb" in told[0]
    assert len(list((tmp_path / "data").glob("*.refused-*"))) == 2
