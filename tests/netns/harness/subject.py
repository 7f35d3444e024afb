"""What units and their rivals have in common: a set of processes on one host that is started, killed, frozen and weighed."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.netns.harness.lan import Lan
from tests.netns.harness.namespaces import processes_in, stat_fields

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def command_of(pid: int) -> str:
    """Its command line; empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def signal_all(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time so far. The kernel counts it in ticks of 10 ms, so measure over many seconds."""
    return sum(sum(map(int, stat_fields(pid)[11:13])) for pid in pids) / CLOCK_TICKS


def pss_bytes(pids: list[int]) -> int:
    """Memory with shared pages divided among those that share them."""
    return sum(_rollup(pid) for pid in pids)


def _rollup(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


@dataclass
class Subject:
    """The processes of one host of a LAN. Subclasses say what to start."""

    lan: Lan
    host: str

    def __post_init__(self) -> None:
        self._log_start = 0
        self._started: subprocess.Popen[bytes] | None = None
        self.directory = self.lan.directory / self.host
        self.directory.mkdir(exist_ok=True)

    def command_line(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """In the host's namespace and a session of its own; what it prints is kept in `log`."""
        words = ["ip", "netns", "exec", self.lan.namespace(self.host), *self.command_line()]
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._started = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.directory
            )

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def told(self) -> str:
        """What it has printed since its last start."""
        return self.log.read_bytes()[self._log_start :].decode(errors="replace")

    def pids(self) -> list[int]:
        """Oldest first, which is the parent."""
        return processes_in(self.lan.namespace(self.host))

    def kill(self) -> None:
        """Power off: every process at the same moment (some tens of microseconds).

        Stopped first, because a real-time child that learns of its parent's death says goodbye before its own signal comes.
        """
        while pids := self.pids():
            signal_all(pids, signal.SIGSTOP)
            signal_all(pids, signal.SIGKILL)
            self._reap()

    def freeze(self) -> None:
        signal_all(self.pids(), signal.SIGSTOP)

    def thaw(self) -> None:
        signal_all(self.pids(), signal.SIGCONT)

    def stop(self, timeout_s: float = 10.0) -> None:
        """As an administrator stops it: SIGTERM to the parent, and wait until all are gone."""
        if self._started:
            self._started.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._started.wait(timeout_s)
        self.kill()

    def exit_code(self) -> int | None:
        """None: it runs."""
        return self._started.poll() if self._started else None

    def _reap(self) -> None:
        if self._started:
            with suppress(subprocess.TimeoutExpired):
                self._started.wait(0.05)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
