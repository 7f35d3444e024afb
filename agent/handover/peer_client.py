"""One peer to ask: connects when need be, and every failure is a TransferError, counted. Thread-safe."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from agent.handover import limits, protocol
from agent.handover.connection import Connection, Target
from agent.handover.protocol import (
    Choose,
    Contents,
    GetChunks,
    GetContent,
    Hello,
    JsonObject,
    Missing,
    Pair,
    Propose,
    PushContent,
    PutChunks,
    Relate,
    Related,
    Request,
    Unpair,
)
from agent.handover.refusals import RefusalReason, Refusals, Refused, TransferError
from agent.handover.tls import Identity
from agent.pki import PeerCertificate

Value = TypeVar("Value")


class PeerClient:
    """One peer. Every method connects if need be, and raises TransferError, counted, when it comes to nothing."""

    def __init__(self, target: Target, connect: Callable[[], Connection], identity: Identity, refusals: Refusals) -> None:
        self.target, self._connect, self._identity, self._refusals = target, connect, identity, refusals
        self._lock = threading.RLock()
        self._connection: Connection | None = None

    @property
    def is_connected(self) -> bool:
        """As far as is known; see Clients.on_lost."""
        return self._connection is not None

    @property
    def certificate(self) -> PeerCertificate | None:
        """The peer's, while connected."""
        connection = self._connection
        return connection.certificate if connection else None

    def hello(self) -> Hello:
        """What the peer said of itself when this connection was made."""
        with self._asking() as connection:
            return connection.hello

    def relate(self, asked: Relate) -> Related:
        """Of our head to the peer's."""
        return self._ask(asked, protocol.related_from)

    def content(self, group: int, revision: bytes) -> Contents:
        """Not verified yet; see Puller."""
        return self._ask(GetContent(group, revision), protocol.contents_from)

    def chunks(self, group: int, digests: tuple[bytes, ...], take: Callable[[bytes, bytearray], None]) -> None:
        """1..64 chunks of the content that was asked for last; `take` gets each, not verified, and may raise Refused."""
        with self._asking() as connection:
            connection.chunks(GetChunks(group, digests), take)

    def push_content(self, asked: PushContent) -> Missing:
        """What the peer lacks of it."""
        return self._ask(asked, protocol.missing_from)

    def put_chunks(self, group: int, digests: tuple[bytes, ...], chunks: Iterable[bytes]) -> None:
        """1..64 chunks that the peer lacks."""
        with self._asking() as connection:
            connection.put(PutChunks(group, digests), chunks)

    def propose(self, asked: Propose) -> JsonObject:
        """The answer is the handler's."""
        return self._ask(asked, dict)

    def choose(self, asked: Choose) -> JsonObject:
        """The answer is the handler's."""
        return self._ask(asked, dict)

    def pair(self, asked: Pair) -> JsonObject:
        """The answer is the handler's."""
        return self._ask(asked, dict)

    def unpair(self, asked: Unpair) -> JsonObject:
        """The answer is the handler's."""
        return self._ask(asked, dict)

    def close(self) -> None:
        """Idempotent; the next request connects again. A request that is under way is cut."""
        connection = self._connection
        if connection:
            connection.channel.wake()
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def keep(self) -> bool:
        """Ping it if it is idle, see whether it lives. False: it was connected, and is no longer."""
        if self._connection is None or not self._lock.acquire(blocking=False):
            return True  # whoever uses it will find out
        try:
            return self._keep()
        finally:
            self._lock.release()

    def _keep(self) -> bool:
        connection = self._connection
        if connection is None:
            return True
        try:
            self._listen(connection)
            if connection.pinged_at is None and time.monotonic() - connection.channel.heard_at >= limits.PING_AFTER_S:
                connection.ping()
            return True
        except Refused as refused:
            self._lost(refused)
            return False

    def _listen(self, connection: Connection) -> None:
        is_idle = time.monotonic() - connection.channel.heard_at >= limits.PING_AFTER_S
        if is_idle and connection.generation != self._identity.contexts().generation:
            raise Refused(RefusalReason.CUT, "our certificate has changed; the connection is made again", True)
        connection.listen()
        if connection.pinged_at is not None and time.monotonic() - connection.pinged_at > limits.PONG_WITHIN_S:
            raise Refused(RefusalReason.IDLE, f"no answer to a ping for {limits.PONG_WITHIN_S:.0f} s", True)

    def _lost(self, refused: Refused) -> None:
        self.close()
        if refused.reason != RefusalReason.CUT:
            self._refusals.count(str(self.target), refused)

    def _ask(self, request: Request, reader: Callable[[JsonObject], Value]) -> Value:
        with self._asking() as connection:
            data = connection.ask(request)
            try:
                return reader(data)
            except (ValueError, RecursionError) as error:
                raise Refused(RefusalReason.BAD_ANSWER, f"{request.verb}: {error}", True) from None

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        """A connection that was alive a moment ago."""
        with self._lock:
            try:
                yield self._alive()
            except Refused as refused:
                raise self.failed(refused) from refused
            except BaseException:
                self.close()
                raise

    def failed(self, refused: Refused) -> TransferError:
        """Count it, close the connection if it is fatal, and say whose fault it was. To be raised."""
        if refused.is_fatal:
            self.close()
        self._refusals.count(str(self.target), refused)
        return TransferError(refused.reason, self._told(refused), refused.is_fatal, refused.is_theirs, is_whole=refused.is_whole)

    def _told(self, refused: Refused) -> str:
        return f"{self.target} refuses: {refused.what}" if refused.is_theirs else f"{self.target}: {refused.what}"

    def _alive(self) -> Connection:
        if self._connection:
            try:
                self._listen(self._connection)
            except Refused as refused:
                self._lost(refused)
        if self._connection is None:
            self._connection = self._connect()
        return self._connection
