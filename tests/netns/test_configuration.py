"""1:1 pairs whose backup follows the master's configuration: judged by command line, wire, and what the output carries."""

import pytest

from tests.netns.harness.config_scene import ConfigScene
from tests.netns.harness.documents import document
from tests.netns.harness.packets import Kind
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns


def both_hold(scene: ConfigScene, digest: str) -> None:
    """By the command line on both units."""
    for unit in (scene.a, scene.b):
        unit.wait_for_digest(GROUP, digest)
        assert unit.digest(GROUP) == digest


def advert_says(scene: ConfigScene, host: str, digest: str) -> None:
    """What is in force is on the wire."""
    scene.tap.wait_for(lambda said: said.host == host and said.kind == Kind.ADVERT and said.digest == digest, 5)


def edit(scene: ConfigScene, host: str, version: int, *words: object) -> str:
    """A person edits there; the new digest."""
    done = scene.units[host].edit(GROUP, document(GROUP, version), *words)
    assert done.exit_code == 0, done
    return scene.units[host].digest(GROUP)


@story(lambda: ConfigScene(is_paired=False))
def test_a_backup_follows_the_master_that_it_was_paired_with_and_takes_over_what_that_had_last(scene: ConfigScene) -> None:
    """Z-01, Z-18..Z-20, Z-30, Z-35, Z-36, S-26: discover, pair, edit, takeover; afterwards the old master follows the new one."""
    scene.b.wait_for("a master to list", lambda: scene.b.ask("discover").get("masters"))
    [listed] = scene.b.json("discover")["masters"]
    wanted = {"name": "rx-a", "address": scene.lan.address("a"), "group": GROUP, "device_type": 1, "paired": False}
    assert {key: listed[key] for key in wanted} == wanted
    assert listed["age_ms"] < 5000
    scene.wait(0.5)
    assert scene.b.config("history", GROUP)["revisions"] == [], "nothing is followed before somebody says so"
    scene.pair()
    both_hold(scene, scene.digest)
    newest = edit(scene, "a", 1, "--note", "another programme")
    both_hold(scene, newest)
    advert_says(scene, "a", newest)
    scene.airs("a", GROUP, 1)
    refused = scene.b.edit(GROUP, document(GROUP, 2))
    assert (refused.exit_code, "rx-a" in refused.output) == (3, True), refused
    killed = scene.wait(0)
    scene.a.kill()
    claim = scene.takes_over("b", killed)
    advert_says(scene, "b", newest)
    scene.airs("b", GROUP, 1, claim.time_ns)
    on_b = edit(scene, "b", 2)
    scene.start("a")
    scene.wait_for_backup("a")
    both_hold(scene, on_b)
    asked = scene.wait(0)
    assert scene.a.command("set-master", GROUP).exit_code == 0
    scene.takes_over("a", asked)
    scene.airs("a", GROUP, 2)
    ever = {pid % 100 for _, pid in scene.carried(GROUP, killed)}
    assert ever == {1, 2}, "nothing but what was in force at some time was ever on the air"


def pending_on_both(scene: ConfigScene) -> dict[str, object]:
    """The one decision, when both units show the same, and neither has lost anything."""
    for unit in (scene.a, scene.b):
        unit.wait_for("a decision", lambda unit=unit: unit.ask("pending").get("decisions"))  # type: ignore[misc]
    [on_a], [on_b] = (unit.config("pending")["decisions"] for unit in (scene.a, scene.b))
    for field in ("id", "differences"):
        assert on_a[field] == on_b[field]
    assert [(on_a[side]["unit"], on_b[side]["unit"]) for side in ("master", "backup")] == [("rx-a", "rx-a"), ("rx-b", "rx-b")]
    assert on_a["master"]["revision"]["digest"] == scene.a.digest(GROUP) != scene.b.digest(GROUP)
    assert isinstance(on_a, dict)
    return on_a


@story(ConfigScene)
def test_two_masters_of_a_partition_edit_and_a_person_chooses_the_masters_configuration(scene: ConfigScene) -> None:
    """Z-22, Z-26..Z-29, Z-41, C-02: neither is overwritten; the same question on both; afterwards both are alike."""
    scene.was_partitioned = True
    began = scene.wait(0)
    scene.lan.partition("a")
    scene.takes_over("b", began)
    kept, lost = edit(scene, "a", 1), edit(scene, "b", 2)
    scene.lan.heal("a")
    scene.wait_for_backup("b")
    decision = pending_on_both(scene)
    assert {"pid_list.kept.pids", "identity.network_name"} <= {row["path"] for row in decision["differences"]}  # type: ignore[attr-defined]
    assert scene.b.digest(GROUP) == lost
    done = scene.b.command("choose", "master", "--yes")
    assert done.exit_code == 0, done
    both_hold(scene, kept)
    assert not scene.a.config("pending")["decisions"]
    assert lost in {one["digest"] for one in scene.b.config("history", GROUP)["revisions"]}, "what was replaced is still there"
    scene.airs("a", GROUP, 1)


def diverge(scene: ConfigScene, on_master: int, on_backup: int) -> tuple[str, str]:
    """Unpaired, both are edited; paired again, a question is open. The two digests."""
    assert scene.b.command("unpair", GROUP).exit_code == 0
    digests = edit(scene, "a", on_master), edit(scene, "b", on_backup)
    assert scene.b.command("pair", GROUP).exit_code == 0
    pending_on_both(scene)
    return digests


@story(ConfigScene)
def test_what_a_choice_replaces_is_saved_first_and_comes_back_byte_for_byte(scene: ConfigScene) -> None:
    """Z-26..Z-28: choose backup, then choose items; the saved file is the old content."""
    on_master, on_backup = diverge(scene, 1, 2)
    saved = scene.lan.directory / "saved.tar"
    done = scene.b.command("choose", "backup", "--yes", "--save-first", saved)
    assert done.exit_code == 0, done
    both_hold(scene, on_backup)
    scene.airs("a", GROUP, 2)
    assert scene.a.command("config", "import", GROUP, saved).exit_code == 0
    both_hold(scene, on_master)
    diverge(scene, 2, 3)
    done = scene.a.command("choose", "items", "identity=backup", "pid_list=master", "--yes")
    assert done.exit_code == 0, done
    scene.b.wait_for("no question", lambda: not scene.b.ask("pending").get("decisions"))
    chosen = scene.a.config("show", GROUP)["document"]
    assert (chosen["identity"]["network_name"], chosen["pid_list"][0]["pids"]) == (f"group {GROUP} version 3", [GROUP * 100 + 2])
    both_hold(scene, scene.a.digest(GROUP))
    scene.airs("a", GROUP, 2)
