"""A LAN of two hosts: `a` is the core's, `x` the test's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.bystander import Bystander
from tests.core.process import CoreProcess
from tests.netns.harness import Lan


@pytest.fixture
def lan() -> Iterator[Lan]:
    """Made anew for every test: that takes 0.1 s."""
    with Lan(("a", "x")) as made:
        yield made


@pytest.fixture
def other(lan: Lan) -> Iterator[Bystander]:
    """Another unit of the group, stronger than the core under test."""
    made = Bystander(lan)
    yield made
    made.close()


@pytest.fixture
def core(lan: Lan, tmp_path: Path) -> Iterator[CoreProcess]:
    """P = 255 less 2 steps: T = 0.4 s at A = 0.1 s."""
    with CoreProcess(lan, tmp_path, priority=253) as made:
        yield made
