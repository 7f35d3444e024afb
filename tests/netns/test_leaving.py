"""A master that goes: killed, stopped, changed over, restarted. Judged from the wire and from the output."""

from itertools import pairwise

import pytest

from tests.netns.harness.analysis import MASTERLY, claims, gap_ms, overlap, reigns
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import MS, PATIENCE_MS, Scene
from tests.netns.harness.story import story
from tests.netns.harness.unit import GROUP
from tests.scapy_layer import REASONS

pytestmark = pytest.mark.netns


@story()
def test_a_killed_master_is_replaced_at_t_and_waits_when_it_returns(scene: Scene) -> None:
    """S-08, S-12, S-13, S-10, S-27, Z-37, C-26, F-5: the claim at T, the output after the claim, no return without a command."""
    assert not scene.sent(host="b"), "a backup's output is muted"
    began = scene.wait(0.2)
    scene.a.kill()
    claim = scene.takes_over("b", began)
    assert claim.kind == Kind.CLAIM, "the claim goes out before anything is loaded"
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    scene.wait(0.3)
    assert scene.sent(began, "b")[0].time_ns > claim.time_ns
    assert gap_ms(scene.sent(began), "a", "b") > 0
    returned = scene.wait(0)
    scene.a.start()
    scene.wait_for_backup("a")
    scene.wait(2 * scene.a.takeover_timeout_us / 1e6)
    assert reigns(scene.tap.said(returned)) == ["b"]
    assert not scene.sent(returned, "a")


@story(lambda: Scene(is_keyed=False))
def test_an_unauthenticated_pair_takes_over_and_changes_over_as_well(scene: Scene) -> None:
    """S-08, S-25: the LAN without a key."""
    began = scene.wait(0)
    scene.a.kill()
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    scene.a.start()
    scene.wait_for_backup("a")
    asked = scene.wait(0)
    assert scene.a.command("set-master", GROUP).exit_code == 0
    scene.takes_over("a", asked)
    scene.wait(0.3)
    assert overlap(scene.sent(asked), "b", "a") == 0


@story()
def test_a_stopped_master_names_its_successor_which_opens_at_once(scene: Scene) -> None:
    """S-07, D-60: planned work without a gap; priority 0, after the last datagram."""
    began = scene.wait(0.1)
    scene.a.stop()
    scene.takes_over("b", began)
    handover = scene.said(began, "a", [Kind.HANDOVER])[0]
    assert (handover.priority, REASONS[handover.reason]) == (0, "the agent is stopping")
    assert 0 < (scene.first_advert("b", began).time_ns - handover.time_ns) / MS < 2 * PATIENCE_MS
    assert scene.sent(began, "a")[-1].time_ns < handover.time_ns
    assert scene.a.exit_code() == 0
    scene.wait(0.3)
    assert overlap(scene.sent(began), "a", "b") == 0


@story(lambda: Scene(beacons=False))
def test_a_stopped_master_that_knows_no_successor_gives_up_three_times_and_the_backup_waits_its_skew(scene: Scene) -> None:
    """S-07, C-04, C-06, SA-2: without beacons only the master talks. Priority 0, 20 ms apart, after the last datagram."""
    scene.wait(4)  # a believes for 3.5 beacons what b said when it started
    began = scene.wait(0.1)
    scene.a.stop()
    claim = scene.takes_over("b", began)
    farewells = scene.said(began, "a", [Kind.GIVE_UP])
    assert [(said.priority, REASONS[said.reason]) for said in farewells] == [(0, "the agent is stopping")] * 3
    distances = [(later.time_ns - earlier.time_ns) / MS for earlier, later in pairwise(farewells)]
    assert all(19.9 <= distance < 20 + PATIENCE_MS for distance in distances), distances
    late_ms = (claim.time_ns - farewells[0].time_ns) / MS - scene.b.skew_us / 1000
    assert 0 <= late_ms < PATIENCE_MS
    assert scene.sent(began, "a")[-1].time_ns < farewells[0].time_ns
    scene.wait(0.3)
    assert overlap(scene.sent(began), "a", "b") == 0


@story()
def test_set_master_hands_over_within_milliseconds_and_back(scene: Scene) -> None:
    """S-25, S-32, S-33, D-06, D-63: mute, handover, claim, advert, in this order; the outputs do not overlap."""
    for old, new in (("a", "b"), ("b", "a")):
        asked = scene.wait(0.1)
        done = scene.units[new].command("set-master", GROUP)
        assert (done.exit_code, done.output != "") == (0, True)
        scene.takes_over(new, asked)
        scene.wait(0.3)
        handover = scene.said(asked, old, [Kind.HANDOVER])[0]
        assert handover.priority == 0
        assert scene.sent(asked, old)[-1].time_ns < handover.time_ns
        assert 0 < (scene.first_advert(new, asked).time_ns - handover.time_ns) / MS < 2 * PATIENCE_MS
        assert 0 < gap_ms(scene.sent(asked), old, new) < 2 * PATIENCE_MS + 1000 / scene.rate
        assert overlap(scene.sent(asked), old, new) == 0
        scene.wait_for_backup(old)
    assert reigns(scene.tap.said()) == ["a", "b", "a"]


@story()
def test_set_backup_names_the_backup_as_successor_and_is_refused_without_one(scene: Scene) -> None:
    """S-25, C-07: --force gives up all the same, and the role is taken back with an alarm when nobody comes."""
    asked = scene.wait(0.1)
    assert scene.a.command("set-backup", GROUP).exit_code == 0
    scene.takes_over("b", asked)
    scene.wait_for_backup("a")
    scene.a.kill()
    scene.wait(3.5)
    alone = scene.wait(0)
    refused = scene.b.command("set-backup", GROUP)
    assert refused.exit_code == 3, refused
    assert "force" in refused.output
    scene.wait(0.6)
    assert not scene.said(alone, "b", [Kind.GIVE_UP, Kind.HANDOVER])
    scene.b.command("set-backup", GROUP, "--force")
    left = scene.tap.wait_for(lambda said: said.kind == Kind.GIVE_UP, 5, alone)
    back = scene.takes_over("b", left.time_ns)
    assert (back.time_ns - left.time_ns) / MS > scene.b.takeover_timeout_us / 1000 - 1
    assert scene.b.member()["alarms"]


@story(lambda: Scene(interval=4.0))
def test_set_master_is_refused_while_the_master_does_not_answer(scene: Scene) -> None:
    """S-25: unreachable master: refused, and nothing happens to the role before its time."""
    scene.was_partitioned = True
    last = scene.tap.wait_for(lambda said: said.kind == Kind.ADVERT, 6, scene.wait(0))
    scene.lan.partition("a")
    refused = scene.b.command("set-master", GROUP)
    assert refused.exit_code == 3, refused
    assert "force" in refused.output
    assert not scene.said(last.time_ns, "b", MASTERLY), "it answered before T"
    claim = scene.takes_over("b", last.time_ns)
    assert 0 <= scene.overhead_ms_unheard(claim, "a", last.time_ns) < PATIENCE_MS


@story()
def test_units_that_start_together_listen_for_t_and_the_highest_priority_wins(scene: Scene) -> None:
    """C-22, S-04, D-61: after a power cut; nobody's output is open before somebody has claimed."""
    scene.a.kill()
    scene.b.kill()
    scene.wait(0.2)
    began = scene.wait(0)
    scene.b.start()
    scene.a.start()
    claim = scene.tap.wait_for(lambda said: said.kind in (Kind.CLAIM, Kind.ADVERT), 20, began)
    first_word = scene.said(began, claim.host)[0]
    assert (claim.time_ns - first_word.time_ns) / MS > scene.units[claim.host].takeover_timeout_us / 1000 - PATIENCE_MS
    scene.wait(2)
    assert not [packet for packet in scene.sent(began) if packet.time_ns < claim.time_ns]
    assert len(reigns(scene.tap.said(began))) == 1
    assert len({said.host for said in claims(scene.tap.said(), since_ns=began)}) == 1


@story()
def test_a_master_restarted_at_once_does_not_come_back_as_master(scene: Scene) -> None:
    """C-22, S-10, S-32: a new boot begins as a listener; the backup takes over on time although the old master talks."""
    began = scene.wait(0)
    scene.a.kill()
    scene.a.start()
    claim = scene.takes_over("b", began)
    assert 0 <= scene.overhead_ms(claim, "a") < PATIENCE_MS
    scene.wait_for_backup("a")
    scene.wait(2)
    assert reigns(scene.tap.said(began)) in (["a", "b"], ["b"])
    assert overlap(scene.sent(began), "a", "b") == 0


@story()
def test_a_second_agent_on_the_same_data_directory_is_refused_and_harms_nothing(scene: Scene) -> None:
    """The lock names the process that holds it."""
    began = scene.wait(0)
    second = scene.a.command("run", scene.a.settings_file, names_file=False)
    assert second.exit_code not in (0, 1)
    assert str(scene.a.pids_of("supervisor")[0]) in second.output, second.output
    scene.wait(1.5)
    assert reigns(scene.tap.said(began)) == ["a"]
