"""Processes and units that die in the middle of following: the old revision or the new one, and it goes on by itself."""

import hashlib
import os
import signal
import tarfile
import time
from pathlib import Path

import pytest

from tests.netns.harness.config_scene import ConfigScene
from tests.netns.harness.configured import ConfiguredUnit, digest_of
from tests.netns.harness.documents import document
from tests.netns.harness.site_scene import together
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
FILE_BYTES = 60_000_000


def edited(scene: ConfigScene, version: int) -> str:
    done = scene.a.edit(GROUP, document(GROUP, version))
    assert done.exit_code == 0, done
    return scene.a.digest(GROUP)


def put_file(scene: ConfigScene, path: Path) -> None:
    """A big file beside the document. Its handover process may be killed before it can say that it is done."""
    path.write_bytes(os.urandom(FILE_BYTES))
    scene.a.command("config", "edit", GROUP, "--file", f"show.bin={path}")


def exported_file(unit: ConfiguredUnit, to: Path) -> str:
    """SHA-256 of show.bin as `config export` writes it."""
    assert unit.command("config", "export", GROUP, to).exit_code == 0
    with tarfile.open(to) as archive:
        [member] = [member for member in archive.getmembers() if member.name.endswith("show.bin")]
        file = archive.extractfile(member)
        assert file
        return hashlib.sha256(file.read()).hexdigest()


def kill_while_pulling(scene: ConfigScene, victim: str) -> str:
    """The victim's handover process dies when some of it has come to b and some has not. What b holds then."""

    def is_under_way() -> bool:
        tracking = scene.b.group_status(GROUP).get("tracking", {})
        return bool(0 < tracking.get("done_bytes", 0) < tracking.get("total_bytes", 0))

    limit = time.monotonic() + 20
    while not is_under_way():
        assert time.monotonic() < limit, "no progress was shown"
    scene.units[victim].signal_one("handover", signal.SIGKILL)
    return head_of(scene.b)


def head_of(unit: ConfiguredUnit) -> str:
    unit.wait_for("a handover process", lambda: unit.group_status(GROUP))
    return digest_of(unit.group_status(GROUP).get("head"))


@story(lambda: ConfigScene(rate=20))
def test_a_pull_that_is_cut_at_either_end_leaves_the_old_revision_and_goes_on_by_itself(scene: ConfigScene) -> None:
    """Z-30, Z-33: the file arrives whole although each handover process is killed in the middle of it; progress is shown."""
    path = scene.lan.directory / "show.bin"
    for victim in "ba":
        before = scene.a.digest(GROUP)
        _, held = together(lambda: put_file(scene, path), lambda v=victim: kill_while_pulling(scene, v))  # type: ignore[misc]
        newest = head_of(scene.a)
        assert held in (before, newest)
        scene.b.wait_for_digest(GROUP, newest, 40)
    file = hashlib.sha256(path.read_bytes()).hexdigest()
    assert exported_file(scene.b, scene.lan.directory / "b.tar") == file
    scene.b.signal_one("management", signal.SIGKILL)
    newest = edited(scene, 1)
    scene.b.wait_for_digest(GROUP, newest)
    assert exported_file(scene.b, scene.lan.directory / "b2.tar") == file, "unchanged by an edit of the document"


@story(ConfigScene)
def test_a_takeover_needs_neither_the_handover_process_nor_management(scene: ConfigScene) -> None:
    """C-24: both are frozen, then killed, at the backup; it airs the last document that it holds."""
    newest = edited(scene, 1)
    scene.b.wait_for_digest(GROUP, newest)
    scene.b.freeze_one("handover")
    scene.b.freeze_one("management")
    killed = scene.wait(0)
    scene.a.kill()
    claim = scene.takes_over("b", killed)
    scene.airs("b", GROUP, 1, claim.time_ns)
    for process in ("handover", "management"):
        scene.b.signal_one(process, signal.SIGKILL)
    scene.b.wait_for("its processes again", lambda: head_of(scene.b) == newest and scene.b.status())
    dead = scene.wait(0.1)
    scene.b.signal_one("device", signal.SIGKILL)
    scene.wait_for_master("b", GROUP, dead + 10**9)
    scene.airs("b", GROUP, 1)


@story(ConfigScene)
def test_a_unit_that_loses_power_while_it_follows_edits_holds_an_old_one_or_the_newest(scene: ConfigScene) -> None:
    """Z-33: power off at the backup in the middle of ten edits, three times; what it holds is a revision of the master's."""
    digests = [scene.digest]
    for round_ in range(3):
        for number in range(3):
            digests.append(edited(scene, 1 + round_ * 3 + number))
        scene.b.kill()
        scene.start("b")
        assert head_of(scene.b) in digests
        scene.b.wait_for_digest(GROUP, digests[-1])
    shown = scene.b.config("show", GROUP)["document"]
    assert shown == scene.a.config("show", GROUP)["document"]
    scene.wait_for_backup("b")
