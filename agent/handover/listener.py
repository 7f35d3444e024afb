"""Listening sockets of the transport: one an address, IPv4 and IPv6 alike, each with its own accepting thread."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

ACCEPT_AGAIN_S = 0.1

Take = Callable[[socket.socket, str], None]
"""A connection that has come, and from where; quick."""


def sockaddr_of(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]:
    """Numeric, a link-local one with its `%interface`; nothing: every IPv4 address. OSError: it is none."""
    if not host:
        return socket.AF_INET, ("", port)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)[0]
    return family, address  # type: ignore[return-value]  # of the two families that there are


class Listener:
    """Open once made; OSError. `port` 0: any."""

    def __init__(self, host: str, port: int, take: Take) -> None:
        family, address = sockaddr_of(host, port)
        self._take, self._is_closed = take, False
        self._socket = socket.create_server(address, family=family, backlog=64)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._run, name=f"handover listener {host}", daemon=True).start()

    def close(self) -> None:
        """No more connections."""
        self._is_closed = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _run(self) -> None:
        while not self._is_closed:
            try:
                connection, address = self._socket.accept()
            except OSError:
                time.sleep(ACCEPT_AGAIN_S)  # out of descriptors, or closed
                continue
            self._take(connection, address[0])
