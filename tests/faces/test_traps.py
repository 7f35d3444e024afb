"""Traps of a real unit at a real snmptrapd, whatever happens to management in between."""

import signal
from collections import Counter

import pytest

from tests.faces.scene import FacesScene
from tests.netns.harness.story import story
from tests.snmp.trap_receiver import Got

pytestmark = pytest.mark.netns
SETTLED_S = 1.0
"""Who is killed between sending and noting that it has sent must send again; the number tells the receiver."""


def is_mastered(got: Got) -> bool:
    return got.kind == "role_change" and got.values["after"] == "master"


@story(FacesScene)
def test_a_restart_of_management_loses_no_trap_and_sends_none_twice(scene: FacesScene) -> None:
    """Issue 4: b becomes master while its management stands still and is killed then; the next one tells of it, once."""
    began = scene.wait(0)
    scene.b.freeze_one("management")
    scene.a.kill()
    scene.takes_over("b", began)
    scene.b.signal_one("management", signal.SIGKILL)
    told = scene.trap("b becomes master", is_mastered)
    assert (told.values["before"], told.values["reason"]) == ("backup", "master_silent")
    scene.trap("a is lost", lambda got: got.kind == "peer_lost")
    scene.wait(SETTLED_S)
    scene.b.signal_one("management", signal.SIGKILL)
    scene.wait_until_served("b")
    scene.a.start()
    scene.trap("a is back", lambda got: got.kind == "peer_back", 20)
    assert len([got for got in scene.traps.got if is_mastered(got)]) == 1
    numbers = Counter(got.values["id"] for got in scene.traps.got if "id" in got.values)
    assert set(numbers.values()) == {1}, f"sent twice: {numbers}"
