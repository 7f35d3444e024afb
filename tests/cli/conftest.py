"""The command line beside a fake handover process, made anew for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fake_handover import Cli, cli_in


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """`cli("config", "show")` runs the real command."""
    with cli_in(tmp_path) as made:
        yield made
