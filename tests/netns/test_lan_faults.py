"""The redundancy LAN fails: cables, interfaces, silent partitions (C-02)."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.netns.harness.analysis import MASTERLY, overlap, reigns, silence_ms
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import MS, PATIENCE_MS, Scene
from tests.netns.harness.story import story, story_alone

pytestmark = pytest.mark.netns


def loses_its_link_and_the_role(scene: Scene, began: int) -> None:
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    assert scene.sent(began, "a")[-1].time_ns < claim.time_ns
    scene.wait(1)


def comes_back_as_a_backup(scene: Scene, began: int, back: int) -> None:
    scene.wait(2)
    assert not scene.said(back, "a", MASTERLY)
    assert not scene.sent(back, "a")
    assert overlap(scene.sent(began), "a", "b") == 0
    scene.wait_for_backup("a")


@story()
def test_a_master_without_carrier_mutes_before_the_backup_opens(scene: Scene) -> None:
    """C-02, F-8, S-10: unplugged it cannot send, so its lease runs out; plugged in again it is a backup."""
    began = scene.wait(0.2)
    scene.lan.unplug("a")
    loses_its_link_and_the_role(scene, began)
    back = scene.wait(0)
    scene.lan.plug("a")
    comes_back_as_a_backup(scene, began, back)


@story()
def test_a_master_whose_interface_is_taken_down_mutes_before_the_backup_opens(scene: Scene) -> None:
    """C-02, F-8: the same by `ip link set down`; it hears multicast again after up."""
    began = scene.wait(0.2)
    scene.lan.interface_down("a")
    loses_its_link_and_the_role(scene, began)
    back = scene.wait(0)
    scene.lan.interface_up("a")
    comes_back_as_a_backup(scene, began, back)


@story()
def test_a_backup_without_a_link_claims_nothing_and_is_of_use_again_afterwards(scene: Scene) -> None:
    """C-02, C-22: unplugged, and taken down; it cannot know. Back, it listens, and then takes over when it must."""
    began = scene.wait(0)
    for away, back in ((scene.lan.unplug, scene.lan.plug), (scene.lan.interface_down, scene.lan.interface_up)):
        away("b")
        scene.wait(1.7)
        assert not scene.sent(began, "b"), "it must not open: nobody would hear its claim"
        back("b")
        scene.wait(1.2)
    assert reigns(scene.tap.said(began)) == ["a"]
    assert silence_ms(scene.sent(began)) < 200
    scene.wait_for_backup("b")
    killed = scene.wait(0)
    scene.a.kill()
    assert 0 <= scene.overhead_ms(scene.takes_over("b", killed), "a") < PATIENCE_MS


@story_alone()
def test_a_short_loss_of_carrier_changes_nothing(scene: Scene) -> None:
    """C-02: back before the lease ends (0.579 s after an advert), nothing has happened, even over an advert's time.

    Alone: who makes and removes hosts beside it holds up the kernel's word on the carrier, and then it is another test.
    """
    began = scene.wait(0)
    for unplug_at_s in (0.2, 0.45, 0.45):
        last = scene.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.ADVERT, 3, scene.wait(0.6))
        scene.wait(max(0.0, last.time_ns / 1e9 + unplug_at_s - time.time()))
        with punctual():
            scene.lan.unplug("a")
            scene.wait(0.06)
            scene.lan.plug("a")
        scene.wait(0.9)
        assert reigns(scene.tap.said(began)) == ["a"]


@contextmanager
def punctual() -> Iterator[None]:
    """The hand at the cable is not held up: 69 ms late, and it would be another test."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(40))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def partition_and_heal(scene: Scene, first_word: str) -> None:
    """Both become masters; the LAN heals so that `first_word` is the first to be heard."""
    scene.was_partitioned = True
    # Cut just after a regular advert, so that the two masters' adverts are 0.3 s apart and it is certain whose comes next.
    began = scene.tap.wait_for(lambda said: said.kind == Kind.ADVERT, 3, scene.wait(0.1)).time_ns
    scene.lan.partition("a")
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms_unheard(claim, "a", began) < PATIENCE_MS
    scene.wait(1.5)
    assert {packet.host for packet in scene.sent(claim.time_ns + 300 * MS)} == {"a", "b"}
    other = "b" if first_word == "a" else "a"
    scene.tap.wait_for(lambda said: said.host == other, 2, scene.wait(0))
    healed = scene.wait(0)
    scene.lan.heal("a")
    yielded = scene.tap.wait_for(lambda said: said.host == "b" and said.kind == Kind.BEACON and said.reason == 5, 3, healed)
    assert (yielded.time_ns - healed) / MS < scene.interval * 1000 + 100
    assert scene.said(healed, kinds=[Kind.ADVERT])[0].host == first_word
    assert scene.sent(healed, "b")[-1].time_ns < yielded.time_ns, "mute first, then say so"
    scene.wait(1)
    assert reigns(scene.tap.said(yielded.time_ns)) == ["a"]
    assert not scene.sent(yielded.time_ns, "b")
    both_ms = (yielded.time_ns - claim.time_ns) / MS
    for unit in (scene.b, scene.a):
        seen = {key: unit.member()[key] for key in ("split_brains", "overlap_ms", "alarms")}
        assert seen["split_brains"] == 1, (unit.host, seen)
        assert abs(seen["overlap_ms"] - both_ms) < scene.interval * 1000, (unit.host, seen, both_ms)
        assert seen["alarms"], (unit.host, seen)


@story()
def test_a_silent_partition_makes_two_masters_and_heals_when_the_stronger_is_heard(scene: Scene) -> None:
    """C-02: nobody is told, so both serve; the weaker mutes, then says so; both count the overlap and raise an alarm."""
    partition_and_heal(scene, "a")


@story()
def test_a_silent_partition_makes_two_masters_and_heals_when_the_weaker_is_heard(scene: Scene) -> None:
    """C-02: the stronger answers with an advert, and the weaker mutes; both count the overlap and raise an alarm."""
    partition_and_heal(scene, "b")


@story()
def test_a_partition_that_heals_before_t_changes_nothing(scene: Scene) -> None:
    """F-1, F-2, S-14: fewer adverts lost than the skew covers."""
    began = scene.wait(0)
    last = scene.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.ADVERT, 3, began)
    scene.lan.partition("a")
    scene.wait(0.3)
    scene.lan.heal("a")
    scene.wait(1.5)
    assert reigns(scene.tap.said(last.time_ns)) == ["a"]
