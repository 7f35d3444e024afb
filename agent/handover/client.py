"""Connections to peers that are kept open, made again when needed, and found dead within 9 s. Thread-safe."""

import threading
import time
from collections.abc import Callable

from agent.handover import limits
from agent.handover.connection import Connection, Target
from agent.handover.peer_client import PeerClient
from agent.handover.protocol import Hello
from agent.handover.refusals import RefusalReason, Refusals, TransferError
from agent.handover.tls import Clock, Identity

KEEP_EVERY_S = 1.0
OnLost = Callable[[Target], None]

__all__ = ["Clients", "PeerClient", "Target"]


class Clients:
    """All peers that this unit connects to; at most 256. `on_lost` is called by the keeper's thread, and must be quick."""

    def __init__(
        self,
        identity: Identity,
        hello: Callable[[], Hello],
        refusals: Refusals,
        *,
        clock: Clock = time.time,
        on_lost: OnLost | None = None,
    ) -> None:
        self._identity, self._hello, self._refusals, self._clock, self._on_lost = identity, hello, refusals, clock, on_lost
        self._lock = threading.Lock()
        self._clients: dict[Target, PeerClient] = {}
        self._is_closed = threading.Event()
        threading.Thread(target=self._keep, name="handover keeper", daemon=True).start()

    def to(self, target: Target) -> PeerClient:
        """The same one for the same target. TransferError: too many."""
        with self._lock:
            if target not in self._clients:
                if len(self._clients) >= limits.MAX_CLIENTS:
                    raise TransferError(RefusalReason.TOO_MANY, f"this unit keeps at most {limits.MAX_CLIENTS} connections")
                self._clients[target] = PeerClient(target, lambda: self._connect(target), self._identity, self._refusals)
            return self._clients[target]

    def forget(self, target: Target) -> None:
        """It is not needed any more."""
        with self._lock:
            client = self._clients.pop(target, None)
        if client:
            client.close()

    def close(self) -> None:
        """All of them."""
        self._is_closed.set()
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _connect(self, target: Target) -> Connection:
        return Connection(self._identity, target, self._hello(), self._clock)

    def _keep(self) -> None:
        while not self._is_closed.wait(KEEP_EVERY_S):
            with self._lock:
                clients = list(self._clients.values())
            for client in clients:
                if not client.keep() and self._on_lost:
                    self._on_lost(client.target)
