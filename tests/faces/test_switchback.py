"""The forced switchback: a failover, the master is repaired, and one order on one face brings the service home."""

from collections.abc import Callable

import pytest

from agent.model.answers import Verb
from agent.model.lamps import BUTTONS
from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from tests.faces.manager import oid
from tests.faces.scene import FacesScene
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
MAX_GAP_MS = 60.0
"""Of the output while the role goes home: twelve datagrams. The bench has the real figure; here two processors are shared."""
SET_MASTER_COIL = GROUP_BASE + GROUP_STRIDE * GROUP + next(one.offset for one in BUTTONS if one.verb is Verb.SET_MASTER)


def comes_home(scene: FacesScene, order: Callable[[], None]) -> None:
    """By `order`, given to a, and not before."""
    began = scene.wait(0.2)
    scene.a.kill()
    taken = scene.takes_over("b", began)
    scene.a.start()
    scene.wait_for_backup("a")
    scene.wait_until_served("a")
    scene.wait(1)
    asked = scene.wait(0)
    assert not scene.sent(taken.time_ns, "a"), "it stays muted until told"
    order()
    scene.takes_over("a", asked, 5)
    scene.wait(0.5)
    assert 0 <= scene.gap_ms("b", "a", asked) < MAX_GAP_MS
    scene.trap("the role change of a", lambda got: got.kind == "role_change" and got.values["after"] == "master")


@story(FacesScene)
def test_one_snmpset_brings_the_service_home(scene: FacesScene) -> None:
    """S-25, S-32, S-33, Z-39: v3 with privacy; the command reads noAction again, the trap arrives."""

    def order() -> None:
        done = scene.x.snmp("snmpset", scene.fa, oid("command"), "i", str(Verb.SET_MASTER.value))
        assert done.exit_code == 0, done

    comes_home(scene, order)
    assert scene.x.snmp_value(scene.fa, "command") == str(Verb.NO_ACTION.value)


@story(FacesScene)
def test_one_coil_brings_the_service_home(scene: FacesScene) -> None:
    """S-25, S-32, S-33, Z-39."""

    def order() -> None:
        done = scene.x.mbpoll(scene.fa, 0, SET_MASTER_COIL, 1)
        assert done.exit_code == 0, done

    comes_home(scene, order)
    assert scene.x.modbus_value(scene.fa, 0, SET_MASTER_COIL) == 0


@story(FacesScene)
def test_one_http_request_brings_the_service_home(scene: FacesScene) -> None:
    """S-25, S-32, S-33, Z-39: the answer says that it is done, and who asked is in the audit."""

    def order() -> None:
        asked = {"verb": "set_master", "reason": "repaired"}
        status, said = scene.x.http(scene.fa, "POST", f"api/v1/members/{GROUP}/commands", asked)
        assert (status, said.get("outcome")) == (200, "done"), said

    comes_home(scene, order)
    _, audit = scene.x.http(scene.fa, "GET", "api/v1/audit")
    assert "noc" in str(audit)
    assert "repaired" in str(audit)
