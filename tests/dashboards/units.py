"""Real units on loopback, scraped by a real Prometheus: `understudy run FILE` with [metrics] on a port of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from agent.cli.demo.prometheus import HOST, free_ports
from tests.devices.harness import fresh_url
from tests.netns.harness.unit import MODULES, UNDERSTUDY, Done, keygen, table

INTERVAL_S = 0.3
SEAT: dict[str, object] = {
    "designation": "main",
    "priority": 254,
    "preempt": False,
    "advertisement_interval": INTERVAL_S,
    "device": "none",
}
RESERVE: dict[str, object] = {**SEAT, "designation": "reserve", "priority": 253}


@dataclass
class Lan:
    """A multicast address on loopback that no other unit has; units of one key hear one another."""

    directory: Path
    input: str = field(default_factory=fresh_url)
    output: str = field(default_factory=fresh_url)

    def __post_init__(self) -> None:
        address, _, port = fresh_url().removeprefix("udp://").partition("?")[0].partition(":")
        self.values: dict[str, object] = {"interface": "lo", "multicast_address": address, "port": int(port)}

    def key(self, name: str = "lan") -> Path:
        """Of this name; made when it is asked for first."""
        file = self.directory / f"{name}.key"
        if not file.exists():
            keygen(file)
        return file


@dataclass
class LoopUnit:
    """`seats`: by group, what differs from SEAT. `devices`: tables besides `none`. `more`: sections besides, by name."""

    lan: Lan
    name: str
    key: Path
    seats: dict[int, dict[str, object]]
    devices: dict[str, dict[str, object]] = field(default_factory=dict)
    more: dict[str, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_ports(1)[0]
        self.directory = self.lan.directory / self.name
        self.file = self.lan.directory / f"{self.name}.toml"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def instance(self) -> str:
        """As Prometheus calls it."""
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        """In a process group of its own, so that it can be killed whole."""
        self.file.write_text(self._settings())
        with (self.lan.directory / f"{self.name}.log").open("ab") as log:
            words = [str(UNDERSTUDY), "run", str(self.file)]
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)

    def scraped(self) -> dict[str, float]:
        """One scrape, by hand: series → value."""
        with urlopen(f"http://{self.instance}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {_series(sample.name, sample.labels): sample.value for sample in samples}

    def shows(self, series: str) -> bool:
        """Is it 1? Not while nobody answers."""
        with suppress(OSError):
            return self.scraped().get(series) == 1
        return False

    def kill(self) -> None:
        """All of its processes at once; twice is harmless."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def signal_one(self, process: str, number: int) -> None:
        """One kind of its processes (tests.netns.harness.unit.MODULES). AssertionError: there is none."""
        assert self._process is not None
        is_of_it = f" -m {MODULES.get(process)} "
        pids = (
            [self._process.pid] if process == "supervisor" else [one for one in self._pids() if is_of_it in _command(one) + " "]
        )
        assert pids, f"{self.name} has no {process}: {[_command(pid) for pid in self._pids()]}"
        for pid in pids:
            os.kill(pid, number)

    def command(self, *words: object) -> Done:
        """`understudy WORDS -c FILE`."""
        asked = [str(UNDERSTUDY), *map(str, words), "-c", str(self.file)]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
        return Done(done.returncode, (done.stdout + done.stderr).strip(), 0.0)

    def _pids(self) -> list[int]:
        assert self._process is not None
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.getpgid(int(entry.name)) == self._process.pid:
                    found.append(int(entry.name))
        return found

    def _settings(self) -> str:
        text = table("[unit]", {"name": self.name, "data_dir": str(self.directory)})
        text += table("[lan]", {**self.lan.values, "key_file": str(self.key)})
        sections: dict[str, dict[str, object]] = {"metrics": {"address": HOST, "port": self.port}, **self.more}
        text += "".join(table(f"[{name}]", section) for name, section in sections.items())
        for group, seat in self.seats.items():
            text += table("[[member]]", {"group": group, **SEAT, **seat})
        wanted = {str({**SEAT, **seat}["device"]) for seat in self.seats.values()}
        devices: dict[str, dict[str, object]] = {"none": {"driver": "none"}, **self.devices}
        return text + "".join(table(f"[device.{name}]", device) for name, device in devices.items() if name in wanted)


def _series(name: str, labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inside}}}" if inside else name


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def receiver(lan: Lan, address: str = "127.0.0.1") -> dict[str, object]:
    """A device that forwards the stream of this LAN."""
    return {"driver": "receiver", "input": lan.input, "output": f"{lan.output}&localaddr={address}"}


def generator(lan: Lan) -> subprocess.Popen[bytes]:
    """What the receivers forward; the caller ends it."""
    words: Sequence[str] = [sys.executable, "-m", "agent.devices.generator", "--to", lan.input, "--bitrate", "1000000"]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
