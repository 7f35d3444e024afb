"""The port where other units ask. When somebody else has it, all else goes on, and it is tried again."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from agent.handover.server import HandoverServer

ADDRESS_EVERY_S: Final = 5.0

Open = Callable[[str], HandoverServer]
"""A server at this address. OSError: it cannot listen there."""


class Serving:
    """At the addresses of the LAN interface, as they are now. Says once that it cannot listen, and once that it can."""

    def __init__(self, open_at: Open, addresses: Callable[[], tuple[str, ...]], port: int, tell: Callable[[str], None]) -> None:
        self._open_at, self._addresses, self._port, self._tell = open_at, addresses, port, tell
        self._lock = threading.Lock()
        self._server: HandoverServer | None = None
        self._is_over = False
        self.problem = ""

    def start(self) -> None:
        """At once, as far as it can be had; the rest in a daemon thread."""
        self._look()
        threading.Thread(target=self._keep, name="handover address", daemon=True).start()

    def close(self) -> None:
        """No more connections, and those that are there are cut."""
        with self._lock:
            self._is_over = True
            if self._server:
                self._server.close()

    def _keep(self) -> None:
        """For ever: when the port is free, or the interface has got another address (DHCP, IPv6), listen there."""
        while not self._is_over:
            time.sleep(ADDRESS_EVERY_S)
            for host in self._look():
                self._tell(f"listening at {host} now")

    def _look(self) -> list[str]:
        """Where it listens from now on, and did not before; of the first time nothing is told."""
        hosts, had_problem = self._addresses(), bool(self.problem)
        with self._lock:
            if self._is_over:
                return []
            if self._server:
                return self._server.listen_at(hosts)
            first = next(iter(hosts), "")
            self._server = self._opened(first)
            if self._server is None:
                return []
            more = self._server.listen_at(hosts)
        return [first or "every address", *more] if had_problem else []

    def _opened(self, host: str) -> HandoverServer | None:
        try:
            server = self._open_at(host)
        except OSError as error:
            where = f"TCP port {self._port} of {host or 'this machine'}"
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            self._fail(f"{where} cannot be used: {why}. No unit can follow this one until it can (ss -ltnp shows who has it)")
            return None
        self.problem = ""
        return server

    def _fail(self, problem: str) -> None:
        if not self.problem:
            self._tell(f"{problem}; it is tried again every {ADDRESS_EVERY_S:g} s")
        self.problem = problem
