"""Server-sent events, as curl -N shows them."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest

from agent.management.http import changes
from agent.management.http.changes import difference
from agent.model.tables import TABLES
from tests.http.server import Server
from tests.management.fakes import eventually
from tests.model.sample import sample_view, with_row

Event = dict[str, Any]


class Follower:
    """curl that follows; `next` waits for an event or a comment."""

    def __init__(self, server: Server, path: str, *arguments: str) -> None:
        command = ["curl", "-sSN", "--unix-socket", str(server.settings.socket), f"http://localhost{path}", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._blocks: Queue[list[str]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        block: list[str] = []
        assert self.process.stdout
        for line in self.process.stdout:
            if line.strip():
                block.append(line.decode().rstrip())
            else:
                self._blocks.put(block)
                block = []

    def next(self) -> Event:
        """With `data` read as JSON; a comment is under `comment`."""
        block = self._blocks.get(timeout=20)
        named = [("comment" + line if line.startswith(":") else line).split(": ", 1) for line in block]
        event: Event = dict(named)
        return event | ({"data": json.loads(event["data"])} if "data" in event else {})

    def event(self) -> Event:
        """The next that is no comment and no retry."""
        while "event" not in (found := self.next()):
            pass
        return found


@contextmanager
def following(server: Server, path: str = "/api/v1/changes", *arguments: str) -> Iterator[Follower]:
    """Until the end of the block."""
    follower = Follower(server, path, *arguments)
    try:
        yield follower
    finally:
        follower.process.kill()
        follower.process.wait()


def change(server: Server, **values: Any) -> None:
    """A new view, in which group 7 says this."""
    server.does(lambda: server.model.advance(with_row(server.model.current, "member", (7,), **values)))


def test_first_everything_then_what_is_new(server: Server) -> None:
    """D-28, D-43: each state as it comes, with its revision."""
    with following(server) as follower:
        first = follower.event()
        assert (first["event"], first["data"]["revision"]) == ("view", 1)
        assert set(first["data"]["tables"]) == {table.name for table in TABLES}
        change(server, role=3)
        then = follower.event()
        assert (then["event"], then["id"].rpartition("-")[2]) == ("change", str(then["data"]["revision"]))
        assert [row["role"] for row in then["data"]["changed"]["member"]] == ["backup"]
        assert list(then["data"]["changed"]) == ["member"]
        assert then["data"]["removed"] == {}


def test_who_comes_back_goes_on_where_it_was(server: Server) -> None:
    """And gets everything when it has missed something, or when management has started anew."""
    with following(server, "/api/v1/changes?tables=member") as follower:
        last = follower.event()["id"]
    with following(server, "/api/v1/changes?tables=member", "-H", f"Last-Event-ID: {last}") as follower:
        follower.next()
        change(server, priority=5)
        assert follower.event()["event"] == "change"
    for known in (last, "00000000-2"):
        with following(server, "/api/v1/changes", "-H", f"Last-Event-ID: {known}") as follower:
            assert follower.event()["event"] == "view"


def test_a_storm_of_changes_ends_with_the_newest(server: Server) -> None:
    """Slow readers miss those between, and nothing is queued for them."""
    with following(server, "/api/v1/changes?tables=member") as follower:
        follower.event()
        for priority in range(1, 200):
            change(server, priority=priority)
        seen = 0
        events = 0
        while seen != 199:
            (row,) = follower.event()["data"]["changed"]["member"]
            assert row["priority"] > seen
            seen, events = row["priority"], events + 1
        assert events < 150


def test_a_quiet_line_is_heard_to_live(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "HEARTBEAT_S", 0.1)
    with following(server) as follower:
        follower.event()
        assert "still here" in follower.next()["comment"]
        change(server, priority=9)
        assert follower.event()["event"] == "change"


def test_clients_are_bounded_and_their_places_come_back(server: Server) -> None:
    """Also of those that were killed."""
    before = server.tasks()
    followers = [Follower(server, "/api/v1/changes?tables=unit") for _ in range(changes.MAX_CLIENTS)]
    try:
        for follower in followers:
            follower.event()
        reply = server.curl("/api/v1/changes")
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    finally:
        for follower in followers:
            follower.process.kill()
            follower.process.wait()
    eventually(lambda: server.tasks() <= before)
    with following(server) as follower:
        follower.event()
    assert server.curl("/api/v1/changes?since=1").status == 400


def test_what_has_gone_is_named_by_its_index() -> None:
    before, after = sample_view((7, 8), peers=2), sample_view((7,), peers=1, revision=2)
    found = difference(TABLES, before, after)
    assert found["removed"]["member"] == [{"group": 8}]  # type: ignore[index]
    assert {"group": 7, "peer": 2} in found["removed"]["peer"]  # type: ignore[index]
    assert "peer" not in found["changed"]  # type: ignore[operator]
