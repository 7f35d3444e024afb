"""GET: the view, its tables and rows. Each answer says of which revision it is, how old, and whether core still answers."""

import json
import os
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from agent.management.http.paths import PREFIX, index_of, known, number_in, table_of, wanted_tables
from agent.management.httpd.problems import Problem
from agent.model.arbiter import Model
from agent.model.json_values import head_as_json, row_as_json, table_as_json, view_as_json
from agent.model.managed import Table
from agent.model.tables import TABLE
from agent.model.view import Index, View

MAX_AGE_S = 1.0
"""Core is asked again when the view is older."""
BOOT = os.urandom(4).hex()
"""Revisions count from the start of management: who comes back after a restart must not take the new 5 for the old."""
Make = Callable[[], object]


class Reading:
    """Answers from the model. What was made for one view is kept until there is another."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._view: View | None = None
        self._made: dict[str, bytes] = {}

    async def whole(self, request: Request) -> Response:
        """Every table (`?tables=unit,member`: those)."""
        known(request, "tables")
        tables = wanted_tables(request)
        view = await self._model.fresh(MAX_AGE_S)
        key = ",".join(table.name for table in tables)
        return self._answer(request, view, "tables", key, lambda: view_as_json(view, tables, 0)["tables"])

    async def collection(self, request: Request) -> Response:
        """`/members`: all rows; `/unit`: the one row."""
        known(request)
        table = table_of(request)
        view = await self._model.fresh(MAX_AGE_S)
        if not table.index:
            return self._answer(request, view, table.name, table.name, lambda: _row(table, (), view))
        return self._answer(request, view, request.path_params["collection"], table.name, lambda: table_as_json(table, view))

    async def rows(self, request: Request) -> Response:
        """`/members/7`: one row; `/peers/7`: all that begin so."""
        known(request)
        table, index = table_of(request), index_of(request)
        view = await self._model.fresh(MAX_AGE_S)
        if len(index) == len(table.index):
            found = _row(table, index, view)
            return self._answer(request, view, table.name, f"{table.name}{index}", lambda: found)
        return self._answer(
            request, view, request.path_params["collection"], f"{table.name}{index}", lambda: table_as_json(table, view, index)
        )

    async def events(self, request: Request) -> Response:
        """`?since=N`: those with a greater number, oldest first."""
        known(request, "since")
        since, table = number_in(request, "since", 0), TABLE["event"]
        view = await self._model.fresh(MAX_AGE_S)

        def newer() -> object:
            rows = view.tables.get("event", {})
            return [row_as_json(table, index, row) for index, row in rows.items() if index[0] > since]

        return self._answer(request, view, "events", f"events{since}", newer)

    def _answer(self, request: Request, view: View, name: str, key: str, make: Make) -> Response:
        """304 when the client has it. The age is of now, so the tag is a weak one: same state, not same bytes."""
        headers = {"etag": tag_of(view), "cache-control": "no-cache"}
        if matches(request.headers.get("if-none-match", ""), view):
            return Response(status_code=304, headers=headers)
        head = json.dumps(head_as_json(view, time.monotonic_ns())).encode()
        body = b'%s, "%s": %s}' % (head[:-1], name.encode(), self._json(view, key, make))
        return Response(body, headers=headers, media_type="application/json")

    def _json(self, view: View, key: str, make: Make) -> bytes:
        if view is not self._view:
            self._view, self._made = view, {}
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = json.dumps(make()).encode()
        return found


def _row(table: Table, index: Index, view: View) -> object:
    """Problem 404 when there is none."""
    row = view.row(table.name, index)
    if row is None and not table.index:
        raise Problem(
            503, "Nothing is known of the unit yet: core has not answered", "Try again in a second; GET /-/ready says when"
        )
    if row is None:
        which = "/".join(map(str, index))
        raise Problem(404, f"There is no {table.name} {which} here", f"GET {PREFIX}/view shows what there is")
    return row_as_json(table, index, row)


def tag_of(view: View) -> str:
    """ETag, and id of an event: the revision, with what tells this life of management from the last."""
    return f'W/"{BOOT}-{view.revision}{"-stale" if view.is_stale else ""}"'


def matches(given: str, view: View) -> bool:
    """Is one of these tags (If-None-Match, If-Match) the view's? Weakly, as RFC 9110 has it for GET."""
    own = tag_of(view).removeprefix("W/")
    return any(tag.strip().removeprefix("W/") in {own, "*"} for tag in given.split(","))
