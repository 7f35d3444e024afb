"""What goes in and what comes out of a worker, stream by stream, through real sockets (S-26, S-27)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.devices.address import parse_endpoint
from agent.devices.sockets import destination, open_input, open_output
from agent.devices.ts import NULL_PACKET, PACKET_BYTES
from tests.devices.harness import Bench, fresh_port, fresh_url
from tests.devices.test_ts import RTP, packet


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One open worker that keeps PID 256 and 257, for all tests here."""
    with Bench(tmp_path_factory.mktemp("streams"), "pids = [256, 257, 8191]\ndrop_null = true") as bench:
        bench.core.accept()
        bench.core.grant(60)
        bench.core.order("open")
        yield bench


WHOLE = packet(256, 0) + packet(257, 0)


@pytest.mark.parametrize("head", [b"", RTP], ids=["plain", "rtp"])
def test_chosen_packets_come_out_in_order(bench: Bench, head: bytes) -> None:
    """S-26."""
    mixed = packet(256, 0) + packet(0, 0) + NULL_PACKET + packet(257, 0)
    assert bench.send_and_hear(head + WHOLE) == head + WHOLE
    assert bench.send_and_hear(head + mixed) == head + WHOLE


@pytest.mark.parametrize("garbage", [b"", b"\x47", b"hello", bytes(1316), b"\x80\x21" + bytes(10), bytes(65507)])
def test_what_is_no_transport_stream_stays_in(bench: Bench, garbage: bytes) -> None:
    """S-27: not one byte that is not the service leaves."""
    before = len(bench.ear.heard)
    bench.send(garbage)
    assert bench.send_and_hear(WHOLE) == WHOLE
    assert len(bench.ear.heard) == before + 1


def test_largest_datagram_passes(bench: Bench) -> None:
    """S-26: 348 packets are as many as UDP takes."""
    large = packet(256, 0) * 348
    assert len(large) == 65424
    assert bench.send_and_hear(large) == large


def test_broken_packets_are_filtered_out(bench: Bench) -> None:
    """S-26: a filter that cannot read a PID does not guess."""
    assert bench.send_and_hear(WHOLE + bytes(PACKET_BYTES) + b"\x47rest") == WHOLE


def test_what_was_wrong_with_the_input_is_in_the_status(bench: Bench) -> None:
    """S-26: counted, by kind."""
    before = _settled_status(bench)
    bench.send(b"no stream")
    bench.send(packet(300, 5) + bytes(PACKET_BYTES))
    bench.send(packet(300, 7) + packet(301, 0, is_error=True) + NULL_PACKET)
    after = _settled_status(bench)
    names = ("not_ts", "sync_errors", "continuity_errors_in", "transport_errors", "null_dropped")
    assert {name: after[name] - before[name] for name in names} == {
        "not_ts": 1,
        "sync_errors": 1,
        "continuity_errors_in": 1,
        "transport_errors": 1,
        "null_dropped": 1,
    }
    assert (after["pids"]["300"], after["muted"], after["send_errors"], after["late_sends"]) == (2, False, 0, 0)


def _settled_status(bench: Bench) -> dict[str, Any]:
    """A status that was made after now: one may be on its way. The pokes have no payload, so they count as nothing else."""
    poke = packet(256, 0, payload=False, adaptation=b"\xb7\x00")
    bench.send(poke)
    bench.core.status()
    bench.send(poke)
    return bench.core.status()


def test_output_that_cannot_be_reached_is_told_and_does_not_kill(tmp_path: Path) -> None:
    """D-06: sendto fails (broadcast is not permitted), the worker goes on; what happened and where to look is in the status."""
    with Bench(tmp_path, output="udp://255.255.255.255:5000") as bench:
        bench.core.accept()
        bench.core.grant(30)
        bench.core.order("open")
        bench.send(WHOLE)
        while not (status := bench.core.status())["send_errors"]:
            pass
        assert status["datagrams_out"] == 0
        assert status["last_error"].startswith("output udp://255.255.255.255:5000: Permission denied; see `ip link`")
        assert bench.core.order("mute")["report"] == "muted"


def test_ipv6_and_unicast_streams_pass(tmp_path: Path) -> None:
    """SA-4: both ends by literal address of either kind."""
    number = f"{fresh_port()}"[1:]
    with Bench(tmp_path, input=f"udp://[::1]:2{number}?interface=lo", output=f"udp://127.0.0.1:3{number}?interface=lo") as bench:
        bench.core.accept()
        bench.core.grant(30)
        bench.core.order("open")
        assert bench.send_and_hear(WHOLE) == WHOLE


@pytest.mark.skipif(os.geteuid() != 0, reason="needs CAP_NET_ADMIN")
def test_acting_address_need_not_be_set_on_this_machine() -> None:
    """C-19, Z-05: the stream keeps its source when another unit takes over; an own address must be there."""
    url = fresh_url()
    foreign = parse_endpoint(f"{url}&localaddr=10.99.99.99")
    with pytest.raises(OSError, match="Cannot assign requested address"):
        open_output(foreign)
    with open_input(parse_endpoint(url)) as ear, open_output(replace(foreign, is_borrowed=True)) as sender:
        ear.settimeout(5)
        sender.sendto(WHOLE, destination(foreign))
        data, (address, _) = ear.recvfrom(65536)
    assert (data, address) == (WHOLE, "10.99.99.99")


@pytest.mark.parametrize("host", ["[ff05::7420]", "[ff02::7420]", "239.1.1.1", "[::]", "127.0.0.1"])
def test_every_kind_of_address_can_be_opened(host: str) -> None:
    """SA-6: on the interface that is named (loopback has no route for IPv6 multicast, so nothing is sent here)."""
    endpoint = parse_endpoint(f"udp://{host}:{fresh_port()}?interface=lo")
    open_input(endpoint).close()
    open_output(endpoint).close()
