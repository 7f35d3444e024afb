"""One server for each module, with a model that is as new for each test."""

from collections.abc import Iterator

import pytest

from tests.http.server import Model, Server, running


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On its unix socket alone."""
    with running(tmp_path_factory.mktemp("http")) as server:
        yield server


@pytest.fixture
def server(one_server: Server) -> Server:
    """With a model that nobody has written to."""
    one_server.does(lambda: one_server.model.__dict__.update(Model().__dict__))
    one_server.told.clear()
    return one_server
