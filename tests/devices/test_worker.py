"""The worker as a process: nothing leaves without an order, nothing leaves without a lease (S-27, F-8, C-24)."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.devices.program import Programme
from tests.devices.harness import MS, Bench, FakeCore, wait_until


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A worker that has said `ready`."""
    with Bench(tmp_path) as bench:
        bench.core.accept()
        yield bench


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One such worker for many tests that change nothing: starting one takes a third of a second."""
    with Bench(tmp_path_factory.mktemp("shared")) as bench:
        bench.core.accept()
        yield bench


def _open(bench: Bench, lease_s: float) -> int:
    """Grant and open; when the lease ends."""
    until_ns = bench.core.grant(lease_s)
    assert bench.core.order("open")["report"] == "opened"
    return until_ns


def _wait_for_output(bench: Bench) -> None:
    before = len(bench.ear.heard)
    wait_until(lambda: len(bench.ear.heard) > before, "output")


def test_worker_says_who_it_is(tmp_path: Path) -> None:
    """C-24: the hello of the channel in docs/architecture.md."""
    with Bench(tmp_path) as bench:
        assert bench.core.accept() == {"hello": "device", "name": "rx", "pid": bench.worker.pid}


def test_nothing_leaves_before_open_even_under_a_lease(bench: Bench) -> None:
    """S-27: a locked backup mutes all data, also while a configuration is loaded."""
    with bench.stream():
        bench.core.grant(10)
        assert bench.core.order("load")["report"] == "loaded"
        time.sleep(0.2)
    assert bench.ear.heard == []


def test_nothing_leaves_when_opened_without_a_lease(bench: Bench) -> None:
    """C-24: the order alone does not open."""
    with bench.stream():
        assert bench.core.order("open")["report"] == "opened"
        time.sleep(0.2)
    assert bench.ear.heard == []


def test_opened_output_forwards_every_datagram_unchanged(bench: Bench) -> None:
    """S-27, the other side: the master's data leave, the next input datagram being the first."""
    _open(bench, 10)
    programme = Programme([256, 257])
    for number in range(20):
        datagram = programme.datagram(number, 0, number * 20 * MS)
        assert bench.send_and_hear(datagram) == datagram
    assert list(bench.core.page[1:3]) == [pytest.approx(time.monotonic_ns(), abs=300 * MS), 20]


def test_load_after_open_mutes(bench: Bench) -> None:
    """S-27: zero output also during config load, whatever the lease says."""
    with bench.stream():
        _open(bench, 10)
        _wait_for_output(bench)
        bench.core.order("load")
        loaded_ns = time.monotonic_ns()
        time.sleep(0.2)
    assert bench.ear.after(loaded_ns) == []


def test_after_muted_not_one_more_datagram_leaves(bench: Bench) -> None:
    """D-06: an order is done when it is answered. Twenty times, at 10 Mbit/s."""
    with bench.stream(10_000_000):
        for _ in range(20):
            _open(bench, 10)
            _wait_for_output(bench)
            assert bench.core.order("mute")["report"] == "muted"
            muted_ns = time.monotonic_ns()
            time.sleep(0.02)
            assert bench.ear.after(muted_ns) == []


def test_lease_ends_under_a_core_that_is_stopped(bench: Bench) -> None:
    """F-8, C-24: core does nothing more at all; the output is silent from the end of the lease, and not before."""
    with bench.stream(5_000_000):
        until_ns = _open(bench, 0.4)
        time.sleep(0.8)
    assert bench.ear.after(until_ns) == []
    assert len(bench.ear.after(until_ns - 50 * MS)) > 5


def test_renewed_lease_goes_on_without_an_order(bench: Bench) -> None:
    """C-02: a lease that lapsed and was granted again is core's decision; the last order in force is still open."""
    with bench.stream():
        _open(bench, 0.1)
        time.sleep(0.3)
        granted_ns = time.monotonic_ns()
        bench.core.grant(10)
        wait_until(lambda: bool(bench.ear.after(granted_ns)), "output under the new lease")


def test_killed_core_leaves_the_output_open_until_the_lease_ends(bench: Bench) -> None:
    """F-8: the death of core is not the death of the output, before the lease is over; after it, it is."""
    with bench.stream(5_000_000):
        until_ns = _open(bench, 0.6)
        bench.core.die()
        time.sleep(1.0)
    assert bench.ear.after(until_ns) == []
    assert len(bench.ear.after(until_ns - 50 * MS)) > 5


def test_new_core_gives_a_new_page_and_the_worker_starts_muted(bench: Bench) -> None:
    """C-22: whatever the old core allowed, the new one has opened nothing yet."""
    with bench.stream():
        _open(bench, 30)
        _wait_for_output(bench)
        bench.core.die()
        bench.core = FakeCore(bench.directory / "run")
        bench.core.accept()
        ready_ns = time.monotonic_ns()
        bench.core.grant(10)
        time.sleep(0.3)
        assert bench.ear.after(ready_ns) == []
        _open(bench, 10)
        wait_until(lambda: bool(bench.ear.after(ready_ns)), "output under the new core")


def test_heartbeat_turns_without_input_and_without_core(bench: Bench) -> None:
    """C-24: a heartbeat older than 1 s is a failed worker; an idle one beats every 0.2 s, on its old page."""
    bench.core.client.close()
    for _ in range(5):
        assert time.monotonic_ns() - bench.core.page[1] < 300 * MS
        time.sleep(0.1)


@pytest.mark.parametrize("attempt", range(3))
def test_worker_frozen_across_the_end_of_the_lease_sends_nothing_when_it_thaws(bench: Bench, attempt: int) -> None:
    """C-24: SIGSTOP before, SIGCONT after; the input is full of old datagrams, and none of them leaves."""
    with bench.stream(20_000_000):
        until_ns = _open(bench, 0.3)
        time.sleep(0.2 + attempt * 0.01)
        bench.signal(signal.SIGSTOP)
        time.sleep(0.3)
        thawed_ns = time.monotonic_ns()
        assert thawed_ns > until_ns
        bench.signal(signal.SIGCONT)
        time.sleep(0.2)
    assert bench.ear.heard
    assert bench.ear.after(until_ns) == []


def test_what_waited_while_the_worker_was_frozen_is_not_sent_when_it_opens(bench: Bench) -> None:
    """S-27: old stream is no stream; the first datagram that leaves is one that came after `open`. Nor is it called an error."""
    programme = Programme([256])
    bench.send(programme.datagram(0, 0, 0))
    bench.signal(signal.SIGSTOP)
    for number in range(1, 200):
        bench.send(programme.datagram(number, 0, number * MS))
    bench.core.grant(10)
    bench.core.client.send(b'{"order": "open", "id": 1000}')
    bench.signal(signal.SIGCONT)
    assert bench.core.expect(lambda message: message.get("id") == 1000)["report"] == "opened"
    fresh = programme.datagram(500, 0, 500 * MS)
    assert bench.send_and_hear(fresh) == fresh
    status = bench.core.expect(lambda message: message.get("status", {}).get("datagrams_in") == 201)["status"]
    assert (status["datagrams_out"], status["continuity_errors_in"]) == (1, 0)


def test_a_second_open_loses_nothing(bench: Bench) -> None:
    """C-02: an open output stays as it is."""
    with bench.stream(10_000_000) as generator:
        _open(bench, 10)
        _wait_for_output(bench)
        first = bench.ear.heard[0].marker
        for _ in range(20):
            assert bench.core.order("open")["report"] == "opened"
    assert first is not None
    wait_until(lambda: len(bench.ear.heard) == generator.sent - first.number, "every datagram since the first")


def test_kill_of_the_worker_silences_it_and_closes_the_channel(bench: Bench) -> None:
    """C-24: core sees the connection close."""
    with bench.stream():
        _open(bench, 10)
        _wait_for_output(bench)
        bench.worker.kill()
        while bench.core.client.recv(65536):
            pass


@pytest.mark.parametrize(
    ("packet", "order_id", "words"),
    [
        (b"{", 0, "not JSON"),
        (b"\xff\x00", 0, "not JSON"),
        (b"[" * 60000, 0, "not JSON"),
        (b"[]", 0, "not an object"),
        (b"{}", 0, "without a number"),
        (b'{"order": "open", "id": true}', 0, "without a number"),
        (b'{"order": "open", "id": 1e400}', 0, "without a number"),
        (b'{"order": "explode", "id": 9}', 9, "unknown order"),
        (b'{"order": ["open"], "id": 9}', 9, "unknown order"),
    ],
)
def test_garbage_order_is_answered_with_failed_and_changes_nothing(
    shared: Bench, packet: bytes, order_id: int, words: str
) -> None:
    """D-06: every order is answered; an output that is open stays open."""
    with shared.stream():
        _open(shared, 10)
        shared.core.client.send(packet)
        answer = shared.core.expect(lambda message: message.get("report") == "failed")
        assert answer["id"] == order_id
        assert words in answer["error"]
        _wait_for_output(shared)


def test_mute_without_a_number_mutes_all_the_same(shared: Bench) -> None:
    """S-27: silence is the safe side of a broken order."""
    with shared.stream():
        _open(shared, 10)
        shared.core.client.send(b'{"order": "mute"}')
        assert shared.core.expect(lambda message: message.get("report") == "failed")["id"] == 0
        muted_ns = time.monotonic_ns()
        time.sleep(0.1)
    assert shared.ear.after(muted_ns) == []


def test_page_that_is_too_small_is_refused(tmp_path: Path) -> None:
    """C-24: reading behind the end of a short page would kill the worker; it hangs up and comes again instead."""
    with Bench(tmp_path) as bench:
        bench.core.client, _ = bench.core._listener.accept()
        bench.core.send_page(8)
        bench.core.accept()
        assert bench.core.order("mute")["report"] == "muted"


def test_status_tells_what_happens(tmp_path: Path) -> None:
    """S-26: a backup reports its input while it is muted, and when it goes."""
    with Bench(tmp_path, "input_timeout = 0.2") as bench:
        bench.core.accept()
        with bench.stream():
            wait_until(lambda: bool(bench.core.status()["input_present"]), "input")
            status = bench.core.status()
        assert status["muted"] is True
        assert status["datagrams_out"] == 0
        assert status["bitrate_in_bps"] == pytest.approx(2_000_000, rel=0.15)
        assert set(status["pids"]) == {"0", "256", "257", "4096"}
        assert status["continuity_errors_in"] == status["sync_errors"] == status["not_ts"] == 0
        lost = bench.core.status()
        assert (lost["input_present"], lost["input_lost_count"]) == (False, 1)


def test_missing_interface_is_told_and_orders_fail_with_it(tmp_path: Path) -> None:
    """C-22: after a power cut the network comes late; the worker waits for it, and says what for."""
    with Bench(tmp_path, input="udp://239.1.1.1:5000?interface=nowhere0") as bench:
        bench.core.accept(is_ready=False)
        assert 'no interface "nowhere0"' in bench.core.status()["last_error"]
        answer = bench.core.order("open")
        assert answer["report"] == "failed"
        assert 'no interface "nowhere0"; see `ip link`' in answer["error"]
        assert bench.core.order("mute")["report"] == "muted"
        assert not [message for message in bench.core.backlog if message.get("report") == "ready"]


def test_fifty_megabits_for_two_seconds_without_loss(bench: Bench) -> None:
    """F-7: forwarding at 4750 datagrams a second costs no datagram, and well under one core."""
    _open(bench, 20)
    used_before_s = _cpu_s(bench.worker.pid)
    with bench.stream(50_000_000) as generator:
        wait_until(lambda: generator.sent >= 9500, "two seconds' datagrams; a busy machine sends them later")
    sent = generator.sent
    wait_until(lambda: len(bench.ear.heard) >= sent, "the last datagram")
    used_s = _cpu_s(bench.worker.pid) - used_before_s
    numbers = [heard.marker.number for heard in bench.ear.heard if heard.marker]
    assert numbers == list(range(sent))
    print(f"50 Mbit/s: {sent} datagrams, {used_s / 2:.1%} of one core")
    assert used_s / 2 < 0.6


def _cpu_s(pid: int) -> float:
    """User and system time of a process, from clock ticks of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
