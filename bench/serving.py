"""A server on core 0, ours or a peer, for as long as it is loaded."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.native import SERVER_CORE, on_core

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


class Serving:
    """`words`: the command. With `says_ready` it serves from the moment when it prints a line that is `ready`."""

    def __init__(self, name: str, words: list[str], says_ready: bool = True) -> None:
        self.name, self._words, self._says_ready = name, words, says_ready

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE if self._says_ready else subprocess.DEVNULL
        self._process = subprocess.Popen(on_core(SERVER_CORE, *self._words), stdout=pipe, stdin=subprocess.DEVNULL, cwd=ROOT)
        if self._says_ready and self._process.stdout:
            line = next((line for line in self._process.stdout if line.strip() == b"ready"), None)
            if line is None:
                raise RuntimeError(f"{self.name} has ended with exit code {self._process.wait()}")
        else:
            time.sleep(1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
