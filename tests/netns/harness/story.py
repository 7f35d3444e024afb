"""Stories: scenarios that do not disturb one another are told side by side, and each still is a test of its own.

    @story()
    def test_a_killed_master_is_replaced(scene: Scene) -> None: ...

The first story that pytest reaches starts all those that are selected; each test then waits for its own.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest

from tests.netns.harness.scene import Scene

LANES = 5
ALONE_S = 600
"""pytest counts the wait for all the others as well."""
AnyScene = TypeVar("AnyScene", bound=Scene)
TOLD_BY = "told_by_story"


class Told:
    """The stories of this session, running or told."""

    def __init__(self, tests: Iterable[Callable[..., object]]) -> None:
        self._stories = [tell for test in tests if (tell := getattr(test, TOLD_BY, None))]
        self._pool = ThreadPoolExecutor(LANES, "story")
        self._futures: dict[object, Future[None]] = {}

    def start(self) -> None:
        if not self._futures:
            self._futures = {tell: self._pool.submit(tell) for tell in self._stories}

    def outcome_of(self, tell: Callable[[], None]) -> None:
        """Raises what the story raised."""
        self.start()
        self._futures[tell].result()

    def wait_for_all(self) -> None:
        """For tests that need the machine for themselves."""
        for future in self._futures.values():
            future.exception()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def story(
    make: Callable[[], AnyScene] = Scene,  # type: ignore[assignment]
) -> Callable[[Callable[[AnyScene], None]], Callable[[Told], None]]:
    """A test whose `scene` is made by `make`, judged at the end, and runs beside the other stories."""

    def decorate(telling: Callable[[AnyScene], None]) -> Callable[[Told], None]:
        def tell() -> None:
            with make() as scene:
                telling(scene)

        def test(told: Told) -> None:
            told.outcome_of(tell)

        test.__name__, test.__doc__, test.__module__ = telling.__name__, telling.__doc__, telling.__module__
        setattr(test, TOLD_BY, tell)
        return test

    return decorate


def story_alone(
    make: Callable[[], AnyScene] = Scene,  # type: ignore[assignment]
) -> Callable[[Callable[[AnyScene], None]], Callable[[None], None]]:
    """The same, told when all others are over: one that takes so much of the machine that it would hold others up."""

    def decorate(telling: Callable[[AnyScene], None]) -> Callable[[None], None]:
        def test(alone: None) -> None:  # noqa: ARG001
            with make() as scene:
                telling(scene)

        test.__name__, test.__doc__, test.__module__ = telling.__name__, telling.__doc__, telling.__module__
        waiting: Callable[[None], None] = pytest.mark.timeout(ALONE_S)(test)
        return waiting

    return decorate
