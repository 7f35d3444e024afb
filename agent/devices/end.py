"""One end of the stream: a socket that may not be there yet, and comes back by itself.

An interface that is missing, an address that is not set yet: say it once a change, try again every second, never die.
"""

import socket
from collections.abc import Callable

from agent.devices.address import Endpoint
from agent.devices.sockets import SocketAddress, destination, interface_index

RETRY_NS = 1_000_000_000


class End:
    """`sock` is None while it cannot be had; `problem` then says why, as a sentence."""

    def __init__(self, role: str, endpoint: Endpoint, opener: Callable[[Endpoint], socket.socket]) -> None:
        self.role = role
        self.endpoint = endpoint
        self.sock: socket.socket | None = None
        self.address: SocketAddress = ("", 0)
        self.problem: str | None = None
        self._opener = opener
        self._index = 0
        self._next_check_ns = 0

    def ensure(self) -> str | None:
        """Try to have it now. None: it is there; else the problem."""
        if self.sock is None:
            self._open()
        return self.problem

    def check(self, now_ns: int) -> None:
        """Once a second: open it if it is not there; open it again if its interface was replaced (the join went with it)."""
        if now_ns < self._next_check_ns:
            return
        self._next_check_ns = now_ns + RETRY_NS
        if self.sock is not None and self._is_interface_replaced():
            self.close()
        self.ensure()

    def close(self) -> None:
        """Give the socket back; `check` opens another."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _open(self) -> None:
        try:
            self._index = interface_index(self.endpoint)
            self.address = destination(self.endpoint)
            self.sock = self._opener(self.endpoint)
            self.problem = None
        except OSError as error:
            self.problem = (
                f"{self.role} {self.endpoint.url} cannot be opened: {error.strerror or error}. Trying again every second."
            )

    def _is_interface_replaced(self) -> bool:
        try:
            return interface_index(self.endpoint) != self._index
        except OSError:
            return True
