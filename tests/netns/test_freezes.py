"""SIGSTOP and SIGKILL of whole units and of each of their processes. The outputs never overlap (F-8, C-24)."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.netns.harness.analysis import MASTERLY, overlap, reigns, silence_ms
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import MS, PATIENCE_MS, Scene
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
LONG_S = 3.0


def changes_cleanly_to_b(scene: Scene, began: int) -> None:
    assert overlap(scene.sent(began), "a", "b") == 0
    assert reigns(scene.tap.said(began)) in (["a", "b"], ["b"])


@story()
def test_a_frozen_master_is_replaced_at_t_and_wakes_as_a_backup(scene: Scene) -> None:
    """F-8, C-24, S-15: every process stopped for 3 s; not one datagram, advert or claim after it wakes."""
    began = scene.wait(0.3)
    scene.a.freeze()
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    scene.wait(LONG_S)
    thawed = scene.wait(0)
    scene.a.thaw()
    scene.wait(2)
    assert not scene.sent(thawed, "a")
    assert not scene.said(thawed, "a", MASTERLY)
    changes_cleanly_to_b(scene, began)
    scene.wait_for_backup("a")


@story()
def test_a_frozen_backup_claims_nothing_when_it_wakes(scene: Scene) -> None:
    """Timing guarantee: it finds the master's adverts in its socket and stays quiet. Three times, at different phases."""
    began = scene.wait(0)
    for pause_s in (0.1, 0.37, 0.2):
        scene.b.freeze()
        scene.wait(LONG_S - 1 + pause_s)
        scene.b.thaw()
        scene.wait(0.3 + pause_s)
    assert reigns(scene.tap.said(began)) == ["a"]
    assert silence_ms(scene.sent(began)) < 200


@story()
def test_a_frozen_core_of_the_master_mutes_it_before_the_backup_opens(scene: Scene) -> None:
    """F-8: the worker holds the lease's end in shared memory, so it mutes without its core."""
    began = scene.wait(0.2)
    scene.a.freeze_one("core")
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    assert scene.sent(began, "a")[-1].time_ns < claim.time_ns
    scene.wait(1)
    thawed = scene.wait(0)
    scene.a.signal_one("core", signal.SIGCONT)
    scene.wait(1.5)
    assert not scene.sent(thawed, "a")
    changes_cleanly_to_b(scene, began)


@story()
def test_a_killed_core_of_the_master_is_replaced_by_the_backup(scene: Scene) -> None:
    """F-8, C-22: the new core listens first."""
    began = scene.wait(0.2)
    scene.a.signal_one("core", signal.SIGKILL)
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    scene.wait_for_backup("a")
    scene.wait(1)
    changes_cleanly_to_b(scene, began)


@story()
def test_a_frozen_device_worker_hands_the_role_to_the_backup(scene: Scene) -> None:
    """C-24: a worker whose heartbeat stops has failed; the successor is named, and the thawed worker sends nothing."""
    began = scene.wait(0.2)
    scene.a.freeze_one("device")
    scene.takes_over("b", began, timeout_s=5)
    scene.wait(1)
    thawed = scene.wait(0)
    scene.a.signal_one("device", signal.SIGCONT)
    scene.wait(1.5)
    assert not scene.sent(thawed, "a")
    changes_cleanly_to_b(scene, began)


@story()
def test_a_killed_device_worker_hands_the_role_to_the_backup_at_once(scene: Scene) -> None:
    """Its connection closes, so nobody waits for a heartbeat."""
    began = scene.wait(0.2)
    killed = scene.wait(0)
    scene.a.signal_one("device", signal.SIGKILL)
    claim = scene.takes_over("b", began, timeout_s=5)
    assert (claim.time_ns - killed) / MS < 300
    scene.wait(0.5)
    changes_cleanly_to_b(scene, began)
    scene.wait_for_backup("a")


@story()
def test_a_frozen_or_killed_management_or_supervisor_changes_nothing_on_air(scene: Scene) -> None:
    """Redundancy goes on: no change of role, no gap in the output, on either unit."""
    began = scene.wait(0)
    for process in ("management", "supervisor"):
        for unit in (scene.a, scene.b):
            unit.freeze_one(process)
        scene.wait(1.5)
        for unit in (scene.a, scene.b):
            unit.signal_one(process, signal.SIGCONT)
        scene.wait(0.2)
    scene.a.signal_one("management", signal.SIGKILL)
    scene.a.wait_for_role("master")
    scene.a.signal_one("supervisor", signal.SIGKILL)
    scene.wait(1.5)
    assert reigns(scene.tap.said(began)) == ["a"]
    assert silence_ms(scene.sent(began)) < 200


@story()
def test_a_frozen_core_or_worker_of_the_backup_claims_nothing(scene: Scene) -> None:
    """The backup's processes one by one; the master goes on as if nothing happened."""
    began = scene.wait(0)
    for process in ("core", "device"):
        scene.b.freeze_one(process)
        scene.wait(1.7)
        scene.b.signal_one(process, signal.SIGCONT)
        scene.wait(0.8)
    scene.b.signal_one("core", signal.SIGKILL)
    scene.wait(1.5)
    assert reigns(scene.tap.said(began)) == ["a"]
    assert not scene.sent(began, "b")
    assert silence_ms(scene.sent(began)) < 200
    scene.wait_for_backup("b")


@story()
def test_stalls_shorter_than_the_lease_lasts_are_survived(scene: Scene) -> None:
    """F-1, S-16: an advert that is late by less than the lease's slack of 79 ms leads to nothing."""
    began = scene.wait(0)
    for _ in range(8):
        scene.a.signal_one("core", signal.SIGSTOP)
        scene.wait(0.05)
        scene.a.signal_one("core", signal.SIGCONT)
        scene.wait(0.33)
    assert reigns(scene.tap.said(began)) == ["a"]
    assert not scene.said(began, "b", [Kind.CLAIM])


@story()
def test_an_off_that_is_carried_out_behind_a_freeze_of_core_is_known_in_the_end_and_stays(scene: Scene) -> None:
    """C-17, D-12: core hangs for 6 s in the middle of handing over. Nobody is told "failed"; what it does when it goes on is what
    the operation says in the end, and what the next core does, and the next unit."""
    asked = scene.wait(0.2)
    scene.b.freeze_one("core")
    with ThreadPoolExecutor(1) as person:
        answer = person.submit(scene.a.command, "off", GROUP, "--json")
        scene.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.HANDOVER, 5, asked)
        scene.a.freeze_one("core")
        scene.b.signal_one("core", signal.SIGCONT)
        scene.takes_over("b", asked)
        said = answer.result()
    assert (said.exit_code, json.loads(said.output.partition("\nrunning:")[0])["outcome"]) == (5, "running"), said
    scene.a.signal_one("core", signal.SIGCONT)
    scene.a.wait_until(lambda member: member.get("controls", {}).get("off") is True, "off")
    scene.wait(0.3)
    ended = json.loads(scene.a.command("operations", "--json").output)["operations"][-1]
    assert (ended["verb"], ended["phase"]) == ("off", "done"), ended
    boot = scene.a.status()["unit"]["boot"]
    scene.a.signal_one("core", signal.SIGKILL)
    scene.a.wait_until(lambda _member: scene.a.status().get("unit", {}).get("boot") not in (None, boot), "started anew")
    assert scene.a.member()["controls"]["off"] is True
    scene.wait(1)
    assert scene.a.member()["role"] == "off"
    scene.a.kill()
    scene.a.start()
    scene.a.wait_until(lambda member: member.get("role") == "off", "off after a restart")
    assert overlap(scene.sent(asked), "a", "b") == 0
