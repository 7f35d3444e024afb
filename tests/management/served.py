"""A face as faces.py runs it, in a thread with a loop of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

Serve = Callable[[Callable[[str], None]], Coroutine[Any, Any, None]]
"""Until cancelled; gets what hears its sentences."""


class Served:
    """`told`: what the face said to people."""

    def __init__(self, serve: Serve) -> None:
        self.told = list[str]()
        self._serve, self._loop = serve, asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._serve(self.told.append))
        self._loop.run_until_complete(asyncio.wait((self._task,)))

    def start(self) -> None:
        self._thread.start()

    def stop_now(self) -> None:
        """Cancelled; to its end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        """And for good."""
        self.stop_now()
        self._loop.close()

    @property
    def failure(self) -> BaseException | None:
        """What the face raised, when it has ended by itself."""
        return None if self._thread.is_alive() or self._task.cancelled() else self._task.exception()

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
