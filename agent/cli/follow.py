"""`understudy events --follow`: each event as it comes, across restarts of management."""

import json
import time
from argparse import Namespace

from agent.cli.picture import Picture, Row
from agent.cli.place import run_dir
from agent.cli.records import event_line
from agent.cli.stream import SOCKET, Ended, Stream, connect
from agent.cli.streams import complain

AGAIN_S = 0.5


def follow_events(options: Namespace) -> int:
    """Ends by Ctrl-C, or when nobody reads any more."""
    stream, picture, news = connect(options, ("event",)), Picture(), News(options.since, options.limit)
    while True:
        try:
            for event in stream.read():
                picture.take(event)
                for row in news.of(picture):
                    print(json.dumps(row) if options.json else event_line(row), flush=True)
        except Ended as error:
            stream.close()
            complain(f"{error}; trying again every {AGAIN_S:g} s")
            stream = _connected_again(options)
            complain("connected again")


def _connected_again(options: Namespace) -> Stream:
    """As soon as somebody answers."""
    while True:
        time.sleep(AGAIN_S)
        try:
            return Stream(run_dir(options) / SOCKET, ("event",))
        except (Ended, PermissionError):
            continue


class News:
    """Events that have not been shown yet. `limit`: of those that were there before."""

    def __init__(self, since: int, limit: int) -> None:
        self._last, self._limit = since, limit
        self._is_first = True

    def of(self, picture: Picture) -> list[Row]:
        """Oldest first. Numbers that begin anew are a new unit's: all of them are news."""
        rows = picture.rows("event")
        numbers = [number for row in rows if isinstance(number := row.get("number"), int)]
        if not self._is_first and numbers and numbers[-1] < self._last:
            self._last = 0
        found = [row for row in rows if isinstance(number := row.get("number"), int) and number > self._last]
        self._last = max([self._last, *numbers]) if not self._is_first or numbers else self._last
        found = found[-self._limit :] if self._is_first else found
        self._is_first = False
        return found
