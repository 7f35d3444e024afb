"""run/core.sock: other processes of this unit connect to it. SOCK_SEQPACKET; core never waits.

A packet is one JSON object, or a list of them: what is made piece by piece goes out together, for each packet wakes its reader.
"""

import array
import json
import socket
from collections import deque
from collections.abc import Iterator, Sequence

MAX_PACKET_BYTES = 65536
FULL_BYTES = 32768
"""A packet of several messages stays below it; a message that is larger goes alone."""
MAX_QUEUED = 256

Json = dict[str, object]


class Client:
    """One connection. What does not fit in its queue is dropped and counted."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._queue: deque[bytes] = deque()
        self._later: deque[Iterator[Json]] = deque()
        self._made: list[bytes] = []
        self._made_bytes = 0
        self.dropped = 0
        self.is_closed = False

    def fileno(self) -> int:
        """To wait on."""
        return self._connection.fileno()

    @property
    def has_unsent(self) -> bool:
        """Something waits to be sent."""
        return bool(self._queue or self._later)

    @property
    def is_making(self) -> bool:
        """There is something to make and room to send it: no need to wait."""
        return bool(self._later) and not self._queue

    def send(self, message: Json, descriptor: int | None = None) -> None:
        """Send now, or queue. A descriptor goes along only with the very first packet, for which there is room."""
        data = _encoded(message)
        if descriptor is not None:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
            self._connection.sendmsg([data], rights)
        elif len(self._queue) < MAX_QUEUED:
            self._queue.append(data)
            self.flush()
        else:
            self.dropped += 1

    @property
    def has_room(self) -> bool:
        """Would `send_bytes` take a packet?"""
        return len(self._queue) < MAX_QUEUED and not self.is_closed

    def send_bytes(self, data: bytes) -> None:
        """A packet that is no JSON: notes for the recorder. See `has_room` before."""
        self._queue.append(data)
        self.flush()

    def send_later(self, messages: Iterator[Json]) -> bool:
        """Many, made one by one when there is time: a snapshot of 255 groups must not delay an advert. False: no room."""
        if len(self._later) < MAX_QUEUED:
            self._later.append(messages)
            return True
        self.dropped += 1
        return False

    def send_in_turn(self, messages: Sequence[Json]) -> None:
        """Send now, or behind what is being made: what happened first is told first."""
        if self._later and messages:
            self.send_later(iter(messages))
            return
        for message in messages:
            self.send(message)

    def flush(self) -> None:
        """Send what is queued, as far as the other side takes it."""
        try:
            while self._queue:
                self._connection.send(self._queue[0])
                self._queue.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.is_closed = True

    def work(self) -> None:
        """One piece of what was put off."""
        self.flush()
        if self._later and not self._queue:
            message = next(self._later[0], None)
            if message is None:
                self._later.popleft()
                self._send_made()
            else:
                self._add(_encoded(message))

    def _add(self, data: bytes) -> None:
        if self._made_bytes + len(data) >= FULL_BYTES:
            self._send_made()
        self._made.append(data)
        self._made_bytes += len(data)

    def _send_made(self) -> None:
        if self._made:
            self._queue.append(self._made[0] if len(self._made) == 1 else b"[%b]" % b",".join(self._made))
            self._made, self._made_bytes = [], 0
            self.flush()

    def receive(self) -> Json | None:
        """The next message; None when there is none, or the client has gone (`is_closed`). Nonsense ends the connection."""
        try:
            data = self._connection.recv(MAX_PACKET_BYTES)
            message = json.loads(data) if data else None
        except BlockingIOError:
            return None
        except (OSError, ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self.is_closed = True
            return None
        return message

    def close(self) -> None:
        """End it."""
        self.is_closed = True
        self._connection.close()


def _encoded(message: Json) -> bytes:
    return _ENCODER.encode(message).encode()


_ENCODER = json.JSONEncoder(separators=(",", ":"))
"""json.dumps makes one for each message."""
