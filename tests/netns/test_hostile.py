"""An outsider without the key, and a machine that has no time. Each test has the machine for itself."""

from collections.abc import Iterator, Sequence

import pytest

from tests.netns.harness import GROUP, BusyLoops, Flood, Flooded, InterfaceChurn, Packet
from tests.netns.harness.analysis import intervals_ms, reigns, role_changes, silence_ms
from tests.netns.harness.attacks import forged, garbage, malformed
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import PATIENCE_MS, Scene

pytestmark = [pytest.mark.netns, pytest.mark.usefixtures("alone")]
FLOOD_S = 3.0
RATE = 20_000


@pytest.fixture(scope="module")
def recorded() -> list[Packet]:
    """What the outsider has recorded before: the scene below adds to it."""
    return []


@pytest.fixture(scope="module")
def scene(recorded: list[Packet]) -> Iterator[Scene]:
    """One pair for all attacks. It has a past that can be replayed: a takeover, a changeover, a restart of both sides."""
    with Scene() as made:
        made.a.kill()
        made.takes_over("b", 0)
        made.a.start()
        made.wait_for_backup("a")
        assert made.a.command("set-master", GROUP).exit_code == 0
        made.takes_over("a", made.wait(0))
        made.wait_for_backup("b")
        made.b.kill()
        made.b.start()
        made.wait_for_backup("b")
        recorded += made.tap.packets()
        yield made


def suffer(scene: Scene, payloads: Sequence[bytes]) -> Flooded:
    """A flood in which the master and its stream go on as if nothing were there; then a moment for what it may have set off."""
    began = scene.wait(scene.interval + 0.1)
    flooded = Flood(scene.lan, "x", payloads, FLOOD_S, RATE).run()
    scene.wait(1.2)
    said = scene.tap.said(began)
    assert role_changes(said) == 0, reigns(said)
    assert max(intervals_ms(said, "a")) < scene.interval * 1000 + 50
    assert silence_ms(scene.sent(began)) < 500
    assert flooded.rate > RATE * 0.75, "the flood itself did not come about"
    return flooded


def test_garbage_changes_nothing(scene: Scene) -> None:
    """Bad input never kills anything: 20,000 datagrams a second of noise; adverts and stream go on."""
    suffer(scene, garbage())


def test_forged_packets_change_nothing(scene: Scene, recorded: list[Packet]) -> None:
    """C-04, C-21: every kind in everybody's name, unsigned and with a wrong key."""
    suffer(scene, forged(recorded, GROUP))


def test_replayed_packets_change_nothing(scene: Scene, recorded: list[Packet]) -> None:
    """Authentic is not fresh: claims, handovers and adverts of earlier boots and of this one."""
    kinds = {said.kind for said in scene.tap.said()}
    assert {Kind.ADVERT, Kind.CLAIM, Kind.HANDOVER, Kind.REQUEST, Kind.QUESTION, Kind.BEACON} <= kinds
    suffer(scene, [packet.payload for packet in recorded])


def test_malformed_packets_change_nothing(scene: Scene, recorded: list[Packet]) -> None:
    """Genuine packets, bent: rejected and counted, and not one timer moves (keepalived's master is silenced by these)."""
    suffer(scene, malformed([packet.payload for packet in recorded]))


def test_the_pair_still_fails_over_after_all_that(scene: Scene) -> None:
    """S-12: on time, to the microsecond that it would have been."""
    began = scene.wait(0)
    scene.a.kill()
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    scene.a.start()
    scene.wait_for_backup("a")


def test_a_takeover_during_a_flood_is_not_prevented(scene: Scene) -> None:
    """A flood may delay a takeover by its own length; here it lasts longer than we wait."""
    old, new = ("b", "a")
    flood = Flood(scene.lan, "x", garbage(), 5, RATE).start()
    killed = scene.wait(0.5)
    scene.units[old].kill()
    claim = scene.tap.wait_for(lambda said: said.host == new and said.kind == Kind.CLAIM, 8, killed)
    flood.wait()
    assert scene.overhead_ms(claim, old) >= 0
    scene.units[old].start()
    scene.wait_for_backup(old)


def keeps_its_beat_and_its_deadline(scene: Scene) -> None:
    began = scene.wait(5)
    said = scene.tap.said(began)
    assert role_changes(said) == 0
    assert max(abs(interval - 200) for interval in intervals_ms(said, "a")) < PATIENCE_MS
    killed = scene.wait(0)
    scene.a.kill()
    assert 0 <= scene.overhead_ms(scene.takes_over("b", killed), "a") < PATIENCE_MS
    scene.wait(0.5)


def test_starved_units_keep_their_beat_and_their_deadline() -> None:
    """Timing guarantee: four busy loops for two processors; no change of role, and the takeover is on time."""
    with Scene(interval=0.2) as scene, BusyLoops(4):
        keeps_its_beat_and_its_deadline(scene)


def test_units_on_a_machine_whose_interfaces_come_and_go_keep_their_beat_and_their_deadline() -> None:
    """Timing guarantee: on a host of containers the kernel's network lock is held for up to 0.1 s; core must not wait for it."""
    with Scene(interval=0.2) as scene, InterfaceChurn(2):
        keeps_its_beat_and_its_deadline(scene)
