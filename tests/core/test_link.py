"""Carrier and existence of the LAN interface, asked and watched in a network namespace (C-01, C-02)."""

import select
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
