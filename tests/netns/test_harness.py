"""The harness proves itself on keepalived, so that a strange result later is the agent's and not the harness's."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.netns.harness import AddressWatch, BusyLoops, Flood, Keepalived, Kind, Lan, Said, Tap
from tests.netns.harness.analysis import first_after, last_before, reigns, role_changes
from tests.netns.harness.keepalived import VRRP_ADDRESS
from tests.netns.harness.namespaces import NAMESPACES, processes_in, socket_in

pytestmark = pytest.mark.netns
INTERVAL = 0.1


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan(("a", "b", "x", "src")) as made:
        yield made


class Pair:
    """Two keepalived, a is master and b its backup, with a tap."""

    def __init__(self, lan: Lan) -> None:
        self.lan = lan
        self.tap = Tap.vrrp(lan)
        self.a, self.b = Keepalived(lan, "a", 200, INTERVAL), Keepalived(lan, "b", 100, INTERVAL)

    def settle(self) -> None:
        self.a.start()
        self.tap.wait_for(lambda said: said.host == "a", 5)
        self.b.start()
        time.sleep(0.5)
        assert reigns(self.tap.said()) == ["a"]


@pytest.fixture
def pair(lan: Lan) -> Iterator[Pair]:
    made = Pair(lan)
    made.settle()
    yield made
    made.a.kill()
    made.b.kill()
    made.tap.close()


def is_from_b(said: Said) -> bool:
    return said.host == "b"


def first_after_return(pair: Pair) -> Said:
    """a came back as a backup (preempt is off); with b gone it speaks again, if it is really back."""
    return pair.tap.wait_for(lambda said: said.host == "a", 5, time.time_ns())


def test_a_kill_leads_to_a_takeover_at_the_rivals_own_deadline(pair: Pair) -> None:
    pair.a.kill()
    taken = pair.tap.wait_for(is_from_b, 3)
    last = last_before(pair.tap.said(), taken.time_ns, "a")
    overhead_us = (taken.time_ns - last.time_ns) / 1000 - pair.b.takeover_timeout_us
    assert -50 < overhead_us < 20_000
    assert pair.a.pids() == []
    assert pair.tap.dropped() == 0


def test_an_orderly_stop_is_seen_as_priority_zero(pair: Pair) -> None:
    pair.a.stop()
    taken = pair.tap.wait_for(is_from_b, 3)
    said = pair.tap.said()
    assert last_before(said, taken.time_ns, "a", [Kind.GIVE_UP]).priority == 0
    assert role_changes(said) >= 2


def test_a_frozen_host_says_nothing_and_a_thawed_one_goes_on(pair: Pair) -> None:
    with AddressWatch(pair.lan, ("a", "b"), VRRP_ADDRESS) as watch:
        pair.a.freeze()
        frozen_at = time.time_ns()
        pair.tap.wait_for(is_from_b, 3)
        assert not [said for said in pair.tap.said(frozen_at + 5_000_000) if said.host == "a"]
        pair.a.thaw()
        time.sleep(0.3)
        assert any(change.host == "b" and change.is_held for change in watch.changes)
    assert processes_in(pair.lan.namespace("a")) == pair.a.pids()


def test_unplugging_takes_the_carrier_and_plugging_gives_it_back(pair: Pair) -> None:
    pair.lan.unplug("a")
    assert not pair.lan.has_carrier("a")
    assert pair.lan.has_carrier("b")
    pair.tap.wait_for(is_from_b, 3)
    pair.lan.plug("a")
    assert pair.lan.has_carrier("a")
    pair.b.kill()
    assert first_after_return(pair).host == "a"


def test_a_silent_partition_keeps_the_carrier_and_makes_two_masters_until_it_heals(pair: Pair) -> None:
    pair.lan.partition("a")
    assert pair.lan.has_carrier("a")
    began = pair.tap.wait_for(is_from_b, 3).time_ns
    time.sleep(0.5)
    hosts = {said.host for said in pair.tap.said(began)}
    assert hosts == {"a", "b"}, "both advertise: neither hears the other"
    pair.lan.heal("a")
    time.sleep(0.5)
    assert reigns(pair.tap.said(time.time_ns() - 200_000_000)) == ["a"], "the higher priority wins"


def test_interface_down_inside_the_host_stops_it_and_up_brings_it_back(pair: Pair) -> None:
    pair.lan.interface_down("a")
    pair.tap.wait_for(is_from_b, 3)
    pair.lan.interface_up("a")
    pair.b.kill()
    assert first_after_return(pair).host == "a"


def test_the_tap_keeps_order_and_loses_nothing_in_a_flood(pair: Pair) -> None:
    began = time.time_ns()
    with Tap.redundancy(pair.lan, ["x"], port=4000) as flooded, BusyLoops(2):
        numbered = [number.to_bytes(4, "big") for number in range(100_000)]
        reached = Flood(pair.lan, "x", numbered, 1).to(port=4000).run()
        seen = [int.from_bytes(packet.payload, "big") for packet in flooded.packets()]
        assert reached.rate > 8_000  # of 20,000 on a machine that others use too
        assert seen == list(range(reached.sent))
        assert flooded.dropped() == 0
    assert first_after(pair.tap.said(), began, "a").interval_ms == INTERVAL * 1000


def test_a_tap_hears_a_host_only_on_its_own_port(pair: Pair) -> None:
    assert {packet.host for packet in pair.tap.packets()} == {"a"}
    assert {packet.src for packet in pair.tap.packets()} == {pair.lan.address("a")}
    times = [packet.time_ns for packet in pair.tap.packets()]
    assert times == sorted(times)
    assert 0 < time.time_ns() - times[-1] < 1_000_000_000


def test_nothing_is_left_after_a_lan_even_with_processes_in_it() -> None:
    with Lan(("a", "src")) as lan, Keepalived(lan, "a"):
        stem, directory = lan.stem, lan.directory
        lan.close()
        assert not directory.exists()
        assert not [path for path in NAMESPACES.iterdir() if path.name.startswith(f"{stem}-")]


def test_leftovers_of_a_killed_run_are_removed_by_the_next() -> None:
    makes_one = "lan = Lan(('a', 'src'))\nprint(lan.stem, lan.directory, flush=True)"
    script = f"import os\nfrom tests.netns.harness import Lan\n{makes_one}\nos._exit(9)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    stem, directory = done.stdout.split()
    assert (NAMESPACES / f"{stem}-a").exists()
    with Lan(("a",)):
        assert not (NAMESPACES / f"{stem}-a").exists()
        assert not os.path.exists(directory)  # noqa: PTH110


def test_sockets_open_in_the_namespace_and_the_thread_comes_home(lan: Lan) -> None:
    import socket

    with socket_in(lan.namespace("b"), socket.AF_INET, socket.SOCK_DGRAM) as inside:
        inside.bind((lan.address("b"), 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside, pytest.raises(OSError, match="assign"):
        outside.bind((lan.address("b"), 0))
