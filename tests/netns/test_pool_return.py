"""N:M: the repaired master returns, and what was edited while another unit acted for it is not lost (C-09)."""

import pytest

from tests.netns.harness.documents import document
from tests.netns.harness.packets import Kind
from tests.netns.harness.pool_scene import PoolScene
from tests.netns.harness.story import story

RETURNED = 11
pytestmark = pytest.mark.netns


def edited_while_acting(scene: PoolScene) -> str:
    """p airs group 1, and a person edits there; the digest."""
    p, killed = scene.units["p"], scene.wait(0)
    scene.units["a"].kill()
    scene.wait_for_master("p", 1, killed)
    done = p.edit(1, document(1, 1), "--note", "while acting")
    assert done.exit_code == 0, done
    scene.airs("p", 1, 1)
    edited = p.digest(1)
    scene.units["q"].wait_for_digest(1, edited)
    return edited


def home_asks(scene: PoolScene) -> dict[str, object]:
    """a is back, has lost nothing, and shows one question; p shows the same."""
    a, p = scene.units["a"], scene.units["p"]
    scene.start("a")
    a.wait_for_seat(1, "returned", lambda seat: seat.get("returned"))
    a.wait_for("a decision", lambda: a.ask("pending").get("decisions"))
    [at_home], [at_acting] = (unit.config("pending")["decisions"] for unit in (a, p))
    assert at_home["id"] == at_acting["id"]
    assert a.digest(1) == scene.digests[1], "the home's configuration is not overwritten"
    assert isinstance(at_home, dict)
    return at_home


@story(PoolScene)
def test_an_edit_made_while_acting_is_chosen_before_the_group_goes_home(scene: PoolScene) -> None:
    """C-09, Z-22, Z-27, Z-34, Z-39: choose it, and the home has it when it is master again; the backups hold it too."""
    edited = edited_while_acting(scene)
    decision = home_asks(scene)
    assert (decision["master"]["unit"], decision["master"]["revision"]["digest"]) == ("rx-p", edited)  # type: ignore[index]
    done = scene.units["a"].command("choose", "master", "--yes")
    assert done.exit_code == 0, done
    scene.units["a"].wait_for_digest(1, edited)
    asked = scene.wait(0)
    assert scene.units["a"].command("set-master", 1).exit_code == 0
    advert = scene.wait_for_master("a", 1, asked)
    assert (advert.acting_for, advert.digest) == (None, edited)
    scene.airs("a", 1, 1)
    for backup in scene.backups:
        scene.units[backup].wait_for_digest(1, edited)
    scene.units["p"].wait_for_seat(1, "ready again", lambda seat: seat["role"] == "backup" and seat["able"])


@story(PoolScene)
def test_an_edit_made_while_acting_is_still_offered_when_the_group_has_gone_home_without_it(scene: PoolScene) -> None:
    """C-09: the home airs its own; the backup follows it and keeps its edit, which waits at the home; then it is chosen there."""
    edited = edited_while_acting(scene)
    home_asks(scene)
    a, asked = scene.units["a"], scene.wait(0)
    assert a.command("set-master", 1).exit_code == 0
    advert = scene.wait_for_master("a", 1, asked)
    assert advert.digest == scene.digests[1], "its own configuration"
    scene.airs("a", 1, 0)
    for backup in scene.backups:
        scene.units[backup].wait_for_digest(1, scene.digests[1])
    a.wait_for("the offer", lambda: a.ask("pending").get("decisions"))
    [offer] = a.config("pending")["decisions"]
    assert (offer["master"]["unit"], offer["backup"]["revision"]["digest"]) == ("rx-a", edited)
    done = a.command("choose", "backup", "--yes")
    assert done.exit_code == 0, done
    assert a.digest(1) == edited
    scene.airs("a", 1, 1)
    for backup in scene.backups:
        scene.units[backup].wait_for_digest(1, edited)
    assert a.config("pending")["decisions"] == []


@story(lambda: PoolScene(return_hold_s=2.0))
def test_a_master_that_is_back_takes_its_group_home_after_the_hold(scene: PoolScene) -> None:
    """C-10, D-41: with `after_hold` nobody has to order it; not before the hold, and the backup is in the pool again."""
    killed = scene.wait(0)
    scene.units["a"].kill()
    scene.wait_for_master("p", 1, killed)
    started = scene.wait(0)
    scene.start("a")
    home = scene.wait_for_master("a", 1, started)
    heard_ns = next(said.time_ns for said in scene.tap.said() if said.host == "a" and said.time_ns > started)
    assert 2.0 <= (home.time_ns - heard_ns) / 1e9 < 4.5
    assert (home.acting_for, home.digest) == (None, scene.digests[1])
    scene.airs("a", 1, 0)
    scene.units["p"].wait_for_seat(1, "ready again", lambda seat: seat["role"] == "backup" and seat["able"])
    asked = [said for said in scene.tap.said() if said.host == "a" and said.kind == Kind.REQUEST and said.time_ns > started]
    assert [said.reason for said in asked[:1]] == [RETURNED]
