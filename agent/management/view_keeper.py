"""The newest view, for whoever reads it or waits for it; and how often core is asked for what it is made of.

Core is asked once a second while somebody looks, more seldom while nobody does, and tells of each change by itself. Making a view
takes 20 ms for 255 groups, so many changes in a row share one.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from math import inf

from agent.management.view_sources import ViewSources
from agent.management.viewer import Viewer
from agent.model.view import View

LOOKED_AT_S = 10.0
"""Whoever read so long ago may read again."""
ACTIVE_S, IDLE_S = 1.0, 5.0
SHARE_ACTIVE, SHARE_IDLE = 20, 100
"""A refresh takes at most a 20th (a 100th) of the time."""
BUILD_SHARE = 5
"""Views are made for at most a fifth of the time."""


class ViewKeeper:
    """`keep_fresh` and `publish` keep it going."""

    def __init__(self, sources: ViewSources) -> None:
        self._sources, self._viewer = sources, Viewer()
        self._view = self._viewer.view(sources.make(), is_stale=True)
        self._is_dirty, self._built_at_s, self._build_s, self._looked_at_s = False, 0.0, 0.0, time.monotonic()
        self._asked_at_s = -inf
        self._changed, self._subscribers = asyncio.Event(), set[asyncio.Event]()

    def note_change(self) -> None:
        """The view is not of now any more."""
        self._is_dirty = True
        self._changed.set()

    def view(self) -> View:
        """See Model. Makes a new one when there is something new and the last was not made just now."""
        self._looked_at_s = time.monotonic()
        return self.build() if self._is_dirty and self._looked_at_s >= self._next_build_s() else self._view

    async def fresh(self, max_age_s: float = 1.0) -> View:
        """See Model. Whoever comes this way asks core itself when it must: for it alone nothing is kept fresh."""
        if self._age_s() > max_age_s or not self._sources.link.is_connected:
            await self._refresh()
        return self.build()

    async def changes(self) -> AsyncIterator[View]:
        """See Model."""
        wake = asyncio.Event()
        self._subscribers.add(wake)
        try:
            while True:
                await wake.wait()
                wake.clear()
                yield self._view
        finally:
            self._subscribers.discard(wake)

    async def _refresh(self) -> None:
        asked_at_s = time.monotonic()
        await self._sources.refresh()
        self._asked_at_s = asked_at_s
        self.note_change()

    async def keep_fresh(self) -> None:
        """For ever. What somebody else has asked for meanwhile is not asked for again."""
        while True:
            started_s = time.monotonic()
            await self._refresh()
            await self._rest(time.monotonic() - started_s)

    async def _rest(self, took_s: float) -> None:
        """Longer after a slow answer, once: what others ask for keeps nobody from asking in time."""
        rest_s = max(self._period_s(), took_s * (SHARE_ACTIVE if self._is_watched else SHARE_IDLE))
        while rest_s > 0:
            await asyncio.sleep(rest_s)
            rest_s = self._period_s() - self._age_s() if self._sources.is_live else 0.0

    def _period_s(self) -> float:
        return ACTIVE_S if self._is_watched else IDLE_S

    @property
    def _is_watched(self) -> bool:
        return bool(self._subscribers) or time.monotonic() - self._looked_at_s < LOOKED_AT_S

    def _age_s(self) -> float:
        """Of what a view is made of: core's word, which others ask for too, and all that is asked with it here."""
        age_ms = self._sources.memory.age_ms
        return inf if age_ms is None else max(age_ms / 1000, time.monotonic() - self._asked_at_s)

    async def publish(self) -> None:
        """For ever: whoever waits for changes gets each new view, and the newest when they come faster than they can be made."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(max(0.0, self._next_build_s() - time.monotonic()))
            self._changed.clear()
            if self._subscribers:
                self.build()

    def _next_build_s(self) -> float:
        return self._built_at_s + BUILD_SHARE * self._build_s

    def build(self) -> View:
        """A new one, if anything has changed."""
        if self._is_dirty:
            started_s, before = time.monotonic(), self._view
            self._is_dirty = False
            self._view = self._viewer.view(self._sources.make(), is_stale=not self._sources.is_live)
            self._built_at_s = time.monotonic()
            self._build_s = self._built_at_s - started_s
            if self._view is not before:
                for wake in self._subscribers:
                    wake.set()
        return self._view
