"""The real face beside a model that is none; and curl to ask it."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from agent.management.http.serve import serve
from agent.model.answers import Answer
from agent.settings.faces import HttpSettings
from tests.management.fakes import eventually
from tests.management.served import Served
from tests.model.fake import FakeModel

Json = dict[str, Any]


class Model(FakeModel):
    """With records, which B's has not."""

    done: Sequence[Json] = ({"operation": 4, "verb": "off", "phase": "done"}, {"operation": 5, "verb": "on", "phase": "running"})
    audited: Sequence[Json] = tuple({"number": number, "author": "ann"} for number in range(1, 201))

    def operations(self) -> Sequence[Mapping[str, object]]:
        return self.done

    async def audit(self, limit: int = 100) -> Sequence[Mapping[str, object]]:
        return self.audited[-limit:]

    async def verify_audit(self) -> Answer:
        return Answer(None, "whole")


class Reply(NamedTuple):
    """What curl got; `headers` by small names."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server(Served):
    """`model` is shared with the loop; change it by `does`."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        super().__init__(lambda tell: serve(self.model, self.settings, tell))
        self.settings = HttpSettings(socket=directory / "http.sock", **settings)
        self.model = Model()

    def curl(self, path: str, *arguments: str, unix: bool = True) -> Reply:
        """A path on the unix socket; a whole address otherwise."""
        way = ["--unix-socket", str(self.settings.socket), f"http://localhost{path}"] if unix else [path]
        return curl(*way, *arguments)

    def send(self, method: str, path: str, body: object, *arguments: str) -> Reply:
        """JSON."""
        kind = ("-H", "Content-Type: application/json")
        return self.curl(path, "-X", method, *kind, "--data-binary", json.dumps(body), *arguments)


def curl(*arguments: str) -> Reply:
    """The real one. AssertionError when it got no answer."""
    command = ["curl", "-sS", "-i", "--max-time", "10", *arguments]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert ended.returncode == 0, (ended.returncode, ended.stderr)
    return parsed(ended.stdout)


def parsed(raw: bytes) -> Reply:
    """The last answer of these (100 Continue comes before)."""
    while True:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        if first.split()[1] != "100":
            break
        raw = body
    headers = dict(line.split(": ", 1) for line in lines)
    return Reply(int(first.split()[1]), {name.lower(): value for name, value in headers.items()}, body)


@contextmanager
def running(directory: Path, **settings: Any) -> Iterator[Server]:
    """Up until the end of the block."""
    server = Server(directory, **settings)
    server.start()
    try:
        eventually(server.settings.socket.exists)
        yield server
    finally:
        server.stop()
