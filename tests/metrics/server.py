"""The real port beside a model that is none; and curl to ask it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.management.exposition.counts import Counts
from agent.management.exposition.sources import Sources
from agent.management.metrics.serve import serve
from agent.settings.faces import MetricsSettings
from tests.http.certificates import free_port
from tests.http.server import Reply, curl
from tests.management.fakes import eventually
from tests.management.served import Served
from tests.model.fake import FakeModel

USER, PASSWORD = "prometheus", "correct horse: battery"
HASH = "$2b$04$eE2x9/o3EyyWMw57GsRyb.w8xdZCrD.4p9DDn3lQkx0mTkKp2SB16"


class Model(FakeModel):
    """With counts, as a unit has."""

    def __init__(self) -> None:
        super().__init__()
        self.exposed = Sources(Counts())


class Server(Served):
    """On a port of its own."""

    def __init__(self, web_config: Path | None = None, **settings: Any) -> None:
        super().__init__(lambda tell: serve(self.model, self.settings, tell))
        self.port = free_port()
        self.settings = MetricsSettings(("127.0.0.1",), self.port, web_config, **settings)
        self.model = Model()

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
