"""Who is not entitled gets no configuration and gives none: refused, counted, and nothing has changed (Z-30, C-14)."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from agent.pki import UnitPaths
from tests.netns.harness import Flood, Tap
from tests.netns.harness.capture import tcp_port
from tests.netns.harness.config_scene import ConfigScene
from tests.netns.harness.configured import Site
from tests.netns.harness.documents import document
from tests.netns.harness.namespaces import inside
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns
PORT = 7421
DIGEST_AT = 80


def other_authority(scene: ConfigScene) -> UnitPaths:
    return Site(scene.lan.directory / "elsewhere", "elsewhere").issue("rx-b")


def expired(scene: ConfigScene) -> UnitPaths:
    past = datetime.now(UTC) - timedelta(days=30)
    return scene.site.issue("rx-b", out_dir=scene.lan.directory / "expired", days=10, now=past)


def other_group(scene: ConfigScene) -> UnitPaths:
    return scene.site.issue("rx-b", [GROUP + 1], out_dir=scene.lan.directory / "group")


def another_name(scene: ConfigScene) -> UnitPaths:
    return scene.site.issue("rx-z", out_dir=scene.lan.directory / "name")


def refused(scene: ConfigScene, host: str) -> dict[str, int]:
    """As status counts it."""
    counts = scene.units[host].ask("status")["refused"]
    assert isinstance(counts, dict)
    return counts


def is_refused(scene: ConfigScene, make: Callable[[ConfigScene], UnitPaths], newest: str) -> str:
    """b restarts with such a certificate, and does not get what a has; a or b counts it. The reasons."""
    before = refused(scene, "a")
    scene.b.stop()
    scene.b.certificates = make(scene)
    scene.start("b")
    scene.b.wait_for("a refusal", lambda: set(refused(scene, "b")) - {"unreachable"})
    scene.wait(0.5)
    assert scene.b.digest(GROUP) == scene.digest != newest, "the last good one stays"
    counted = refused(scene, "a")
    assert counted != before or set(refused(scene, "b")) - {"unreachable"}
    return " ".join({**counted, **refused(scene, "b")})


@story(ConfigScene)
def test_certificates_that_are_not_good_for_it_get_nothing(scene: ConfigScene) -> None:
    """Another authority, expired, another group, another unit's: each has its own word; a good one follows again at once."""
    good = scene.b.certificates
    scene.b.stop()
    done = scene.a.edit(GROUP, document(GROUP, 1))
    assert done.exit_code == 0, done
    newest = scene.a.digest(GROUP)
    kinds = {other_authority: "other-authority", expired: "expired", other_group: "other-group", another_name: "own-certificate"}
    for make, word in kinds.items():
        said = is_refused(scene, make, newest)
        assert word in said, (make.__name__, said)
    assert scene.a.digest(GROUP) == newest
    scene.b.stop()
    scene.b.certificates = good
    scene.start("b")
    scene.b.wait_for_digest(GROUP, newest)


def send(scene: ConfigScene, data: bytes) -> None:
    """From the outsider's host to the master's port; whatever comes back is of no interest, and it may close at once."""
    with inside(scene.lan.namespace("x")), suppress(ConnectionError):
        connection = socket.create_connection((scene.lan.address("a"), PORT), 5)
        with connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def recorded(scene: ConfigScene) -> bytes:
    """Everything that b sends in a connection of its own to a, from the first byte of TLS on, while it follows an edit."""
    with Tap(scene.lan, "red", tcp_port(PORT), ["b"]) as tap:
        scene.b.signal_one("handover", signal.SIGKILL)
        scene.digest = edited(scene)
        scene.b.wait_for_digest(GROUP, scene.digest)
        segments = [packet.payload for packet in tap.packets()]
    by_way: dict[bytes, list[bytes]] = {}
    for segment in segments:
        by_way.setdefault(segment[:2], []).append(segment[(segment[12] >> 4) * 4 :])
    return b"".join(list(by_way.values())[-1])


def edited(scene: ConfigScene) -> str:
    done = scene.a.edit(GROUP, document(GROUP, 2))
    assert done.exit_code == 0, done
    return scene.a.digest(GROUP)


@story(ConfigScene)
def test_strangers_on_the_lan_and_on_the_port_change_nothing(scene: ConfigScene) -> None:
    """Adverts with another digest and no key; no TLS; a whole connection of the backup, sent again: counted, and nothing else."""
    replay = recorded(scene)
    assert len(replay) > 1000
    advert = next(said.packet.payload for said in scene.tap.said() if said.host == "a" and said.digest == scene.digest)
    forged = [advert[:DIGEST_AT] + bytes([number]) * 32 + advert[DIGEST_AT + 32 :] for number in range(1, 50)]
    Flood(scene.lan, "x", forged, 1, 2000).run()
    send(scene, b"GET / HTTP/1.0\r\n\r\n")
    for _ in range(2):
        send(scene, replay)
    scene.a.wait_for("them counted", lambda: sum(refused(scene, "a").values()) >= 3)
    rejected = scene.b.status()["unit"]["rejected"] | scene.b.member()["packets"]["rejected"]
    assert rejected.get("bad_mac", 0) > 500, rejected
    assert "refused" in scene.a.command("status").output
    assert scene.b.group_status(GROUP)["tracking"]["state"] == "synced"
    assert scene.a.digest(GROUP) == scene.b.digest(GROUP) == scene.digest
