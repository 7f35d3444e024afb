"""The network of the stream fails, and the redundancy LAN is fine: no master stays that cannot send (C-22, C-24)."""

import pytest

from tests.netns.harness.analysis import MASTERLY, overlap
from tests.netns.harness.scene import MS, Scene
from tests.netns.harness.story import story

pytestmark = pytest.mark.netns

KNOWN_MS = 300
"""0.05 s until the worker looks, then a named successor that opens at once."""


def gives_way(scene: Scene, began: int, back: int) -> None:
    assert not scene.said(back, "a", MASTERLY)
    assert overlap(scene.sent(began), "a", "b") == 0
    scene.wait_for_backup("a")


@story()
def test_a_master_whose_media_interface_loses_carrier_gives_way_at_once(scene: Scene) -> None:
    """C-24: it names its successor; plugged in again it is a backup (S-10)."""
    began = scene.wait(0)
    scene.lan.unplug("a", "med")
    scene.wait(1.2)
    assert (scene.first_advert("b", began).time_ns - began) / MS < KNOWN_MS
    back = scene.wait(0)
    scene.lan.plug("a", "med")
    scene.wait(1)
    gives_way(scene, began, back)


@story()
def test_a_master_whose_media_interface_is_taken_down_gives_way_at_once(scene: Scene) -> None:
    """C-24: the same by `ip link set down`."""
    began = scene.wait(0)
    scene.lan.interface_down("a", "med")
    scene.wait(1.2)
    assert (scene.first_advert("b", began).time_ns - began) / MS < KNOWN_MS
    back = scene.wait(0)
    scene.lan.interface_up("a", "med")
    scene.wait(1)
    gives_way(scene, began, back)


@story()
def test_a_backup_without_media_takes_nothing_until_it_is_mended(scene: Scene) -> None:
    """C-22: it could not serve; a master that falls silent is not replaced by another that is silent."""
    scene.lan.unplug("b", "med")
    began = scene.wait(0.5)
    scene.a.kill()
    scene.wait(2)
    assert not scene.said(began, "b", MASTERLY)
    scene.lan.plug("b", "med")
    scene.takes_over("b", began)
