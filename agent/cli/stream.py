"""The unit's stream of changes, from run/http.sock: server-sent events over HTTP/1.0, which needs no framing and no library."""

import json
import socket
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from agent.cli import exits
from agent.cli.place import run_dir
from agent.cli.stop import Stop
from agent.management.memory import JsonObject

SOCKET = "http.sock"
ANSWER_LIMIT_S = 8.0
MAX_EVENT_BYTES = 64 * 1024 * 1024
_BUSY = ([b"429"], [b"503"])
_REQUEST = "GET /api/v1/changes?tables={}{} HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"


class Event(NamedTuple):
    """`name`: view or change."""

    name: str
    data: JsonObject


class Ended(Exception):  # noqa: N818 (management went away, or never came)
    """The stream is over; str() says why."""


class TurnedAway(Ended):
    """The agent is there and does not want us: str() says why, and what to do. `code`: how that ends."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Stream:
    """One connection. `fileno` can be waited for; then `read` gives what has come. Ended, PermissionError."""

    def __init__(self, path: Path, tables: Iterable[str], refresh_s: int = 0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_LIMIT_S)
        self._data = b""
        refresh = f"&refresh_s={refresh_s}" if refresh_s else ""
        try:
            self._socket.connect(str(path))
            self._socket.sendall(_REQUEST.format(",".join(tables), refresh).encode())
            self._begin()
        except BaseException as error:
            self._socket.close()
            if isinstance(error, PermissionError) or not isinstance(error, OSError):
                raise
            raise Ended(f"no agent answers at {path} ({error.strerror or error})") from None

    def _begin(self) -> None:
        """Past the headers. Ended with the sentence of the answer."""
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1:2]
        if status != [b"200"]:
            raise TurnedAway(self._problem(), exits.BUSY if status in _BUSY else exits.FAILED)

    def _problem(self) -> str:
        """What the agent said instead."""
        try:
            while True:
                self._more()
        except Ended:
            pass
        try:
            said = json.loads(self._data)
            return f"{str(said['detail']).rstrip('.')}. {str(said['remedy']).rstrip('.')}"
        except (ValueError, KeyError, TypeError):
            return "the agent did not answer readably"

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    @property
    def has_come(self) -> bool:
        """Is there a whole event already? Some come with the headers, and select says nothing of them."""
        return b"\n\n" in self._data

    def read(self) -> list[Event]:
        """Whole events that have come by now; waits for at least a byte when there is none. Ended."""
        if not self.has_come:
            self._more()
        *whole, self._data = self._data.split(b"\n\n")
        return [event for event in map(_event, whole) if event is not None]

    def _more(self) -> None:
        try:
            piece = self._socket.recv(1 << 18)
        except OSError as error:
            raise Ended(f"the agent does not answer: {error}") from None
        if not piece or len(self._data) > MAX_EVENT_BYTES:
            raise Ended("the agent went away")
        self._data += piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _event(block: bytes) -> Event | None:
    """None: a comment, or nothing that is known. Ended for what is no JSON."""
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and not line.startswith(b":"))
    if b"data" not in fields:
        return None
    try:
        data = json.loads(fields[b"data"])
    except ValueError:
        raise Ended("the agent did not answer readably") from None
    return Event(fields.get(b"event", b"").decode(errors="replace"), data) if isinstance(data, dict) else None


def connect(options: Namespace, tables: Iterable[str], refresh_s: int = 0) -> Stream:
    """Stop when there is nobody, or somebody else's."""
    try:
        return Stream(run_dir(options) / SOCKET, tables, refresh_s)
    except TurnedAway as error:
        raise Stop(error.code, f"{error}.") from None
    except Ended as error:
        raise Stop(exits.NOT_RUNNING, f"{str(error)[:1].upper()}{str(error)[1:]}. Start it with: understudy run FILE") from None
    except PermissionError:
        raise Stop(exits.REFUSED, "The agent belongs to another user. Run this as that user or as root (sudo).") from None
