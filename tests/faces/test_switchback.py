"""The forced switchback: a failover, the master is repaired, and one order on one face brings the service home."""

from collections.abc import Callable

import pytest

from agent.model.answers import Verb
from agent.model.lamps import BUTTONS
from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from tests.faces.manager import oid
from tests.faces.scene import FacesScene
from tests.management.fakes import eventually
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
MAX_GAP_MS = 60.0
"""Of the output while the role goes home: twelve datagrams. The bench has the real figure; here two processors are shared."""
SET_MASTER_COIL = GROUP_BASE + GROUP_STRIDE * GROUP + next(one.offset for one in BUTTONS if one.verb is Verb.SET_MASTER)


def by_snmp(scene: FacesScene) -> None:
    """v3 with privacy; what is read again is noAction."""
    done = scene.x.snmp("snmpset", scene.fa, oid("command"), "i", str(Verb.SET_MASTER.value))
    assert done.exit_code == 0, done
    assert scene.x.snmp_value(scene.fa, "command") == str(Verb.NO_ACTION.value)


def by_coil(scene: FacesScene) -> None:
    """It reads OFF again."""
    done = scene.x.mbpoll(scene.fa, 0, SET_MASTER_COIL, 1)
    assert done.exit_code == 0, done
    assert scene.x.modbus_value(scene.fa, 0, SET_MASTER_COIL) == 0


def by_http(scene: FacesScene) -> None:
    """The answer says that it is done; who asked, and why, is in the audit."""
    asked = {"verb": "set_master", "reason": "repaired"}
    status, said = scene.x.http(scene.fa, "POST", f"api/v1/members/{GROUP}/commands", asked)
    assert (status, said.get("outcome")) == (200, "done"), said
    _, audit = scene.x.http(scene.fa, "GET", "api/v1/audit")
    assert "noc" in str(audit)
    assert "repaired" in str(audit)


@story(FacesScene)
def test_one_order_on_any_face_brings_the_service_home(scene: FacesScene) -> None:
    """S-25, S-32, S-33, Z-39: one snmpset, one coil, one HTTP request; each after a failover, on the repaired master."""
    for number, order in enumerate((by_snmp, by_coil, by_http), 1):
        comes_home(scene, order)
        eventually(lambda number=number: homecomings(scene) == number, 20)  # type: ignore[misc]
        scene.wait_for_backup("b")


def comes_home(scene: FacesScene, order: Callable[[FacesScene], None]) -> None:
    """By `order`, given to a, and not before."""
    began = scene.wait(0.2)
    scene.a.kill()
    taken = scene.takes_over("b", began)
    scene.a.start()
    scene.wait_for_backup("a")
    scene.wait_until_served("a")
    asked = scene.wait(1)
    assert not scene.sent(taken.time_ns, "a"), "it stays muted until told"
    order(scene)
    scene.takes_over("a", asked, 5)
    scene.wait(0.5)
    assert 0 <= scene.gap_ms("b", "a", asked) < MAX_GAP_MS


def homecomings(scene: FacesScene) -> int:
    """Traps that say so, each of another happening."""
    scene.traps.read(0.05)
    home = [got.values for got in scene.traps.got if got.kind == "role_change" and got.values["after"] == "master"]
    return len({values["id"] for values in home if values["reason"] != "master_silent"})
