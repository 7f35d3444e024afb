"""A server on core 0, ours or a peer, for as long as it is loaded."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from bench.figure import median
from bench.native import SERVER_CORE, on_core
from tests.netns.harness import cpu_seconds

START_S = 60.0
ROOT = Path(__file__).parent.parent


def free_port(kind: socket.SocketKind) -> int:
    """Of 127.0.0.1; free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def python(module: str, *words: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, words)]


class Round(NamedTuple):
    """What one run of a load came to. `per_cpu_s`: what the server did in a second of its own processor time."""

    rate: float
    p99_us: float
    per_cpu_s: float
    lost: float = 0


class Serving:
    """`words`: the command. It serves from the moment when it prints a line that is `ready`, or `is_ready` says so."""

    def __init__(self, name: str, words: list[str], is_ready: Callable[[], object] | None = None) -> None:
        self.name, self._words, self._is_ready = name, words, is_ready

    def __enter__(self) -> Self:
        pipe = subprocess.DEVNULL if self._is_ready else subprocess.PIPE
        self._process = subprocess.Popen(on_core(SERVER_CORE, *self._words), stdout=pipe, stdin=subprocess.DEVNULL, cwd=ROOT)
        try:
            self._wait()
        except BaseException:
            self._process.kill()
            raise
        return self

    def _wait(self) -> None:
        if self._process.stdout and not any(line.strip() == b"ready" for line in self._process.stdout):
            raise RuntimeError(f"{self.name} has ended with exit code {self._process.wait()}")
        until_s = time.monotonic() + START_S
        while self._is_ready and not self._is_ready():
            if time.monotonic() > until_s or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} does not answer")

    def loaded(self, seconds: float, work: Callable[[], tuple[float, float, float]]) -> Round:
        """`work`: loads it for so long; what it did a second, p99 in µs, what was lost."""
        before_s = cpu_seconds([self._process.pid])
        rate, p99_us, lost = work()
        spent_s = max(0.01, cpu_seconds([self._process.pid]) - before_s)
        return Round(rate, p99_us, rate * seconds / spent_s, lost)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


Found = Mapping[tuple[str, str], list[Round]]
"""By server and load."""


def middle(found: Found, name: str, load: str) -> Round | None:
    """Medians of its rounds; None: it was not measured."""
    rounds = found.get((name, load))
    if not rounds:
        return None
    rate, p99_us, per_cpu_s, _ = (median(values) for values in zip(*rounds, strict=True))
    return Round(rate, p99_us, per_cpu_s, sum(one.lost for one in rounds))


def told(one: Round | None) -> str:
    if one is None:
        return "-"
    return f"{one.rate:,.0f}/s, p99 {one.p99_us / 1000:.2f} ms" + (f", {one.lost:.0f} lost" if one.lost else "")


def compared(ours: Round | None, theirs: Round | None, peer: str) -> str:
    """The ratio of the rates, and of what both do in a second of processor time: that one is right on a busy machine too."""
    if not ours or not theirs:
        return ""
    return f" ({ours.rate / theirs.rate:.2f} x {peer}; {ours.per_cpu_s / theirs.per_cpu_s:.2f} x by processor time)"


def is_met(ours: Round | None, theirs: Round | None, goal: float) -> bool | None:
    return ours.rate >= goal * theirs.rate if ours and theirs else None
