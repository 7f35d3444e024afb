"""A real unit whose records cannot be written: an alarm for people, and nothing else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.core.process import Json, wait_until
from tests.netns.harness import Lan, Unit

pytestmark = pytest.mark.netns


@contextmanager
def full_disk(folder: Path) -> Iterator[Path]:
    """A file system of one page, full; what fills it."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)], check=True)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(256 * 1024))
    try:
        yield ballast
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def alarms(unit: Unit) -> list[Json]:
    """Those of the recorder, as a person sees them."""
    done = unit.command("alarms", "--json")
    assert done.exit_code == 0, done.output
    found: list[Json] = json.loads(done.output)["alarms"]
    return [alarm for alarm in found if alarm["name"] == "recorder"]


def test_a_full_disk_is_an_alarm_until_there_is_room_again() -> None:
    """Issue 5: a warning of the unit that names the folder; the unit stays master all the time, without a change."""
    with Lan(("a", "src")) as lan, full_disk(lan.directory / "a" / "records") as ballast, Unit(lan, "a", interval=0.1) as unit:
        unit.wait_for_role("master")
        wait_until(lambda: bool(alarms(unit)), "the alarm", 15)
        (alarm,) = alarms(unit)
        assert alarm["severity"] == "warning"
        assert "No space left on device. Free space there; recording goes on by itself." in alarm["text"]
        assert str(unit.directory / "records") in alarm["text"]
        ballast.unlink()
        wait_until(lambda: not alarms(unit), "its end", 15)
        assert unit.member()["role"] == "master"
        assert unit.member()["transitions"] == 3
