"""Fixtures for tests with real processes."""

from collections.abc import Iterator

import pytest

from tests.netns.harness.story import Told


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    """The stories among the selected tests."""
    stories = Told(item.function for item in request.session.items if isinstance(item, pytest.Function))
    yield stories
    stories.close()


@pytest.fixture
def alone(told: Told) -> None:
    """Nothing else runs: for tests that take the whole machine, or measure it."""
    told.wait_for_all()
