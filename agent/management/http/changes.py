"""GET /changes: server-sent events. First the whole view, then with each new state the rows that are new in it.

    event: view                              event: change
    id: 1f2e3d4c-512                         id: 1f2e3d4c-513
    data: {"revision": 512, "age_ms": 3,     data: {"revision": 513, "age_ms": 0, "stale": false,
           "stale": false, "tables": {…}}           "changed": {"member": [{"group": 7, …}]},
                                                    "removed": {"peer": [{"group": 7, "peer": 2}]}}

Who reads slowly gets the newest state and misses those between: nothing is queued but the one event that the socket has not
taken yet. `Last-Event-ID` of the present state: no whole view, it is known there.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from agent.management.http.paths import known, number_in, wanted_tables
from agent.management.http.reading import MAX_AGE_S, matches, tag_of
from agent.management.httpd.problems import Problem
from agent.model.arbiter import Model
from agent.model.json_values import Json, head_as_json, row_as_json, view_as_json
from agent.model.managed import Table
from agent.model.view import View

MAX_CLIENTS = 16
HEARTBEAT_S = 10.0
"""A comment after so long without news: a line that is dead is noticed."""
LEAST_GAP_S = 0.05
"""Between two events: a storm of changes is told in twenty pictures a second."""
_START = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Changes:
    """Counts its clients."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.clients = 0
        self._said: dict[tuple[int, int, str], tuple[View, View, bytes]] = {}

    def event(self, tables: Sequence[Table], before: View, after: View) -> bytes:
        """Of one step from view to view: made once, however many follow. The views are kept with it, so no id comes again."""
        key = (id(before), id(after), ",".join(table.name for table in tables))
        if key not in self._said:
            if len(self._said) >= MAX_CLIENTS:
                self._said.clear()
            self._said[key] = before, after, _event("change", after, difference(tables, before, after))
        return self._said[key][2]

    async def follow(self, request: Request) -> "Stream":
        """`?tables=…&refresh_s=1`: without it core is not asked, and only what happens is news. Problem 400, 503."""
        known(request, "tables", "refresh_s")
        tables, refresh_s = wanted_tables(request), number_in(request, "refresh_s", 0, 0, 3600)
        if self.clients >= MAX_CLIENTS:
            text = f"{self.clients} clients follow the changes already"
            raise Problem(503, text, "End one of them, or poll GET /api/v1/view", {"retry-after": "5"})
        await self._model.fresh(MAX_AGE_S)
        return Stream(self, self._model, tables, request.headers.get("last-event-id", ""), refresh_s)


class Stream:
    """One client, from now until it goes away or the face is stopped."""

    def __init__(self, owner: Changes, model: Model, tables: Sequence[Table], last: str, refresh_s: int) -> None:
        self._owner, self._model, self._tables, self._last = owner, model, tables, last
        self._refresh_s = refresh_s

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls a response."""
        self._owner.clients += 1
        gone = asyncio.create_task(_until_gone(receive))
        asking = asyncio.create_task(self._keep_fresh())
        views = self._model.changes()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _START})
            await self._follow(views, gone, send)
        finally:
            self._owner.clients -= 1
            gone.cancel()
            asking.cancel()
            with suppress(asyncio.CancelledError, RuntimeError):
                await _close(views)

    async def _keep_fresh(self) -> None:
        """Ages, leases and counters move by themselves; core tells of them when it is asked."""
        while self._refresh_s:
            await asyncio.sleep(self._refresh_s)
            await self._model.fresh(self._refresh_s / 2)

    async def _follow(self, views: AsyncIterator[View], gone: "asyncio.Task[None]", send: Send) -> None:
        """The next view is waited for before the present one is looked at: nothing falls between."""
        coming = asyncio.ensure_future(anext(views))
        try:
            await asyncio.sleep(0)
            shown = self._model.view()
            await _say(send, b"retry: 2000\n\n")
            if not matches(f'"{self._last}"', shown):
                await _say(send, _event("view", shown, view_as_json(shown, self._tables, time.monotonic_ns())))
            while not gone.done():
                await asyncio.wait((coming, gone), timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    await _say(send, b": still here\n\n")
                    continue
                newest = coming.result()
                coming = asyncio.ensure_future(anext(views))
                shown = await self._show(send, shown, newest)
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming

    async def _show(self, send: Send, before: View, after: View) -> View:
        """The view that the client has now."""
        if after.revision <= before.revision:
            return before
        await _say(send, self._owner.event(self._tables, before, after))
        await asyncio.sleep(LEAST_GAP_S)
        return after


def difference(tables: Sequence[Table], before: View, after: View) -> Json:
    """Rows of `after` that are not in `before` as they are, and the indices of those that have gone."""
    changed: dict[str, list[Json]] = {}
    removed: dict[str, list[Json]] = {}
    for table in tables:
        old, new = before.tables.get(table.name, {}), after.tables.get(table.name, {})
        if old is new:
            continue
        rows = [row_as_json(table, index, row) for index, row in new.items() if _is_other(old.get(index), row)]
        gone = [dict(zip((managed.name for managed in table.index), index, strict=True)) for index in old if index not in new]
        changed |= {table.name: rows} if rows else {}
        removed |= {table.name: [{**one} for one in gone]} if gone else {}
    return {**head_as_json(after, time.monotonic_ns()), "changed": changed, "removed": removed}


def _is_other(old: object, new: object) -> bool:
    return old is not new and old != new


def _event(name: str, view: View, data: Json) -> bytes:
    number = tag_of(view).removeprefix("W/").strip('"')
    return f"event: {name}\nid: {number}\ndata: {json.dumps(data)}\n\n".encode()


async def _say(send: Send, data: bytes) -> None:
    """Waits while the client does not read; the connection is cut when that lasts (connection.LIMIT_S)."""
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _close(views: AsyncIterator[View]) -> None:
    close = getattr(views, "aclose", None)
    if close is not None:
        await close()
