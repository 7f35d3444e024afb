"""A worker that can no longer serve says so, and is ready again only when it can (C-22, C-24): no silent master."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.devices.address import parse_endpoint
from agent.devices.interface import index_of, link_fault
from agent.devices.send_watch import FAILED_NS, FIRST_REST_NS, LONGEST_REST_NS, SendWatch
from tests.devices.harness import MS, SECOND, Bench
from tests.devices.test_ts import packet

MEDIA_IN, MEDIA_OUT = "udp://239.1.1.1:5000?interface=med0", "udp://239.2.2.2:5000?interface=med0"
DATAGRAM = packet(256, 0) + packet(257, 0)


class Media:
    """A network namespace with med0, one end of a cable."""

    def __init__(self) -> None:
        self.namespace = f"usdev{os.getpid()}"
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        self.ip("link set lo up")
        self.plug_in()

    def ip(self, words: str) -> None:
        subprocess.run(["ip", "-n", self.namespace, *words.split()], check=True)

    def plug_in(self) -> None:
        """A new card."""
        self.ip("link add med0 type veth peer name far0")
        self.ip("link set far0 up")
        self.ip("link set med0 up")
        self.ip("addr add 10.77.0.1/24 dev med0")


@pytest.fixture
def media() -> Iterator[Media]:
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and iproute2")
    found = Media()
    yield found
    subprocess.run(["ip", "netns", "delete", found.namespace], check=True)


def is_ready(message: dict[str, Any]) -> bool:
    return message.get("report") == "ready"


def is_failed(message: dict[str, Any]) -> bool:
    return message.get("report") == "failed"


def said_ready_within(bench: Bench, limit_s: float) -> bool:
    """A `ready` in so long?"""
    bench.core.client.settimeout(limit_s)
    try:
        bench.core.expect(is_ready)
    except TimeoutError:
        return False
    return True


def hang_up(bench: Bench) -> None:
    """As core does after `failed`; the worker comes again."""
    bench.core.client.close()
    bench.core.accept(is_ready=False)


FAULTS = {
    "down": ("link set med0 down", "link set med0 up", "interface med0 is down"),
    "unplugged": ("link set far0 down", "link set far0 up", "interface med0 has no carrier"),
    "removed": ("link del med0", "", 'no interface "med0"'),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("role", ["input", "output"])
def test_an_interface_that_fails_after_ready_is_told_and_ready_comes_when_it_is_mended(
    tmp_path: Path, media: Media, role: str, fault: str
) -> None:
    """C-24, A1 of the adversary: neither a packet nor an order is needed for it."""
    spoil, mend, words = FAULTS[fault]
    bench = Bench(tmp_path, namespace=media.namespace)
    bench.input, bench.output = (MEDIA_IN, bench.output) if role == "input" else (bench.input, MEDIA_OUT)
    with bench:
        bench.core.accept()
        bench.core.grant(30)
        assert bench.core.order("open")["report"] == "opened"
        began_s = time.monotonic()
        media.ip(spoil)
        told = bench.core.expect(is_failed)
        assert time.monotonic() - began_s < 1
        assert (told["id"], words in told["error"], told["error"].startswith(f"{role} udp://239.")) == (0, True, True)
        hang_up(bench)
        assert not said_ready_within(bench, 0.7)
        media.ip(mend) if mend else media.plug_in()
        assert said_ready_within(bench, 3)


def test_no_ready_at_the_first_start_while_a_named_interface_is_down(tmp_path: Path, media: Media) -> None:
    """C-22: after a power cut the switch may come later than the unit."""
    media.ip("link set far0 down")
    with Bench(tmp_path, namespace=media.namespace, output=MEDIA_OUT) as bench:
        bench.core.accept(is_ready=False)
        assert not said_ready_within(bench, 0.7)
        answer = bench.core.order("open")
        assert (answer["report"], "no carrier" in answer["error"]) == ("failed", True)
        media.ip("link set far0 up")
        assert said_ready_within(bench, 3)


def test_an_output_that_takes_nothing_for_half_a_second_has_failed(tmp_path: Path) -> None:
    """C-24: every sendto fails (broadcast is not permitted). One failure is none; and there is no way yet, so no `ready`."""
    with Bench(tmp_path, output="udp://255.255.255.255:5000") as bench, bench.stream():
        bench.core.accept()
        bench.core.grant(30)
        opened_s = time.monotonic()
        assert bench.core.order("open")["report"] == "opened"
        told = bench.core.expect(is_failed)
        assert 0.5 <= time.monotonic() - opened_s < 1.5
        assert told["error"].startswith("No datagram has left for 0.5 s: output udp://255.255.255.255:5000: Permission denied")
        hang_up(bench)
        assert not said_ready_within(bench, 0.7)


def test_plain_loss_of_input_is_no_failure(tmp_path: Path) -> None:
    """S-26: the source may be silent for both units; it is in the status only."""
    with Bench(tmp_path, "input_timeout = 0.05") as bench:
        bench.core.accept()
        bench.send(DATAGRAM)
        bench.core.expect(lambda message: message.get("status", {}).get("input_lost_count") == 1)
        assert not any(map(is_failed, bench.core.backlog))


# The watch over the sends, without a clock ------------------------------------------------------------------------------


def watch(url: str = "udp://127.0.0.1:9") -> SendWatch:
    return SendWatch(parse_endpoint(url))


def fail_for(sends: SendWatch, start_ns: int, long_ns: int) -> int:
    """One failure each 10 ms; when the last one was."""
    for at_ns in range(start_ns, start_ns + long_ns + 1, 10 * MS):
        sends.note_failure("output x: broken.", at_ns)
    return start_ns + long_ns


def test_one_datagram_that_leaves_makes_it_good() -> None:
    sends = watch()
    now_ns = fail_for(sends, 0, FAILED_NS - 10 * MS)
    sends.note_success()
    fail_for(sends, now_ns, FAILED_NS - 10 * MS)
    assert sends.problem is None


def test_the_rest_after_a_failure_doubles_until_something_leaves() -> None:
    """A unit that preempts would else take the role, and lose it, every few seconds for ever."""
    rests: list[int] = []
    sends, now_ns = watch(), 0
    for _ in range(9):
        began_ns = now_ns = fail_for(sends, now_ns, FAILED_NS)
        assert sends.problem is not None
        while sends.problem is not None:
            now_ns += SECOND
            sends.check(now_ns)
        rests.append(now_ns - began_ns)
    assert rests[:3] == [FIRST_REST_NS, 2 * FIRST_REST_NS, 4 * FIRST_REST_NS]
    assert rests[-1] == LONGEST_REST_NS
    sends.note_success()
    began_ns = fail_for(sends, now_ns, FAILED_NS)
    sends.check(began_ns + FIRST_REST_NS)
    assert sends.problem is None


def test_without_a_way_to_the_receiver_the_problem_stays() -> None:
    sends = watch("udp://255.255.255.255:9")
    now_ns = fail_for(sends, 0, FAILED_NS)
    sends.check(now_ns + 10 * LONGEST_REST_NS)
    assert sends.problem is not None


def test_an_interface_is_looked_at_by_name() -> None:
    assert (index_of("lo"), link_fault("lo")) == (1, None)
    assert index_of("nowhere0") == 0
    assert "no interface" in (link_fault("nowhere0") or "")
