"""The real face beside a model that is none, in a thread with a loop of its own; and curl to ask it."""

import asyncio
import json
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from agent.management.http.serve import serve
from agent.model.answers import Answer
from agent.settings.faces import HttpSettings
from tests.management.fakes import eventually
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


class Server:
    """`told`: what the face said to people. `model` is shared with the loop; change it by `does`."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.settings = HttpSettings(socket=directory / "http.sock", **settings)
        self.model, self.told = Model(), list[str]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(serve(self.model, self.settings, self.told.append))
        self._loop.run_until_complete(asyncio.wait((self._task,)))

    def start(self) -> None:
        self._thread.start()

    def stop_now(self) -> None:
        """As faces.py does it: cancelled; to its end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        """And for good."""
        self.stop_now()
        self._loop.close()

    @property
    def ended(self) -> bool:
        """Without being asked to."""
        return not self._thread.is_alive()

    @property
    def failure(self) -> BaseException | None:
        """What `serve` raised."""
        return None if self._task.cancelled() else self._task.exception()

    def does(self, action: Callable[[], Any]) -> Any:
        """In the loop's thread."""

        async def act() -> Any:
            return action()

        return self.awaits(act())

    def awaits(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)

    def tasks(self) -> int:
        """How many the loop has, but for the one that counts."""
        return int(self.does(lambda: len(asyncio.all_tasks()))) - 1

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
