"""Captures of the catalogue, played by tcpreplay onto a LAN on which a real unit sits: its own record tells the same story.

The unit takes the observer's seat: its id, priority and interval. What the observer itself said is left out, it says that now.
Its cable is plugged in when the capture begins, and tcpreplay runs in real time as core does: the machine is busy.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.diagnostics.explain import explain
from agent.diagnostics.frames import framed
from agent.diagnostics.replay import replay
from agent.diagnostics.timeline import Timeline, timeline_of
from agent.wire.codec import decode, encode
from agent.wire.keys import Keyring, make_key
from agent.wire.message import REQUIRED_TTL
from tests.core.process import MS, CoreProcess, Json, wait_until
from tests.diagnostics.live import notes, recorder, told
from tests.diagnostics.test_captures import CAUSES, PCAPS
from tests.netns.harness import Lan
from tests.pcaps.pcapfile import Frame, read_pcap, write_pcap

pytestmark = pytest.mark.netns
SLACK_MS = 100
"""A priority step (F-5): tcpreplay, core and this test share a busy machine."""
TARGET, PORT = "239.192.7.7", 7420
ETHERNET_BYTES = 14


@dataclass
class Seat(CoreProcess):
    """A unit in the observer's seat; its output is open as soon as it is told to be."""

    def settings(self) -> str:
        """See CoreProcess."""
        return f'{super().settings().partition("[device.rx]")[0]}[device.rx]\ndriver = "none"\n'


@dataclass(frozen=True)
class Capture:
    """One of pcaps/, as far as others speak in it."""

    name: str

    @property
    def expected(self) -> Json:
        """Observer and timeline."""
        found: Json = json.loads((PCAPS / f"{self.name}.expected.json").read_text())
        return found

    @property
    def key(self) -> str:
        """In hex; empty: the LAN had none."""
        return str(self.expected["observer"]["key"] or "")

    def others(self) -> list[Frame]:
        """All frames but the observer's own."""
        own = self.expected["observer"]["address"]
        return [frame for frame in read_pcap(PCAPS / f"{self.name}.pcap") if frame.source != own]

    def unsigned(self) -> list[Frame]:
        """The same from a LAN without a key."""
        return [self._unsigned(frame) for frame in self.others()] if self.key else self.others()

    def _unsigned(self, frame: Frame) -> Frame:
        message = decode(frame.payload, Keyring([make_key(bytes.fromhex(self.key))]))
        packet = framed(encode(message, Keyring()), frame.source, TARGET, PORT)
        return Frame(frame.time_ns, frame.data[:ETHERNET_BYTES] + packet)

    def core(self, lan: Lan, directory: Path, lan_lines: str = "") -> Seat:
        """It is not started yet."""
        observer = self.expected["observer"]
        (directory / "unit_id").write_text(f"{observer['unit_id']}\n")
        return Seat(lan, directory, observer["priority"], observer["interval_ms"], host="b", lan_lines=lan_lines)


@pytest.fixture(scope="module", name="lan")
def _lan() -> Iterator[Lan]:
    with Lan(("x", "b")) as lan:
        yield lan


@pytest.fixture(autouse=True)
def _plugged(lan: Lan) -> None:
    """However the test before it ended."""
    lan.plug("b")


@contextmanager
def player(lan: Lan, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """tcpreplay on host x, ready to begin: it does when it is given a line. -C: on a veth pair nobody had made the checksums."""
    replayer = ["sh", "-c", f"read go; exec tcpreplay-edit -q -C --timer=nano -i red0 {path}"]
    words = ["chrt", "-f", "10", "ip", "netns", "exec", lan.namespace("x"), *replayer]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def real_time() -> Iterator[None]:
    """Nobody gets in between."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def play(lan: Lan, frames: list[Frame], directory: Path, *, begins_with_plug: bool) -> None:
    """All of it, in the capture's own time."""
    path = directory / "others.pcap"
    write_pcap(path, frames)
    with player(lan, path) as process:
        with real_time():
            if begins_with_plug:
                lan.plug("b")
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        said, _ = process.communicate(timeout=20)
        assert f"{len(frames)} packets" in said.decode(), said.decode()


def recorded(core: CoreProcess, frames: int, changes: int) -> Timeline:
    """The record, when it has all frames in it and as many changes."""

    def is_whole() -> bool:
        found = timeline_of(notes(core))
        return len(heard_at_ns(found)) == frames and len(found.changes) >= changes

    wait_until(is_whole, f"{frames} frames and {changes} changes in the record")
    return timeline_of(notes(core))


def heard_at_ns(timeline: Timeline) -> list[int]:
    """When the frames of others came."""
    return [word.at_ns for word in timeline.words if not word.is_own]


@pytest.mark.parametrize("name", ["delayed", "kill", "stop", "freeze_master_seen"])
def test_a_capture_that_is_played_to_a_live_unit_gives_the_same_timeline(name: str, lan: Lan, tmp_path: Path) -> None:
    """Issue 5: the same changes for the same reasons at the same times, and the same cause; TTL 255 survives."""
    capture = Capture(name)
    expected, frames = capture.expected["transitions"], capture.unsigned()
    assert {frame.ttl for frame in frames} == {REQUIRED_TTL}
    core = capture.core(lan, tmp_path)
    lan.unplug("b")
    with core, recorder(core):
        wait_until(lambda: bool(notes(core)), "the record")
        play(lan, frames, tmp_path, begins_with_plug=True)
        timeline = recorded(core, len(frames), len(expected))
    changes = timeline.changes[: len(expected)]
    assert [(one.before, one.after, one.reason) for one in changes] == [
        (one["before"], one["after"], one["reason"]) for one in expected
    ]
    first = read_pcap(PCAPS / f"{name}.pcap")[0]
    begun_ns = heard_at_ns(timeline)[0] - (frames[0].time_ns - first.time_ns)
    for change, wanted in list(zip(changes, expected, strict=True))[1:]:
        assert (change.at_ns - begun_ns) / MS == pytest.approx(wanted["at_ms"], abs=SLACK_MS), wanted
    claim = next(change for change in changes if change.after == "claiming")
    assert explain(timeline, claim).cause.value == CAUSES[name]
    assert replay(notes(core)).is_identical


def test_with_authentication_an_old_capture_is_refused_and_counted(lan: Lan, tmp_path: Path) -> None:
    """C-20, issue 5: every packet has a right signature, and none is believed: nobody in it can prove that it lives now."""
    capture = Capture("kill")
    frames = capture.others()
    (tmp_path / "lan.key").write_text(f"{capture.key}\n")
    (tmp_path / "lan.key").chmod(0o600)
    core = capture.core(lan, tmp_path, f'key_file = "{tmp_path / "lan.key"}"')
    with core, recorder(core):
        wait_until(lambda: told(core, "member")["role"] == "master", "the role master")
        play(lan, frames, tmp_path, begins_with_plug=False)
        timeline = recorded(core, len(frames), 3)
        assert told(core, "member")["role"] == "master"
        packets = told(core, "member")["packets"]
    assert packets["rejected"] == {"unproven": len(frames)}
    assert packets["received"] == {}
    assert [change.after for change in timeline.changes] == ["backup", "claiming", "master"]
    assert [change.reason for change in timeline.changes][1] == "no_master_at_start"
    assert replay(notes(core)).is_identical
