"""A real core with a real recorder: core never waits for it, and what it wrote replays."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.diagnostics.notes import whole_notes
from agent.diagnostics.replay import replay
from agent.diagnostics.segments import segments
from tests.core.bystander import Bystander
from tests.core.process import MS, SECOND, CoreProcess, FakeWorker, connect, wait_until
from tests.diagnostics.live import health, notes, recorder, words
from tests.netns.harness import Lan

pytestmark = pytest.mark.netns


@pytest.fixture(name="core")
def _core(tmp_path: Path) -> Iterator[CoreProcess]:
    with Lan(("a", "x")) as lan, CoreProcess(lan, tmp_path, priority=254) as made:
        yield made


def test_a_real_unit_replays_from_its_start_to_its_stop(core: CoreProcess) -> None:
    """Init, backup, claim, master, killed recorder, stop: the same again from the files, at the same ns."""
    with FakeWorker(core.socket_path):
        with recorder(core) as first:
            wait_until(
                lambda: any(effect[0] == "open" for note in notes(core) for effect in note.text.get("effects", [])), "open"
            )
            first.kill()
            first.wait()
        before = health(core)["notes"]
        wait_until(lambda: health(core)["notes"] != before, "notes that wait for the next recorder")
        with recorder(core):
            wait_until(lambda: "state" in words(core), "the state after a recorder's death")
            wait_until(lambda: words(core)[::-1].index("state") > 10, "ten notes after it")
            core.signal(signal.SIGTERM)
            core.process.wait(5)
    outcome = replay(notes(core))
    assert outcome.difference is None
    assert outcome.is_identical, outcome.problems
    told = [effect for note in notes(core) for effect in note.text.get("effects", []) if effect[0] == "transition"]
    assert [effect[3] for effect in told] == ["backup", "claiming", "master", "yielding", "off"]
    assert words(core).count("gap") == 1
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in segments(core.directory / "records"))


def test_a_recorder_that_does_not_read_costs_core_nothing_but_notes(core: CoreProcess) -> None:
    """It stands still while thousands of packets come: adverts go on, what was dropped is counted, and the next state says it."""
    other = Bystander(core.lan)
    with FakeWorker(core.socket_path) as worker, connect(core.socket_path, {"hello": "recorder", "pid": 1}) as client:
        worker.wait_for("open")
        before_ns, before = time.monotonic_ns(), len(worker.leases)
        while not health(core)["dropped"]:
            for _ in range(500):
                other.send(b"nothing that anybody understands " * 10)
            assert time.monotonic_ns() - before_ns < 20 * SECOND
        adverts = (time.monotonic_ns() - before_ns) // (core.interval_ms * MS)
        assert len(worker.leases) - before >= adverts - 2
        assert "gap" in heard_until(client, "state")
    other.close()


def heard_until(client: socket.socket, word: str) -> list[str]:
    """Read until there is such a note; the kinds of all."""
    found: list[str] = []
    while word not in found:
        found += [note.text["event"] for note in whole_notes(client.recv(1 << 20))[0]]
    return found


def test_a_full_disk_makes_a_hole_and_recording_goes_on_by_itself(core: CoreProcess) -> None:
    """A file system of 128 KiB: told once, and when there is room again the record goes on from a state, and replays."""
    folder = core.directory / "records"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(folder)], check=True)
    try:
        (folder / "ballast").write_bytes(bytes(100_000))
        with FakeWorker(core.socket_path), recorder(core) as process:
            wait_until(lambda: segments(folder) != [], "a segment")
            with suppress(OSError):
                (folder / "more").write_bytes(bytes(100_000))
            wait_until(
                lambda: "No space left" in str(health(core)["fault"]), "the fault, told to core: the last page is full", 15
            )
            assert health(core)["up"] is False
            assert process.poll() is None
            for name in ("ballast", "more"):
                (folder / name).unlink(missing_ok=True)
            wait_until(lambda: "state" in words(core), "the state after the hole", 10)
            wait_until(lambda: words(core)[::-1].index("state") > 10, "ten notes after it")
            wait_until(lambda: health(core)["up"] is True, "the word that all is well")
            assert health(core)["fault"] == ""
        outcome = replay(notes(core))
        assert outcome.is_identical, (outcome.difference, outcome.problems)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def stop_in_the_middle(core: CoreProcess, other: Bystander, delay_ms: int) -> None:
    """SIGTERM while it is busy with 500 notes."""
    before = len(words(core))
    with recorder(core) as process:
        wait_until(lambda: len(words(core)) > before, "notes")
        for _ in range(500):
            other.send(b"nothing that anybody understands " * 10)
        time.sleep(delay_ms / 1000)
        process.terminate()
        assert process.wait(5) == 0


def test_a_recorder_that_is_stopped_has_written_all_that_it_was_given(core: CoreProcess) -> None:
    """Issue 5: SIGTERM comes at any moment, between two notes or in the middle of one; nothing is missing at the end."""
    other = Bystander(core.lan)
    with FakeWorker(core.socket_path):
        for delay_ms in (0, 7, 15, 40):
            stop_in_the_middle(core, other, delay_ms)
    outcome = replay(notes(core))
    assert outcome.is_identical, (outcome.difference, outcome.problems)
    other.close()
