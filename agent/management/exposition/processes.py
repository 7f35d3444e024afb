"""The processes of this unit, children of one supervisor, as /proc tells: who is there, since when, and what each costs."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.settings.model import Settings

MAX_CHILDREN = 256
WATCH_S = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_NAMES = {"agent.core": "core", "agent.handover": "handover", "agent.diagnostics": "recorder", "agent.management": "management"}


@dataclass(frozen=True, slots=True)
class Process:
    """`started_ticks`: since the machine started."""

    pid: int
    started_ticks: int
    cpu_s: float
    memory_bytes: int


class Processes:
    """`look` reads them. `restarts`: by name, since management watches."""

    def __init__(self, settings: Settings, supervisor: int, proc: Path = Path("/proc")) -> None:
        self._settings_path, self._supervisor, self._proc = str(settings.path), supervisor, proc
        workers = [f"worker:{name}" for name, device in settings.devices.items() if device.has_worker]
        handover = ["handover"] if settings.handover else []
        recorder = ["recorder"] if settings.recorder.enabled else []
        self.names: Sequence[str] = ("core", *workers, *handover, *recorder, "management")
        self.found: dict[str, Process] = {}
        self.restarts = dict.fromkeys(self.names, 0)
        self._seen: dict[str, tuple[int, int]] = {}
        self._name_of: dict[tuple[int, int], str] = {}
        self._booted_at_s: float | None = None
        self.wanted = asyncio.Event()

    def look(self) -> None:
        """Once more. What cannot be read is not there."""
        found = {name: process for name, process in self._processes() if name in self.restarts}
        for name, process in found.items():
            now = (process.pid, process.started_ticks)
            self.restarts[name] += self._seen.get(name, now) != now
            self._seen[name] = now
        self.found = found
        self._name_of = {key: name for key, name in self._name_of.items() if self._seen.get(name) == key}

    async def watch(self) -> None:
        """For ever, from the first scrape on."""
        await self.wanted.wait()
        while True:
            await asyncio.sleep(WATCH_S)
            self.look()

    def started_at_s(self, process: Process) -> float:
        """Unix time, to the tick; 0: not known."""
        if self._booted_at_s is None:
            lines = self._read("stat").splitlines()
            found = next((line.split()[1] for line in lines if line.startswith("btime ")), "0")
            self._booted_at_s = float(found)
        return self._booted_at_s + process.started_ticks / _TICKS if self._booted_at_s else 0.0

    def _processes(self) -> Iterator[tuple[str, Process]]:
        for pid in self._children():
            with suppress(OSError, ValueError, IndexError):  # it has just ended
                process = self._process(pid)
                yield self._name(process), process

    def _children(self) -> list[int]:
        """Of the supervisor; when it has gone, this process alone is known."""
        pids = self._read(f"{self._supervisor}/task/{self._supervisor}/children").split()
        found = [int(pid) for pid in pids[:MAX_CHILDREN]]
        return found if os.getpid() in found else [*found, os.getpid()]

    def _process(self, pid: int) -> Process:
        fields = self._read(f"{pid}/stat").rpartition(")")[2].split()
        resident = int(self._read(f"{pid}/statm").split()[1])
        return Process(pid, int(fields[19]), (int(fields[11]) + int(fields[12])) / _TICKS, resident * _PAGE_BYTES)

    def _name(self, process: Process) -> str:
        key = (process.pid, process.started_ticks)
        if key not in self._name_of:
            self._name_of[key] = self._named(self._read(f"{process.pid}/cmdline").split("\0"))
        return self._name_of[key]

    def _named(self, words: Sequence[str]) -> str:
        """Empty: it is none of this unit's."""
        if "-m" not in words or self._settings_path not in words:
            return ""
        module, *rest = words[words.index("-m") + 1 :]
        return f"worker:{rest[0]}" if module == "agent.devices" and rest else _NAMES.get(module, "")

    def _read(self, name: str) -> str:
        """Empty when it cannot be read."""
        try:
            return (self._proc / name).read_text(errors="replace")
        except OSError:
            return ""
