"""A handover process that is none: a real config.sock that answers what a test wants, and notes what was asked."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.management.fakes import environment
from tests.settings.sample import SAMPLE

Json = dict[str, Any]
Answer = Json | bytes | list[Json] | Callable[[Json, list[int]], Json]
"""A table; raw bytes; progress and then the answer; or what makes the answer from the request and its descriptors."""
HEAD_ID, OLD_ID = "ab" * 32, "cd" * 32


def revision(number: int = 12, identity: str = HEAD_ID, **more: Any) -> Json:
    """As the contract has it."""
    return {
        "group": 7,
        "number": number,
        "id": identity,
        "digest": "12345678" * 8,
        "parents": [OLD_ID] if number > 1 else [],
        "author": "ann",
        "face": "cli",
        "unit": "rx-a",
        "saved_at": "2026-01-02T03:04:05.678Z",
        "kind": "edit",
        "note": "lower symbol rate",
        "held": True,
        "head": identity == HEAD_ID,
    } | more


DOCUMENT: Json = {
    "identity": {"network_name": "north"},
    "carrier": [{"id": "c1", "input": "udp://239.1.1.1:5000", "frequency_khz": 11_234_000}],
}
GROUP: Json = {
    "group": 7,
    "head": revision(),
    "schema": "receiver",
    "tracking": {
        "state": "local",
        "master": "rx-a",
        "address": "",
        "lag_ms": None,
        "done_bytes": 0,
        "total_bytes": 0,
        "text": "",
    },
    "paired": True,
    "readiness": 255,
    "reasons": [],
    "pending": None,
    "rank": 10,
    "needed_capacity": 1,
    "capacity": 4,
}
STATUS: Json = {"groups": [GROUP], "certificate": None, "refused": {}, "port": 7421}
SHOWN: Json = {"revision": revision(), "document": DOCUMENT, "files": [], "missing": [], "class_of": {}}
DECISION: Json = {
    "id": "0123456789abcdef",
    "group": 7,
    "relation": "diverged",
    "opened_at": "2026-01-02T03:05:00.000Z",
    "master": {"unit": "rx-a", "address": "10.0.0.1", "revision": revision()},
    "backup": {"unit": "rx-b", "address": "10.0.0.2", "revision": revision(11, "ef" * 32, author="bob", unit="rx-b")},
    "base": revision(9, OLD_ID),
    "suggested": "master",
    "differences": [
        {"path": "carrier.c1.frequency_khz", "base": 11_000_000, "master": 11_234_000, "backup": 11_555_000, "side": "both"},
        {"path": "ncc.site", "base": None, "master": None, "backup": "north", "side": "backup"},
    ],
}


def done(**more: Any) -> Json:
    """An answer."""
    return {"outcome": "done", **more}


class FakeHandover:
    """`answers` by verb; `asked`: the requests, `came`: the content of the files that came with the last one."""

    def __init__(self, path: Path) -> None:
        self.answers: dict[str, Answer] = {"status": done(**STATUS), "show": done(**SHOWN)}
        self.asked: list[Json] = []
        self.came: list[bytes] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._is_frozen, self._mute = False, list[socket.socket]()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Die."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._mute:
            connection.close()

    def freeze(self) -> None:
        """Connect, and say nothing from now on."""
        self._is_frozen = True

    def last(self, verb: str) -> Json:
        """The last request of this verb."""
        return next(request for request in reversed(self.asked) if request["verb"] == verb)

    def verbs(self) -> list[str]:
        """In the order in which they were asked."""
        return [request["verb"] for request in self.asked]

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                if self._is_frozen:
                    self._mute.append(connection)
                    continue
                with connection, suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        data, files, _flags, _address = socket.recv_fds(connection, 65536, 64)
        while not data.endswith(b"\n"):
            data += connection.recv(65536)
        request = json.loads(data)
        self.asked.append(request)
        answer = self.answers.get(request["verb"], {"outcome": "refused", "text": "as the test wants"})
        for line in self._lines(answer, request, files):
            connection.sendall(line)
        for file in files:
            os.close(file)

    def _lines(self, answer: Answer, request: Json, files: list[int]) -> list[bytes]:
        if isinstance(answer, bytes):
            return [answer]
        if callable(answer):
            answer = answer(request, files)
        elif files:
            self.came = [os.pread(file, 1 << 20, 0) for file in files]
        said = answer if isinstance(answer, list) else [answer]
        return [json.dumps(line).encode() + b"\n" for line in said]


class Cli:
    """The real command line of a unit whose handover process is a fake."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.file = directory, directory / "u.toml"
        self.file.write_text(SAMPLE)
        (directory / "data" / "run").mkdir(parents=True)
        self.fake = FakeHandover(directory / "data" / "run" / "config.sock")

    def __call__(self, *arguments: str | Path, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """The command, ended; -c is added."""
        return run(*arguments, "-c", self.file, stdin=stdin, cwd=self.directory, **environ)


def run(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """`understudy …`, ended. With its own /tmp, so that a test sees what it leaves there."""
    command = [sys.executable, "-m", "agent", *map(str, arguments)]
    temporary = {"TMPDIR": str(cwd)} if cwd else {}
    environ = environment(**{"NO_COLOR": "1", "VISUAL": "", **temporary, **environ})
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20, check=False, env=environ, cwd=cwd)


@contextmanager
def cli_in(directory: Path) -> Iterator[Cli]:
    """A unit that is up; the fake dies afterwards."""
    cli = Cli(directory)
    try:
        yield cli
    finally:
        cli.fake.close()
