"""Is what a face shows recent enough to be told? Core is asked at most once a second, for all clients together (C-18)."""

import asyncio
import time
from collections.abc import Callable

from agent.model.arbiter import Model

MAX_AGE_NS = 1_000_000_000
PATIENCE_S = 0.3
"""A client waits no longer for core: PLCs give up after 0.5 or 1 s, managers ask again after one. It then gets the last known,
which says so."""


class Freshness:
    """`fresh_until_ns`: monotonic; until then nobody needs to ask."""

    def __init__(self, model: Model, tell: Callable[[str], None]) -> None:
        self._model, self._tell = model, tell
        self._question: asyncio.Task[None] | None = None
        self.fresh_until_ns = 0

    def is_fresh(self) -> bool:
        """May a read be answered at once? Also when core has just been asked, whatever came of it."""
        now_ns = time.monotonic_ns()
        if now_ns < self.fresh_until_ns:
            return True
        self.fresh_until_ns = self._model.view().made_at_ns + MAX_AGE_NS
        return now_ns < self.fresh_until_ns

    async def wait(self) -> None:
        """For a fresh view, or until it is clear that there is none. While core is known to be away nobody waits for it."""
        if self._question is None or self._question.done():
            self._question = asyncio.get_running_loop().create_task(self._ask())
        if not self._model.view().is_stale:
            await asyncio.wait({self._question}, timeout=PATIENCE_S)
        if not self._question.done():
            self._wait_no_more()

    async def _ask(self) -> None:
        try:
            await self._model.fresh(MAX_AGE_NS / 1e9)
        except Exception as error:  # answer all the same
            self._tell(f"the view could not be made fresh: {type(error).__name__}: {error}")
        self._wait_no_more()

    def _wait_no_more(self) -> None:
        """For a second nobody waits for what has just been asked."""
        self.fresh_until_ns = time.monotonic_ns() + MAX_AGE_NS

    def stop(self) -> None:
        """Nobody waits."""
        if self._question is not None:
            self._question.cancel()
