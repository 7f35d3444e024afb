"""One end of the stream: a socket that may not be there yet, and comes back by itself.

An interface that is missing, down or without carrier, an address that is not set yet: that is the end's problem for as long as
it lasts. It is looked for at every check, and opening is tried every second.
"""

import socket
from collections.abc import Callable

from agent.devices.address import Endpoint
from agent.devices.interface import index_of, link_fault
from agent.devices.sockets import SocketAddress, destination, interface_index

RETRY_NS = 1_000_000_000


class End:
    """`sock` is None while it cannot be had."""

    def __init__(self, role: str, endpoint: Endpoint, opener: Callable[[Endpoint], socket.socket]) -> None:
        self.role = role
        self.endpoint = endpoint
        self.sock: socket.socket | None = None
        self.address: SocketAddress = ("", 0)
        self._opener = opener
        self._open_problem: str | None = None
        self._link_problem: str | None = None
        self._index = 0
        self._next_open_ns = 0

    @property
    def problem(self) -> str | None:
        """Why nothing can go through it, as a sentence, as far as known; None: nothing is known against it."""
        return self._open_problem or self._link_problem

    def ensure(self) -> None:
        """Open it now if it is not, and look at its interface."""
        if self.sock is not None and self._is_interface_replaced():
            self.close()
        if self.sock is None:
            self._open()
        self._look_at_link()

    def check(self, now_ns: int) -> None:
        """Call it at least every 0.2 s: some us, but once a second when the socket has to be opened (again)."""
        if self.sock is not None and self._is_interface_replaced():
            self.close()  # the join went with the old one
            self._next_open_ns = now_ns
        if self.sock is None and now_ns >= self._next_open_ns:
            self._next_open_ns = now_ns + RETRY_NS
            self._open()
        self._look_at_link()

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
            self._open_problem = None
        except OSError as error:
            self._open_problem = (
                f"{self.role} {self.endpoint.url} cannot be opened: {error.strerror or error}. Trying again every second."
            )

    def _look_at_link(self) -> None:
        """Only of an interface that is named: of any other it is the kernel's routes that decide, from datagram to datagram."""
        fault = link_fault(self.endpoint.interface) if self.endpoint.interface else None
        self._link_problem = f"{self.role} {self.endpoint.url}: {fault}." if fault else None

    def _is_interface_replaced(self) -> bool:
        return self.endpoint.interface is not None and index_of(self.endpoint.interface) != self._index
