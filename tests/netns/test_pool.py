"""N:M: masters fail, and whoever takes one over airs that master's configuration: judged by wire, output and command line."""

import time

import pytest

from tests.netns.harness.analysis import MASTERLY, last_before
from tests.netns.harness.packets import Kind, Said
from tests.netns.harness.pool_scene import HOME, PoolScene
from tests.netns.harness.scene import MS, PATIENCE_MS
from tests.netns.harness.story import story

pytestmark = pytest.mark.netns


def is_taken(scene: PoolScene, master: str, heir: str) -> Said:
    """Kill the master: the heir claims at T after its last word, and airs what it aired. The heir's claim."""
    group, unit = HOME[master], scene.units[heir]
    killed = scene.wait(0)
    scene.units[master].kill()
    advert = scene.wait_for_master(heir, group, killed)
    claim = next(said for said in scene.said(killed, heir, [Kind.CLAIM]) if said.group == group)
    last = last_before([said for said in scene.tap.said() if said.group == group], claim.time_ns, master)
    assert 0 <= (claim.time_ns - last.time_ns) / MS - unit.takeover_timeout_us / 1000 < PATIENCE_MS
    facts = (advert.priority, advert.acting_for, advert.digest)
    assert facts == (unit.priority, group, scene.digests[group])
    scene.airs(heir, group, 0, claim.time_ns)
    assert unit.digest(group) == scene.digests[group]
    return claim


def spoke(scene: PoolScene, host: str, group: int, since_ns: int) -> bool:
    """As a master, or to become one."""
    return any(said.group == group for said in scene.said(since_ns, host, MASTERLY))


@story(PoolScene)
def test_masters_that_fail_are_taken_over_one_by_one_until_nobody_is_free(scene: PoolScene) -> None:
    """S-20..S-23, S-26, C-08, C-09, C-16, D-36: the stronger backup first, then the other, then nobody; nobody takes two."""
    began = is_taken(scene, "a", "p").time_ns
    assert not spoke(scene, "q", 1, began), "the others stand down"
    seen = is_taken(scene, "b", "q")
    assert not spoke(scene, "p", 2, began), "it has no device left"
    killed = scene.wait(0)
    scene.units["c"].kill()
    scene.wait(2)
    assert not spoke(scene, "p", 3, killed)
    assert not spoke(scene, "q", 3, killed)
    status = scene.units["q"].command("status").output
    assert "BUSY: rx-q airs group 2" in status, status
    scene.start("a")
    is_home_again(scene, seen)


def is_home_again(scene: PoolScene, seen: Said) -> None:
    """a has come back: muted, returned; set-master brings its group home, and p is free for c's group."""
    a = scene.units["a"]
    back = scene.wait(0)
    a.wait_for_seat(1, "returned", lambda seat: seat.get("role") == "backup" and seat.get("returned"))
    scene.wait(1)
    assert not spoke(scene, "a", 1, seen.time_ns)
    assert "returned" in a.command("status").output
    asked = scene.wait(0)
    done = a.command("set-master", 1)
    assert done.exit_code == 0, done
    assert done.elapsed_s < 5
    advert = scene.wait_for_master("a", 1, asked)
    handover = next(said for said in scene.said(asked, "p", [Kind.HANDOVER]) if said.group == 1)
    assert (
        [packet for packet in scene.sent(back, "p") if packet.dst == "239.2.2.1"][-1].time_ns < handover.time_ns < advert.time_ns
    )
    assert (advert.acting_for, advert.digest) == (None, scene.digests[1])
    scene.airs("a", 1, 0, handover.time_ns)
    freed = scene.wait_for_master("p", 3, asked, timeout_s=5)
    assert (freed.acting_for, freed.digest) == (3, scene.digests[3])
    scene.airs("p", 3, 0, freed.time_ns)


@story(lambda: PoolScene(reserve="exclusive", devices=2, backups=("p",)))
def test_an_exclusive_reserve_takes_one_group_and_the_others_see_that_it_is_busy(scene: PoolScene) -> None:
    """D-36..D-38, D-42, S-22: two devices, and yet one group at a time; BUSY on both sides until it is free again."""
    is_taken(scene, "a", "p")
    c = scene.units["c"]
    c.wait_for_seat(3, "without a reserve", lambda seat: seat["protection"]["state"] == "busy")
    assert "BUSY: rx-p airs group 1" in c.command("status").output
    assert "BUSY: rx-p airs group 1" in scene.units["p"].command("status").output
    beacon = scene.tap.wait_for(lambda said: said.host == "p" and said.group == 3 and said.acting_for == 1, 5)
    assert (beacon.kind, beacon.readiness) == (Kind.BEACON, 0)
    killed = scene.wait(0)
    scene.units["b"].kill()
    scene.wait(2)
    assert not spoke(scene, "p", 2, killed)
    scene.start("a")
    scene.units["a"].wait_for_seat(1, "returned", lambda seat: seat.get("returned"))
    assert scene.units["a"].command("set-master", 1).exit_code == 0
    freed = scene.wait_for_master("p", 2, killed)
    scene.airs("p", 2, 0, freed.time_ns)


@story(lambda: PoolScene(devices=2, backups=("p",)))
def test_an_independent_reserve_takes_as_many_groups_as_it_has_devices(scene: PoolScene) -> None:
    """D-35, C-16: two masters fail in the same moment; each gets a device, and its own configuration."""
    killed = time.time_ns()
    for host in "ab":
        scene.units[host].kill()
    for group in (1, 2):
        advert = scene.wait_for_master("p", group, killed)
        assert (advert.acting_for, advert.digest) == (group, scene.digests[group])
        scene.airs("p", group, 0, advert.time_ns)
    third = scene.wait(0)
    scene.units["c"].kill()
    scene.wait(2)
    assert not spoke(scene, "p", 3, third)
