"""A real unit: `understudy run FILE` on a host of a LAN."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.netns.harness.namespaces import is_zombie
from tests.netns.harness.subject import Subject, command_of, signal_all

UNDERSTUDY = Path(sys.executable).parent / "understudy"
GROUP = 7
INPUT, OUTPUT = "239.1.1.1", "239.2.2.2"
MODULES = {
    "core": "agent.core",
    "device": "agent.devices",
    "recorder": "agent.diagnostics",
    "management": "agent.management",
    "handover": "agent.handover",
}
PROCESSES = ("supervisor", "core", "device", "recorder", "management")
"""Of a unit without [handover]."""


@dataclass(frozen=True)
class Done:
    """What a command of the command line said, and how long it took."""

    exit_code: int
    output: str
    elapsed_s: float


@dataclass
class Unit(Subject):
    """`groups`: more than one have no output (driver none). `extra_lan`, `extra_member`: further lines of these tables."""

    priority: int = 254
    interval: float = 1.0
    preempt: bool = False
    designation: str = "main"
    key_file: Path | None = None
    groups: tuple[int, ...] = (GROUP,)
    extra_lan: dict[str, object] = field(default_factory=dict)
    extra_member: dict[str, object] = field(default_factory=dict)

    @property
    def takeover_timeout_us(self) -> int:
        """T of S-12, with this unit's interval and priority."""
        return round(self.interval * 1_000_000) + (256 - self.priority) * 100_000

    @property
    def skew_us(self) -> int:
        return (256 - self.priority) * 100_000

    @property
    def settings_file(self) -> Path:
        return self.directory / "unit.toml"

    def settings(self) -> str:
        lan = {"interface": "red0", **({"key_file": str(self.key_file)} if self.key_file else {}), **self.extra_lan}
        text = table("[unit]", {"name": f"rx-{self.host}", "data_dir": str(self.directory)}) + table("[lan]", lan)
        for group in self.groups:
            text += table("[[member]]", self._member(group)) + table(f"[device.rx{group}]", self._device())
        return text

    def _member(self, group: int) -> dict[str, object]:
        return {
            "group": group,
            "designation": self.designation,
            "priority": self.priority,
            "preempt": self.preempt,
            "advertisement_interval": self.interval,
            "device": f"rx{group}",
            **self.extra_member,
        }

    def _device(self) -> dict[str, object]:
        if len(self.groups) > 1:
            return {"driver": "none"}
        return {
            "driver": "receiver",
            "input": f"udp://{INPUT}:5000?interface=med0",
            "output": f"udp://{OUTPUT}:5000?interface=med0",
        }

    def command_line(self) -> list[str]:
        self.settings_file.write_text(self.settings())
        return [str(UNDERSTUDY), "run", str(self.settings_file)]

    def status(self) -> dict[str, Any]:
        """What `understudy status --json` shows; for setting a scene, never for judging it. Empty: no answer."""
        with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as control:
            control.settimeout(2)
            control.connect(str(self.directory / "run" / "control.sock"))
            control.sendall(b'{"verb": "status"}\n')
            answer: dict[str, Any] = json.loads(control.makefile().readline())
            return answer
        return {}

    def member(self, group: int = GROUP) -> dict[str, Any]:
        """Its seat in a group, as status tells it; empty while there is none."""
        status = self.status()
        members = status.get("status", status).get("members", [])
        return next((member for member in members if member.get("group") == group), {})

    def wait_until(self, is_wanted: Callable[[dict[str, Any]], bool], what: str, timeout_s: float = 10) -> None:
        limit = time.monotonic() + timeout_s
        while not is_wanted(self.member(self.groups[0])):
            if time.monotonic() > limit or self.exit_code() is not None:
                raise TimeoutError(f"{self.host} is not {what}; status {self.status()}; log:\n{self.told()[-2000:]}")
            time.sleep(0.05)

    def wait_for_role(self, *roles: str, timeout_s: float = 10) -> None:
        self.wait_until(lambda member: member.get("role") in roles, " or ".join(roles), timeout_s)

    def command(self, verb: str, *arguments: object, names_file: bool = True, timeout_s: float = 20) -> Done:
        """`understudy VERB ARGUMENTS -c FILE`, as a person types it on this host."""
        file = ["-c", str(self.settings_file)] if names_file else []
        words = ["ip", "netns", "exec", self.lan.namespace(self.host), str(UNDERSTUDY), verb, *map(str, arguments)]
        started = time.monotonic()
        done = subprocess.run([*words, *file], capture_output=True, text=True, timeout=timeout_s, check=False)
        return Done(done.returncode, (done.stdout + done.stderr).strip(), time.monotonic() - started)

    def pids_of(self, process: str) -> list[int]:
        """The pids of `supervisor`, `core`, `device` (one each) or `management`."""
        supervisor = self._started.pid if self._started else 0
        if process == "supervisor":
            return [] if is_zombie(supervisor) else [supervisor]
        module = MODULES[process]
        return [pid for pid in self.pids() if pid != supervisor and f" -m {module}" in command_of(pid).partition(" --")[0]]

    def signal_one(self, process: str, number: int) -> list[int]:
        """Freeze (SIGSTOP), thaw or kill one kind of process of the unit; the pids that there were."""
        pids = self.pids_of(process)
        if not pids:
            raise LookupError(f"{self.host} has no {process}: {[command_of(pid) for pid in self.pids()]}")
        signal_all(pids, number)
        return pids

    def freeze_one(self, process: str) -> list[int]:
        return self.signal_one(process, signal.SIGSTOP)


def table(head: str, values: dict[str, object]) -> str:
    """TOML; texts, numbers and truth values look the same in JSON."""
    return head + "\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()) + "\n"


def keygen(file: Path) -> bytes:
    """`understudy keygen FILE`, and the secret in it."""
    subprocess.run([str(UNDERSTUDY), "keygen", str(file)], check=True, capture_output=True, timeout=20)
    words = [word for line in file.read_text().splitlines() if not line.startswith("#") for word in line.split()]
    return bytes.fromhex(next(word for word in words if len(word) == 64))
