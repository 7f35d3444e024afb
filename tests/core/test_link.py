"""Carrier and existence of the LAN interface, asked and watched in a network namespace (C-01, C-02)."""

import select
import subprocess
import sys
from collections.abc import Callable

import pytest

from agent.core.link import LinkMonitor, LinkState
from tests.netns.harness import Lan
from tests.netns.harness.namespaces import inside, ip_batch

pytestmark = pytest.mark.netns


@pytest.fixture
def monitor(lan: Lan) -> LinkMonitor:
    """Of red0 on host a."""
    with inside(lan.namespace("a")):
        return LinkMonitor("red0")


def state_after(monitor: LinkMonitor, change: Callable[[], None], is_there: Callable[[LinkState], bool]) -> LinkState:
    """Make a change; wait, on events alone, until it shows."""
    monitor.drain()
    change()
    while not is_there(state := monitor.ask()):
        assert select.select([monitor], [], [], 5)[0], f"no event; the state is {state}"
        monitor.drain()
    return state


def test_link_is_up(monitor: LinkMonitor) -> None:
    """C-02: with its index, by which the LAN is joined."""
    state = monitor.ask()
    assert state.is_up
    assert state.interface_index > 0


def test_pulled_cable_is_told_as_no_carrier_and_its_return_too(lan: Lan, monitor: LinkMonitor) -> None:
    """C-02: the interface is up, the carrier is not."""
    gone = state_after(monitor, lambda: lan.unplug("a"), lambda state: not state.is_up)
    assert "no carrier" in gone.detail
    assert gone.interface_index > 0
    assert state_after(monitor, lambda: lan.plug("a"), lambda state: state.is_up)


def test_interface_that_was_set_down_is_told_as_down(lan: Lan, monitor: LinkMonitor) -> None:
    """C-02: another remedy than for a cable."""
    gone = state_after(monitor, lambda: lan.interface_down("a"), lambda state: not state.is_up)
    assert gone.detail == "red0 is down"
    assert state_after(monitor, lambda: lan.interface_up("a"), lambda state: state.is_up)


def test_interface_that_was_deleted_and_made_again_has_another_index(lan: Lan, monitor: LinkMonitor) -> None:
    """C-02: a USB adapter or a VLAN that was pulled and put back."""
    first = monitor.ask()
    gone = state_after(monitor, lambda: ip_batch(lan.namespace("a"), ["link del red0"]), lambda state: not state.is_up)
    assert gone == LinkState(0, False, "there is no interface red0")
    again = [
        "link add red-a type veth peer name red0 netns " + lan.namespace("a"),
        "link set red-a master red up",
    ]

    def remake() -> None:
        ip_batch(lan.namespace("a"), ["link add pad0 type veth peer name pad1"])
        ip_batch(lan.switch, again)
        ip_batch(lan.namespace("a"), ["link set red0 up"])

    back = state_after(monitor, remake, lambda state: state.is_up)
    assert back.interface_index not in (0, first.interface_index)


@pytest.mark.parametrize("name", ["nope0", "red", "a-name-of-15-by", "äöü"])
def test_unknown_interface_is_said_to_be_missing(lan: Lan, name: str) -> None:
    """C-02: no exception, a sentence."""
    with inside(lan.namespace("a")):
        state = LinkMonitor(name).ask()
    assert state == LinkState(0, False, f"there is no interface {name}")


def test_storm_of_changes_loses_nothing(lan: Lan, monitor: LinkMonitor) -> None:
    """C-02: the events only wake; the answer is asked for, so an overrun of events does no harm."""
    flaps = [f"link set red0 {state}" for _ in range(300) for state in ("down", "up")]

    def flap() -> None:
        ip_batch(lan.namespace("a"), flaps)
        ip_batch(lan.namespace("a"), ["link set red0 down"])

    assert not state_after(monitor, flap, lambda state: not state.is_up).is_up
    monitor.drain()
    monitor.drain()  # the first ended with the kernel's word that some were lost
    assert not select.select([monitor], [], [], 0)[0]


def test_loopback_counts_as_up(lan: Lan) -> None:
    """The demo runs there."""
    with inside(lan.namespace("a")):
        assert LinkMonitor("lo").ask().is_up


FLAPS = """
import subprocess, time
from agent.core.link import LinkMonitor
monitor = LinkMonitor("pad0")
for _ in range(3):
    subprocess.run(["ip", "link", "set", "pad1", "up"], check=True)
    while not monitor.ask_twice().is_up:
        time.sleep(0.005)
    subprocess.run(["ip", "link", "set", "pad1", "down"], check=True)
    print(monitor.ask_twice().detail)
"""
"""In a process of its own: /sys shows the network namespace of whoever mounted it, and `ip netns exec` mounts it anew."""


def test_asked_twice_the_driver_has_the_last_word(lan: Lan) -> None:
    """C-02: the flags tell of a second loss within a second only when that is over; before a claim that is too late.

    Shown with a bridge and its only port: of a bridge the kernel tells as of a network card, of a veth at once.
    """
    port = ["link add pad1 type veth peer name pad2", "link set pad2 up", "link set pad1 master pad0"]
    ip_batch(lan.namespace("a"), ["link add pad0 type bridge forward_delay 0", "link set pad0 up", *port])
    words = ["ip", "netns", "exec", lan.namespace("a"), sys.executable, "-c", FLAPS]
    told = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout.splitlines()
    assert len(told) == 3
    assert all("carrier" in line for line in told), told
    assert "pad0 has just lost its carrier" in told


def test_where_sys_says_nothing_the_flags_decide(monitor: LinkMonitor) -> None:
    """C-02: here /sys is that of another namespace, which has no red0."""
    assert monitor.ask_twice() == monitor.ask()
    assert monitor.ask_twice().is_up


@pytest.fixture
def particular(lan: Lan) -> LinkMonitor:
    """Of red0 on host a, for a LAN that needs an IPv4 address."""
    with inside(lan.namespace("a")):
        return LinkMonitor("red0", needs_address=True)


def test_interface_without_an_address_is_of_no_use_where_one_is_needed(lan: Lan, particular: LinkMonitor) -> None:
    """C-02: what comes from 0.0.0.0 is heard by nobody. It comes back by itself, on the kernel's word."""
    address = f"{lan.address('a')}/24 dev red0"
    assert particular.ask().is_up
    change = [f"addr del {address}", f"addr add {address}"]
    gone = state_after(particular, lambda: ip_batch(lan.namespace("a"), change[:1]), lambda state: not state.is_up)
    assert "has no IPv4 address" in gone.detail
    assert state_after(particular, lambda: ip_batch(lan.namespace("a"), change[1:]), lambda state: state.is_up)


def test_interface_without_an_address_will_do_for_ipv6(lan: Lan, monitor: LinkMonitor) -> None:
    """docs/protocol.md, Carriage: there the kernel gives it one."""
    ip_batch(lan.namespace("a"), ["addr flush dev red0"])
    assert monitor.ask().is_up
