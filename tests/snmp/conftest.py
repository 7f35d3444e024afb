"""One agent for the tests of a file that only read, and one for each test that changes something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.snmp.site import LOCALHOST, Site, running


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Groups 7 and 9; nobody changes anything."""
    with running(tmp_path_factory.mktemp("snmp")) as site:
        yield site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Groups 7 and 9; localhost may write by v2c."""
    with running(tmp_path, v2c_write_from=LOCALHOST) as found:
        yield found
