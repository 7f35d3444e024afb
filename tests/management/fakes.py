"""A core that is none: a real SEQPACKET server that says what a test wants. And a real management process beside it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.management.client import NotRunning, ask
from agent.settings.load import parse_settings
from agent.settings.model import Settings
from tests.settings.sample import SAMPLE

Json = dict[str, Any]
MEMBER: Json = {
    "group": 7,
    "device_type": 1,
    "designation": "main",
    "role": "backup",
    "state": "backup",
    "priority": 254,
    "preempt": False,
    "advertisement_interval_ms": 1000,
    "takeover_timeout_us": 1_200_000,
    "master": {"name": "rx-b", "unit_id": 5, "priority": 253, "age_ms": 12, "address": "10.0.0.2"},
    "last_transition": {"reason": "ready", "text": "…", "before": "init", "after": "backup", "at_ns": 1},
    "lease_remaining_ms": None,
    "takeover_in_ms": 1188,
    "fenced": True,
    "operation": None,
    "alarms": [],
    "peers": [],
    "packets": {"sent": {"beacon": 3}, "received": {"advert": 9}, "rejected": {"ttl": 2, "bad_mac": 1}},
    "of_a_later_version": {"passes": ["through", 1.5, None]},
}


class FakeCore:
    """Answers `ask` with MEMBER and each command with `outcome`; `is_mute`: reads and says nothing. `packets`: what came.

    It has not heard of any command that it has not answered."""

    def __init__(self, run_dir: Path) -> None:
        self.packets: list[Json] = []
        self.on_adjust: Callable[[Json], object] = lambda _adjust: None
        self.before_reply: Callable[[], object] = lambda: None
        self.outcome, self.adjust_outcome, self.is_mute = "done", "done", False
        self.member: Json = json.loads(json.dumps(MEMBER))
        self.boot: Json = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._path = run_dir / "core.sock"
        self._path.unlink(missing_ok=True)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self.client: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def commands(self) -> list[Json]:
        """Those that came, oldest first."""
        return [packet["command"] for packet in list(self.packets) if "command" in packet]

    @property
    def adjusts(self) -> list[Json]:
        """As commands."""
        return [packet["adjust"] for packet in list(self.packets) if "adjust" in packet]

    def close(self) -> None:
        """Die: the listener and the connection go away."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink()
        if self.client:
            with suppress(OSError):
                self.client.shutdown(socket.SHUT_RDWR)

    def say(self, value: Json | bytes) -> None:
        """One packet to management."""
        assert self.client
        self.client.send(value if isinstance(value, bytes) else json.dumps(value).encode())

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self.client, _ = self._listener.accept()
                with suppress(OSError):
                    while packet := self.client.recv(65536):
                        self._take(json.loads(packet))

    def _take(self, packet: Json) -> None:
        self.packets.append(packet)
        if "hello" in packet:
            self.say({"unit": {"name": "rx-a", "started_at_ns": time.monotonic_ns()}})
        if packet.get("ask") == "outcome" and not self.is_mute:
            self.say({"reply": {"id": packet["id"], "outcome": "unknown", "text": "never heard of it"}})
        if packet.get("ask") == "snapshot" and not self.is_mute:
            for value in (
                {"unit": {"name": "rx-a"} | self.boot},
                {"member": self.member},
                {"device": "rx", "status": {"pps": 1}},
            ):
                self.say(value)
            self.say({"snapshot": "end"})
        if "adjust" in packet and not self.is_mute:
            self.on_adjust(packet["adjust"])
            self.say({"reply": {"id": packet["adjust"]["id"], "outcome": self.adjust_outcome, "text": "as the test wants"}})
        if "command" in packet and not self.is_mute:
            self.before_reply()
            self.say({"reply": {"id": packet["command"]["id"], "outcome": self.outcome, "text": "as the test wants"}})


class Unit:
    """A settings file, its run directory, a fake core and a real management process."""

    def __init__(self, directory: Path, text: str) -> None:
        self.file = directory / "u.toml"
        self.file.write_text(text)
        self.settings: Settings = parse_settings(text, self.file)
        self.settings.run_dir.mkdir(parents=True, mode=0o700)
        self.control = self.settings.run_dir / "control.sock"
        self.core = FakeCore(self.settings.run_dir)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "agent.management", "--settings-path", str(self.file)]
        with self.file.open("rb") as text, (self.file.parent / "stderr").open("ab") as stderr:
            return subprocess.Popen(command, stdin=text, stderr=stderr)

    def ask(self, **request: Any) -> Json:
        """One request on the control socket."""
        return ask(self.control, request)

    def told(self) -> str:
        """What management said on stderr."""
        return (self.file.parent / "stderr").read_text()

    def wait_until_up(self) -> None:
        """Until management answers and has met core."""
        eventually(lambda: any("hello" in packet for packet in self.core.packets) and self.control.exists())
        eventually(lambda: can(lambda: self.ask(verb="journal")))

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(5)


def can(action: Callable[[], object]) -> bool:
    """Does it work now?"""
    try:
        action()
    except NotRunning:
        return False
    return True


@contextmanager
def running_unit(directory: Path, text: str = SAMPLE) -> Iterator[Unit]:
    """A unit that is up; stopped afterwards."""
    unit = Unit(directory, text)
    try:
        unit.wait_until_up()
        yield unit
    finally:
        unit.process.kill()
        unit.process.wait()
        with suppress(OSError):
            unit.core.close()


def eventually(is_true: Callable[[], object], limit_s: float = 15.0) -> None:
    """Wait for a condition, looking every 10 ms; AssertionError when it does not come."""
    until_s = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.01)


async def until(is_true: Callable[[], bool]) -> None:
    while not is_true():  # noqa: ASYNC110 (what is waited for says nothing)
        await asyncio.sleep(0.005)


def is_alive(pid: int) -> bool:
    """Does this process run (and is no zombie)?"""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def pss_kb(pid: int) -> int:
    """Proportional set size in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def environment(**more: str) -> dict[str, str]:
    """This one's, and more."""
    return {**os.environ, **more}
