"""What is a unit's own stays its own, through tracking, takeover and switchback (C-19, S-31, Z-08)."""

import pytest

from tests.netns.harness.config_scene import ConfigScene
from tests.netns.harness.documents import document, to_group, with_port
from tests.netns.harness.namespaces import ip_batch
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
OWN = {"a": "10.88.0.101", "b": "10.88.0.102"}
ACTING = "10.88.0.200"


class PortScene(ConfigScene):
    """Both units have an address of their own on the stream's network; the documents name the port, not the address."""

    def settle(self) -> None:
        for host, address in OWN.items():
            ip_batch(self.lan.namespace(host), [f"addr add {address}/24 dev med0"])
        super().settle()

    def put(self, host: str, group: int, version: int = 0, **more: object) -> str:
        """With what the port is on that unit, and a serial number that nobody else may see."""
        assert group == GROUP
        return put_with_own(self, host, version, **more)

    def pair(self) -> None:
        """The backup cannot serve before it knows which interface its port is."""
        self.b.wait_for("a master to pair with", lambda: self.b.ask("discover").get("masters"))
        assert self.b.command("pair", GROUP).exit_code == 0
        self.b.wait_for_digest(GROUP, self.digest)


def put_with_own(scene: ConfigScene, host: str, version: int, **more: object) -> str:
    made = with_port(document(GROUP, version, port="lan1"), "lan1", interface="med0", address=f"{OWN[host]}/24", **more)  # type: ignore[arg-type]
    done = scene.units[host].put(GROUP, made | {"unit": {"name": f"rack {host}", "serial": f"secret-{host}"}})
    assert done.exit_code == 0, done
    return scene.units[host].digest(GROUP)


def is_ready(scene: ConfigScene) -> None:
    scene.b.wait_for_seat(GROUP, "ready", lambda seat: seat["able"] and seat["configuration"]["readiness"] == 255)


def own_of(scene: ConfigScene, host: str) -> object:
    shown = scene.units[host].config("show", GROUP, "--part", "own")
    return shown["document"]


def sources(scene: ConfigScene, host: str, since_ns: int) -> set[str]:
    return {packet.src for packet in to_group(scene.sent(since_ns, host), GROUP)}


@story(PortScene)
def test_own_addresses_stay_on_each_unit_through_takeover_and_switchback(scene: PortScene) -> None:
    """C-19, S-31, Z-08: the backup lacks them at first and says so; then each unit sends from its own address."""
    assert "port.lan1.interface" in scene.b.command("status").output
    assert "secret-a" not in scene.b.command("config", "show", GROUP).output
    shared = scene.a.config("show", GROUP, "--part", "shared")["document"]
    own = with_port(shared, "lan1", interface="med0", address=f"{OWN['b']}/24") | {"unit": {"name": "rack b"}}
    done = scene.b.edit(GROUP, own)
    assert done.exit_code == 0, done
    assert scene.b.digest(GROUP) == scene.digest, "own values are in no digest"
    is_ready(scene)
    before = {host: own_of(scene, host) for host in "ab"}
    killed = scene.wait(0)
    assert sources(scene, "a", killed - 10**9) == {OWN["a"]}
    scene.a.kill()
    scene.takes_over("b", killed)
    scene.airs("b", GROUP, 0)
    assert sources(scene, "b", killed) == {OWN["b"]}
    scene.start("a")
    scene.wait_for_backup("a")
    back = scene.wait(0)
    assert scene.a.command("set-master", GROUP).exit_code == 0
    scene.takes_over("a", back)
    scene.airs("a", GROUP, 0)
    assert sources(scene, "a", back) == {OWN["a"]}
    assert {host: own_of(scene, host) for host in "ab"} == before


@story(PortScene)
def test_what_holds_only_while_acting_is_in_force_on_whoever_acts(scene: PortScene) -> None:
    """C-19: the acting address is handed over, and used by the unit that is on the air."""
    scene.b.edit(GROUP, with_port(document(GROUP, 0, port="lan1"), "lan1", interface="med0", address=f"{OWN['b']}/24"))
    is_ready(scene)
    digest = put_with_own(scene, "a", 1, acting_address=f"{ACTING}/24")
    scene.b.wait_for_digest(GROUP, digest)
    scene.airs("a", GROUP, 1)
    changed = scene.wait(0.2)
    assert sources(scene, "a", changed) == {ACTING}
    killed = scene.wait(0)
    scene.a.kill()
    claim = scene.takes_over("b", killed)
    scene.airs("b", GROUP, 1, claim.time_ns)
    assert sources(scene, "b", claim.time_ns) == {ACTING}
