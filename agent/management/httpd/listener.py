"""A socket that listens, and at most so many connections of it: those in their TLS handshake count too."""

import asyncio
import os
import socket
import ssl
from collections import Counter
from contextlib import suppress
from pathlib import Path

from uvicorn.config import Config
from uvicorn.server import ServerState

from agent.management.httpd.connection import LIMIT_S, Connection
from agent.management.httpd.peer import Peer, peer_of
from agent.management.httpd.problems import Problem

HANDSHAKE_LIMIT_S = 5.0
_TURNED_AWAY = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\nConnection: close\r\n"
    "Content-Length: {}\r\n\r\n"
)
_NO_DESCRIPTOR_S = 1.0
"""After an accept that failed: there are none left."""


class Listener:
    """`sockets` are bound and not blocking. One address may have half of the connections: no host keeps all others out.

    A place that is missing is taken from who has been idle longest; for one moment there is one connection more than that.
    """

    def __init__(
        self, sockets: list[socket.socket], config: Config, max_connections: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._sockets, self._config, self._max, self._tls = sockets, config, max_connections, tls
        self.state = ServerState()
        self.limit_s = LIMIT_S
        self._by_address: Counter[str] = Counter()
        self._beginning: set[asyncio.Task[None]] = set()

    def use(self, tls: ssl.SSLContext | None) -> None:
        """For connections from now on."""
        self._tls = tls

    @property
    def connections(self) -> int:
        """How many there are now."""
        return self._by_address.total()

    async def run(self) -> None:
        """Until cancelled; then every connection ends at once, and whatever runs for it."""
        try:
            async with asyncio.TaskGroup() as group:
                for listening in self._sockets:
                    group.create_task(self._accept(listening))
        finally:
            for listening in self._sockets:
                listening.close()
            await self._end()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _address = await loop.sock_accept(listening)
            except OSError:
                await asyncio.sleep(_NO_DESCRIPTOR_S)
                continue
            try:
                self._take(connection)
            except OSError:  # it has gone again
                connection.close()

    def _take(self, connection: socket.socket) -> None:
        peer = peer_of(connection)
        share = self._max if peer.user_id is not None else max(1, self._max // 2)
        is_share_full = self._by_address[peer.address] >= share
        if (is_share_full or self.connections >= self._max) and not self._make_room(peer.address if is_share_full else None):
            self._turn_away(connection)
            return
        self._by_address[peer.address] += 1
        task = asyncio.create_task(self._begin(connection, peer))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    def _make_room(self, address: str | None) -> bool:
        """Close the connection that has been idle longest, of that address or of all: who only keeps a place keeps nobody out."""
        idle = [
            (until_s, connection)
            for connection in self.state.connections
            if isinstance(connection, Connection)
            and address in (None, connection.address)
            and (until_s := connection.idle_until_s) is not None
        ]
        if idle:
            min(idle, key=lambda one: one[0])[1].transport.abort()
        return bool(idle)

    def _turn_away(self, connection: socket.socket) -> None:
        """With a sentence where that needs no handshake. It is not waited for."""
        if self._tls is None:
            problem = Problem(503, f"{self._max} clients are connected already", "Close some, or try again in a few seconds")
            body = problem.body()
            with suppress(OSError):
                connection.send(_TURNED_AWAY.format(len(body)).encode() + body)
        connection.close()

    async def _begin(self, connection: socket.socket, peer: Peer) -> None:
        """Up to and with the handshake."""
        began: list[Connection] = []

        def make() -> Connection:
            began.append(Connection(self._config, self.state, peer, lambda: self._lost(peer), self.limit_s))
            return began[0]

        limit_s = HANDSHAKE_LIMIT_S if self._tls else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                make, connection, ssl=self._tls, ssl_handshake_timeout=limit_s
            )
        except (OSError, asyncio.CancelledError):
            if not (began and began[0].transport):  # else it is told when it is lost
                self._lost(peer)
                connection.close()

    def _lost(self, peer: Peer) -> None:
        self._by_address[peer.address] -= 1
        if self._by_address[peer.address] <= 0:
            del self._by_address[peer.address]

    async def _end(self) -> None:
        tasks = [*self._beginning, *self.state.tasks]
        for task in tasks:
            task.cancel()
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)


def unix_listener(path: str) -> socket.socket:
    """Mode 0600 from the first moment. A socket that an earlier life left is removed: the lock of the data directory is ours."""
    with suppress(FileNotFoundError):
        Path(path).unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    before = os.umask(0o177)
    try:
        listening.bind(path)
        listening.listen(64)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening
