"""A client's connection to one peer: TLS, hello, and then question and answer."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from agent.handover import limits, protocol
from agent.handover.fields import JsonObject
from agent.handover.framing import Channel, Frame, FrameKind, bad_frame
from agent.handover.protocol import Hello, Request
from agent.handover.refusals import RefusalReason, Refused
from agent.handover.session import check_name, check_protocol, theirs
from agent.handover.tls import Clock, Identity, certificate_of, check_dates, refused_by_tls


class Target(NamedTuple):
    """Whom to connect to. `unit_name`, `unit_id`: as its advert said; None when a person gave the address alone (Z-21)."""

    address: str
    port: int
    unit_name: str | None = None
    unit_id: str | None = None

    def __str__(self) -> str:
        place = f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
        return f"{self.unit_name} ({place})" if self.unit_name else place


class Connection:
    """Open once made. One thread at a time. Refused, fatal or not; after a fatal one it is closed."""

    def __init__(self, identity: Identity, target: Target, hello: Hello, clock: Clock = time.time) -> None:
        contexts = identity.contexts()
        self.target, self.generation, self._clock = target, contexts.generation, clock
        self._request = 0
        self.pinged_at: float | None = None
        secured = _secured(target, contexts.client)
        self.channel = Channel(secured, limits.MAX_HELLO_BYTES)
        try:
            self.certificate = certificate_of(secured)
            identity.check(self.certificate, clock())
            self._check_certificate()
            self.hello = self._greet(hello)
        except Refused as refused:
            self._give_up(refused)
            raise
        self.channel.max_json_bytes = limits.MAX_HEADER_BYTES

    def ask(self, request: Request) -> JsonObject:
        """One question, its answer. Refused: their error, or no proper answer within 8 s."""
        with self._closing():
            number = self._send(request)
            return self._answer(number, FrameKind.ANSWER).json()

    def chunks(self, request: protocol.GetChunks, take: Callable[[bytes, bytearray], None]) -> None:
        """Each chunk as it comes; `take` may raise Refused."""
        with self._closing():
            number = self._send(request)
            for digest in request.digests:
                take(digest, self._answer(number, FrameKind.CHUNK).body)

    def put(self, request: protocol.PutChunks, chunks: Iterable[bytes]) -> None:
        """The chunks follow the request; the answer says that they are stored."""
        with self._closing():
            number = self._send(request)
            for chunk in chunks:
                self.channel.send(FrameKind.CHUNK, number, chunk)
            self._answer(number, FrameKind.ANSWER)

    def ping(self) -> None:
        """Only sent; `listen` hears the answer."""
        with self._closing():
            self.channel.send(FrameKind.PING, 0)
        self.pinged_at = time.monotonic()

    def listen(self) -> None:
        """Hear what came unasked: pongs, or that it is over (Refused)."""
        with self._closing():
            while self.channel.is_readable():
                self._pong(self.channel.read(limits.STALL_S))

    def close(self) -> None:
        """Idempotent."""
        self.channel.close()

    def _send(self, request: Request) -> int:
        check_dates(self.certificate, self._clock())
        group = getattr(request, "group", None)
        if group is not None and not self.certificate.allows(group):
            what = f"the certificate of {self.certificate.unit_name} is for group {self.certificate.shown_groups()}, not {group}"
            raise Refused(RefusalReason.OTHER_GROUP, what)
        self._request += 1
        self.channel.send_json(FrameKind.REQUEST, self._request, {"verb": request.verb, **request.to_json()})
        return self._request

    def _answer(self, number: int, kind: FrameKind) -> Frame:
        while True:
            frame = self.channel.read(limits.ANSWER_S)
            if frame.kind == FrameKind.ERROR:
                raise theirs(frame)
            if frame.kind == kind and frame.request == number:
                return frame
            self._pong(frame)

    def _pong(self, frame: Frame) -> None:
        if frame.kind == FrameKind.ERROR:
            raise theirs(frame)
        if frame.kind != FrameKind.PONG:
            raise bad_frame(f"{frame.kind.name} that nobody asked for")
        self.pinged_at = None

    def _greet(self, hello: Hello) -> Hello:
        """A refusal of TLS by the server arrives only here: TLS 1.3 ends here before it has seen our certificate."""
        with suppress(_Unsent):
            self._say_hello(hello)
        data = self._answer(self._request, FrameKind.ANSWER).json()
        check_protocol(data)
        try:
            answer = protocol.hello_from(data)
        except ValueError as error:
            raise Refused(RefusalReason.BAD_ANSWER, f"hello: {error}", True) from None
        check_name(answer, self.certificate)
        if self.target.unit_id not in (None, answer.unit_id):
            what = f"{answer.unit_name} has unit id {answer.unit_id}, and its advert said {self.target.unit_id}"
            raise Refused(RefusalReason.WRONG_NAME, what, True)
        return answer

    def _say_hello(self, hello: Hello) -> None:
        try:
            self._send(hello)
        except Refused as refused:
            raise _Unsent from refused

    def _check_certificate(self) -> None:
        if self.target.unit_name not in (None, self.certificate.unit_name):
            what = f"{self.target.address} shows the certificate of {self.certificate.unit_name}, not of {self.target.unit_name}"
            raise Refused(RefusalReason.WRONG_NAME, what, True)

    def _give_up(self, refused: Refused) -> None:
        """Tell the other end why, unless it was the one who said so."""
        if not refused.is_theirs:
            told: JsonObject = {"reason": str(refused.reason), "text": str(refused), "is_fatal": True}
            with suppress(Refused):
                self.channel.send_json(FrameKind.ERROR, self._request + 1, told)
        self.channel.close(is_refused=not refused.is_theirs)

    def _closing(self) -> "_Closing":
        return _Closing(self)


class _Unsent(Exception):  # noqa: N818
    """The hello did not go out; what comes in says why."""


class _Closing:
    """Whatever is fatal, or no Refused at all, closes the connection: what follows could belong to anything."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and not (isinstance(error, Refused) and not error.is_fatal):
            self._connection.close()


def _secured(target: Target, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        plain = socket.create_connection((target.address, target.port), limits.CONNECT_S)
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or "no such address"
        raise Refused(RefusalReason.UNREACHABLE, f"no connection to {target}: {reason}", True) from None
    secured = None
    try:
        plain.settimeout(limits.HANDSHAKE_S)
        secured = context.wrap_socket(plain, do_handshake_on_connect=False)
        secured.do_handshake()
    except OSError as error:
        (secured or plain).close()
        raise refused_by_tls(error) from None
    return secured
