"""The real port beside a model that is none, in a thread with a loop of its own; and curl to ask it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.management.exposition.counts import Counts
from agent.management.metrics.serve import serve
from agent.settings.faces import MetricsSettings
from tests.http.certificates import free_port
from tests.http.server import Reply, curl
from tests.management.fakes import eventually
from tests.model.fake import FakeModel

USER, PASSWORD = "prometheus", "correct horse: battery"
HASH = "$2b$04$eE2x9/o3EyyWMw57GsRyb.w8xdZCrD.4p9DDn3lQkx0mTkKp2SB16"


class Model(FakeModel):
    """With counts, as a unit has."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = Counts()


class Server:
    """`told`: what the face said to people."""

    def __init__(self, web_config: Path | None = None, **settings: Any) -> None:
        self.port = free_port()
        self.settings = MetricsSettings(("127.0.0.1",), self.port, web_config, **settings)
        self.model, self.told = Model(), list[str]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(serve(self.model, self.settings, self.told.append))
        self._loop.run_until_complete(asyncio.wait((self._task,)))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._loop.close()

    @property
    def failure(self) -> BaseException | None:
        """What `serve` raised, when it has ended by itself."""
        return None if self._thread.is_alive() or self._task.cancelled() else self._task.exception()

    def does(self, action: Callable[[], Any]) -> Any:
        """In the loop's thread."""

        async def act() -> Any:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(5)

    def curl(self, path: str, *arguments: str, scheme: str = "http") -> Reply:
        return curl(f"{scheme}://127.0.0.1:{self.port}{path}", *arguments)


@contextmanager
def running(web_config: Path | None = None, **settings: Any) -> Iterator[Server]:
    """Up until the end of the block."""
    server = Server(web_config, **settings)
    server.start()
    try:
        eventually(lambda: is_open(server.port))
        yield server
    finally:
        server.stop()


def is_open(port: int) -> bool:
    """Does somebody listen there?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
