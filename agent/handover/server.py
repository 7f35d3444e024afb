"""TLS 1.3 listener: one thread a connection, few connections, and nobody waits for one that is stalled.

listener.py ─▶ door (16 handshakes, 4 an address) ─▶ TLS, 5 s ─▶ seats (32, 4 a unit) ─▶ session ─▶ …
"""

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from agent.handover import limits
from agent.handover.framing import Channel, linger
from agent.handover.listener import Listener
from agent.handover.peer import Peer, Requests
from agent.handover.refusals import RefusalReason, Refusals, Refused
from agent.handover.session import Session
from agent.handover.tls import Clock, Contexts, Identity, certificate_of, refused_by_tls
from agent.pki import PeerCertificate

__all__ = ["HandoverServer", "Peer", "Requests"]


class Places:
    """So many in all, so many a name. Thread-safe."""

    def __init__(self, most: int, most_a_name: int) -> None:
        self._most, self._most_a_name = most, most_a_name
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, name: str) -> bool:
        """False: none is free."""
        with self._lock:
            if self._taken.total() >= self._most or self._taken[name] >= self._most_a_name:
                return False
            self._taken[name] += 1
            return True

    def leave(self, name: str) -> None:
        """What was taken."""
        with self._lock:
            self._taken[name] -= 1
            self._taken += Counter()  # drops what is zero


class HandoverServer:
    """`port` 0: any. OSError when it cannot listen there. Everything else is counted and served or refused."""

    def __init__(
        self,
        identity: Identity,
        requests: Requests,
        refusals: Refusals,
        *,
        host: str = "",
        port: int = 7421,
        clock: Clock = time.time,
    ) -> None:
        self._identity, self._requests, self._refusals, self._clock = identity, requests, refusals, clock
        self._door = Places(limits.MAX_HANDSHAKES, limits.MAX_HANDSHAKES_AN_ADDRESS)
        self._seats = Places(limits.MAX_CONNECTIONS, limits.MAX_CONNECTIONS_A_PEER)
        self._lock = threading.Lock()
        self._channels: set[Channel] = set()
        self._is_closed = False
        first = Listener(host, port, self._take)
        self.port = first.port
        self._listeners = {host: first}

    def close(self) -> None:
        """No more connections, and those that are there are cut."""
        with self._lock:
            self._is_closed = True
            channels = list(self._channels)
            for listener in self._listeners.values():
                listener.close()
        for channel in channels:
            channel.wake()

    def listen_at(self, hosts: Sequence[str]) -> list[str]:
        """There too, and where it is no more, no longer; those that are new. None at all: everything stays as it is.

        What cannot be had (yet) is left out. Connections that are there go on.
        """
        new = [host for host in hosts if host not in self._listeners]
        made: dict[str, Listener] = {}
        for host in new:
            with suppress(OSError):
                made[host] = Listener(host, self.port, self._take)
        with self._lock:
            gone = set(self._listeners) - {"", *hosts} if hosts else set[str]()
            self._listeners |= made
            for listener in [*map(self._listeners.pop, gone), *(made.values() if self._is_closed else ())]:
                listener.close()
        return list(made)

    def _take(self, connection: socket.socket, address: str) -> None:
        if self._door.take(address):
            threading.Thread(target=self._meet, args=(connection, address), name="handover peer", daemon=True).start()
        else:
            self._refusals.count(address, Refused(RefusalReason.TOO_MANY, "too many connections wait for TLS"))
            connection.close()

    def _meet(self, connection: socket.socket, address: str) -> None:
        """A thread's whole life."""
        met = None
        try:
            met = self._handshake(connection, address)
        finally:
            self._door.leave(address)
            if met is None:
                connection.close()
        if met is None:
            return
        channel, certificate, contexts = met
        try:
            self._session(channel, contexts).run(certificate, address)
        finally:
            self._forget(channel)
            self._seats.leave(certificate.unit_name)

    def _handshake(self, connection: socket.socket, address: str) -> tuple[Channel, PeerCertificate, Contexts] | None:
        """A seat is taken when it returns a channel; otherwise it was refused, counted and closed."""
        try:
            contexts = self._identity.contexts()
            secured = _secured(connection, contexts.server)
        except Refused as refused:
            self._refusals.count(address, refused)
            return None
        return self._seated(Channel(secured), secured, contexts, address)

    def _seated(
        self, channel: Channel, secured: ssl.SSLSocket, contexts: Contexts, address: str
    ) -> tuple[Channel, PeerCertificate, Contexts] | None:
        session = self._session(channel, contexts)
        session.who = address
        try:
            certificate = certificate_of(secured)
            session.who = f"{certificate.unit_name} ({address})"
            self._identity.check(certificate, self._clock())
            self._take_seat(certificate.unit_name, channel)
        except Refused as refused:
            session.refuse(0, refused)
            return None
        return channel, certificate, contexts

    def _take_seat(self, name: str, channel: Channel) -> None:
        if not self._seats.take(name):
            most = f"{limits.MAX_CONNECTIONS} connections in all, {limits.MAX_CONNECTIONS_A_PEER} a unit"
            raise Refused(RefusalReason.TOO_MANY, f"no place is free: at most {most}", True)
        with self._lock:
            self._channels.add(channel)
        if self._is_closed:
            channel.wake()

    def _forget(self, channel: Channel) -> None:
        with self._lock:
            self._channels.discard(channel)
        channel.close()

    def _session(self, channel: Channel, contexts: Contexts) -> Session:
        def is_current() -> bool:
            return self._identity.contexts().generation == contexts.generation

        return Session(channel, self._requests, self._refusals, is_current=is_current, clock=self._clock)


def _secured(connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    """TLS within 5 s. Refused; by then the other end has had time to read why."""
    secured = None
    try:
        connection.settimeout(limits.HANDSHAKE_S)
        secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        secured.do_handshake()
    except OSError as error:
        with suppress(OSError):
            linger(secured or connection)
        (secured or connection).close()
        raise refused_by_tls(error) from None
    return secured
