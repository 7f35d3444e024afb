"""The socket on the LAN: kernel receive times, TTL, nothing that is not meant for it; IPv4, IPv6 and unicast peers."""

import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from agent.core.lan import Datagram
from agent.core.lan import Lan as LanSocket
from agent.settings.model import LanSettings
from tests.core.process import MS, SECOND
from tests.netns.harness import Lan
from tests.netns.harness.namespaces import inside, ip_batch

pytestmark = pytest.mark.netns
V4, V6, PORT = "239.192.7.7", "ff02::7:7", 7420
MULTICAST = [pytest.param({"multicast_address": V4}, id="ipv4"), pytest.param({"multicast_address": V6}, id="ipv6")]


@contextmanager
def joined(lan: Lan, host: str, interface: str = "red0", **settings: object) -> Iterator[LanSocket]:
    """A LAN socket on a host."""
    values = LanSettings(interface, **settings)  # type: ignore[arg-type]
    with inside(lan.namespace(host)):
        made = LanSocket(values, socket.if_nametoindex(interface))
    try:
        yield made
    finally:
        made.close()


def read(link: LanSocket) -> Datagram:
    """The next datagram; waits for it."""
    assert select.select([link], [], [], 5)[0], "nothing came within 5 s"
    found = link.receive()
    assert found is not None
    return found


def read_all(link: LanSocket) -> set[bytes]:
    """What waits."""
    found = set()
    while (datagram := link.receive()) is not None:
        found.add(datagram.data)
    return found


def stranger(lan: Lan, host: str = "x", interface: str = "red0", ttl: int = 255) -> socket.socket:
    """A plain sender that is free to do everything wrong."""
    with inside(lan.namespace(host)):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        index = socket.if_nametoindex(interface)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + struct.pack("=i", index))
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    return made


@pytest.mark.parametrize("settings", MULTICAST)
def test_what_one_unit_sends_every_unit_hears(lan: Lan, settings: dict[str, str]) -> None:
    """docs/protocol.md, Carriage: by multicast, with TTL 255, from the address of the sender."""
    with joined(lan, "a", **settings) as one, joined(lan, "x", **settings) as two:
        one.send(b"hello")
        heard = read(two)
        assert (heard.data, heard.ttl) == (b"hello", 255)
        assert heard.address == lan.address("a") if ":" not in settings["multicast_address"] else heard.address[:4] == "fe80"
        assert read(one).data == b"hello"  # its own, which the engine drops


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_unicast_peers_hear_one_another_and_nobody_else(lan: Lan, family: str) -> None:
    """docs/protocol.md, Carriage: routed sites."""
    addresses = {host: lan.address(host) for host in ("a", "x")}
    if family == "ipv6":
        for number, host in enumerate(addresses, 1):
            addresses[host] = f"fd77::{number}"
            ip_batch(lan.namespace(host), [f"addr add fd77::{number}/64 dev red0 nodad"])
    with (
        joined(lan, "a", multicast_address=None, peers=(addresses["x"],)) as one,
        joined(lan, "x", multicast_address=None, peers=(addresses["a"],)) as two,
    ):
        one.send(b"hello")
        heard = read(two)
        assert (heard.data, heard.ttl, heard.address) == (b"hello", 255, addresses["a"])
        assert one.receive() is None


def test_one_unreachable_peer_does_not_keep_the_others_from_hearing(lan: Lan) -> None:
    """C-02: sent is what reached anybody; it fails only when it left for nobody."""
    refused = "255.255.255.255"  # to which the kernel does not let this socket send
    with (
        joined(lan, "a", multicast_address=None, peers=(refused, lan.address("x"))) as one,
        joined(lan, "x", multicast_address=None, peers=(lan.address("a"),)) as two,
    ):
        one.send(b"hello")
        assert read(two).data == b"hello"
    with joined(lan, "a", multicast_address=None, peers=(refused,)) as one, pytest.raises(PermissionError):
        one.send(b"hello")


def test_a_unicast_port_has_one_owner(lan: Lan) -> None:
    """docs/protocol.md, Carriage: the kernel gives unicast packets to one socket; a second agent would make the first deaf."""
    peers = (lan.address("x"),)
    with (
        joined(lan, "a", multicast_address=None, peers=peers),
        pytest.raises(OSError, match="in use"),
        joined(lan, "a", multicast_address=None, peers=peers),
    ):
        pass


def wait_for_kernel_times(one: LanSocket, two: LanSocket) -> None:
    """The kernel begins to stamp some moments after the first socket of the machine has asked for it; until then, at reading."""
    for _ in range(200):
        one.send(b"probe")
        sent_ns = time.monotonic_ns()
        time.sleep(0.005)
        if read(two).received_at_ns - sent_ns < 3 * MS:
            return
    raise AssertionError("the kernel stamps no packets")


@pytest.mark.parametrize("settings", MULTICAST)
def test_receive_time_is_the_kernels_not_the_readers(lan: Lan, settings: dict[str, str]) -> None:
    """S-12, S-13: T counts from the arrival, however late the packet is read."""
    with joined(lan, "a", **settings) as one, joined(lan, "x", **settings) as two:
        wait_for_kernel_times(one, two)
        sent = []
        for _ in range(3):
            sent.append(time.monotonic_ns())
            one.send(b"%d" % len(sent))
            time.sleep(0.05)
        time.sleep(0.15)
        heard = [read(two) for _ in range(3)]
    late_ms = [(datagram.received_at_ns - at_ns) / MS for datagram, at_ns in zip(heard, sent, strict=True)]
    assert all(0 <= late < 3 for late in late_ms), late_ms


@pytest.mark.parametrize(("step_s", "name"), [(3600, "forward"), (-3600, "back"), (1e9, "far")])
def test_step_of_the_wall_clock_moves_no_receive_time_out_of_its_window(lan: Lan, step_s: float, name: str) -> None:
    """S-12 (keepalived#1529): an age can be wrong by the step; it is held between the last empty reading and now."""
    with joined(lan, "a") as link:
        assert link.receive() is None, name
        drained_ns = time.monotonic_ns()
        time.sleep(0.05)
        at_ns = link._monotonic(int(step_s * SECOND))
        assert drained_ns - MS <= at_ns <= time.monotonic_ns()


def test_true_age_within_the_window_is_kept(lan: Lan) -> None:
    """S-12: the clamp does not touch what is right."""
    with joined(lan, "a") as link:
        link.receive()
        time.sleep(0.05)
        expected_ns = time.monotonic_ns() - 20 * MS
        assert abs(link._monotonic(20 * MS) - expected_ns) < MS


@pytest.mark.parametrize("ttl", [1, 64, 254, 255])
def test_ttl_is_reported_as_it_arrived(lan: Lan, ttl: int) -> None:
    """docs/protocol.md, Carriage: the judgement is core's."""
    with joined(lan, "a") as link, closing(stranger(lan, ttl=ttl)) as sender:
        sender.sendto(b"x", (V4, PORT))
        assert read(link).ttl == ttl


@pytest.mark.parametrize("size", [0, 1, 512, 513, 1400, 20_000])
def test_oversize_datagram_is_cut_but_still_seen_to_be_oversize(lan: Lan, size: int) -> None:
    """docs/protocol.md: at most 512 bytes. What is longer arrives as 513, which the codec refuses; an empty one is one, too."""
    with joined(lan, "a") as link, closing(stranger(lan)) as sender:
        sender.sendto(bytes(size), (V4, PORT))
        assert len(read(link).data) == min(size, 513)


def test_other_groups_ports_and_interfaces_are_not_heard(lan: Lan) -> None:
    """S-02: also when another program on this machine has joined that group, or the same group elsewhere."""
    with (
        joined(lan, "a") as link,
        joined(lan, "a", multicast_address="239.192.7.8") as other_group,
        joined(lan, "a", interface="med0") as other_interface,
        closing(stranger(lan)) as sender,
        closing(stranger(lan, interface="med0")) as beside,
    ):
        heard: list[set[bytes]] = [set(), set(), set()]
        for _ in range(500):  # a busy machine may lose one, or bring it late
            sender.sendto(b"other group", ("239.192.7.8", PORT))
            sender.sendto(b"other port", (V4, PORT + 1))
            sender.sendto(b"unicast", (lan.address("a"), PORT))
            beside.sendto(b"other interface", (V4, PORT))
            sender.sendto(b"ours", (V4, PORT))
            time.sleep(0.005)
            for words, end in zip(heard, (link, other_group, other_interface), strict=True):
                words.update(read_all(end))
            if all(heard):
                break
    assert heard == [{b"ours"}, {b"other group"}, {b"other interface"}]


def test_datagrams_lost_to_a_full_buffer_are_counted(lan: Lan) -> None:
    """S-12: then a silence proves nothing (`Loop` treats it as a stall)."""
    with joined(lan, "a") as link, closing(stranger(lan)) as sender:
        link._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for number in range(200):
            sender.sendto(b"%d" % number, (V4, PORT))
        while link.receive() is not None:
            pass
        assert link.overflows == 0  # the kernel says so with the next one that arrives
        sender.sendto(b"next", (V4, PORT))
        read(link)
        assert 100 < link.overflows < 200


def test_interface_that_goes_while_the_socket_is_open_breaks_nothing(lan: Lan) -> None:
    """C-02: reading says "nothing", sending says OSError; neither blocks nor kills."""
    with joined(lan, "a") as link:
        lan.interface_down("a")
        assert link.receive() is None
        with pytest.raises(OSError, match=r"unreachable|down"):
            link.send(b"x")
        ip_batch(lan.namespace("a"), ["link del red0"])
        assert link.receive() is None
        with pytest.raises(OSError, match=r"device|unreachable|down"):
            link.send(b"x")


def test_interface_down_and_up_needs_no_new_socket(lan: Lan) -> None:
    """C-02: the membership survives; a short flap costs nothing."""
    with joined(lan, "a") as link, closing(stranger(lan)) as sender:
        lan.interface_down("a")
        link.receive()
        lan.interface_up("a")
        for _ in range(500):
            sender.sendto(b"again", (V4, PORT))
            if select.select([link], [], [], 0.01)[0]:
                break
        assert read(link).data == b"again"


def test_socket_that_cannot_be_made_says_so_and_leaks_nothing(lan: Lan) -> None:
    """C-02: core tries again four times a second, for as long as it takes."""
    with inside(lan.namespace("a")):
        for _ in range(20):
            with pytest.raises(OSError, match=r"No such device|Cannot assign"):
                LanSocket(LanSettings("red0"), 4711)


def test_loopback_will_do(lan: Lan) -> None:
    """The demo: two units on lo hear one another."""
    with joined(lan, "a", interface="lo") as one, joined(lan, "a", interface="lo") as two:
        one.send(b"hello")
        assert [read(two).data, read(one).data] == [b"hello"] * 2
