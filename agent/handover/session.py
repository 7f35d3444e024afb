"""One connection that a server has accepted: hello, then request after request, until the peer closes it or is silent 30 s."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from agent.handover import fields, limits, protocol
from agent.handover.fields import JsonObject
from agent.handover.framing import Channel, Frame, FrameKind, bad_frame
from agent.handover.peer import Peer, Requests
from agent.handover.refusals import Ended, RefusalReason, Refusals, Refused, reason_of
from agent.handover.tls import Clock, check_dates
from agent.ledger.errors import LedgerError
from agent.pki import PeerCertificate

_log = logging.getLogger(__name__)
Value = TypeVar("Value")


class Session:
    """`is_current`: were the certificates of today used for this connection? If not, it ends when it is idle."""

    def __init__(
        self,
        channel: Channel,
        requests: Requests,
        refusals: Refusals,
        *,
        is_current: Callable[[], bool],
        clock: Clock = time.time,
    ) -> None:
        self._channel, self._requests, self._refusals = channel, requests, refusals
        self._is_current, self._clock = is_current, clock
        self._last_request = 0
        self.who = ""

    def run(self, certificate: PeerCertificate, address: str) -> None:
        """Returns when the connection is over; it is closed by then. Nothing is raised."""
        self.who = address
        try:
            peer = self._greet(certificate, address)
            self.who = str(peer)
            while self._serve_one(peer):
                pass
            self._channel.close()
        except Ended:
            self._channel.close()
        except Refused as refused:
            self.refuse(self._last_request, refused)

    def refuse(self, request: int, refused: Refused) -> None:
        """Count it, tell it, and if it is fatal close the connection."""
        self._refusals.count(self.who, refused)
        if refused.is_theirs:
            self._channel.close()
            return
        told: JsonObject = {"reason": str(refused.reason), "text": str(refused), "is_fatal": refused.is_fatal}
        with suppress(Refused):
            self._channel.send_json(FrameKind.ERROR, request, told)
        if refused.is_fatal:
            self._channel.close(is_refused=True)

    # Hello -----------------------------------------------------------------------------------------------------------

    def _greet(self, certificate: PeerCertificate, address: str) -> Peer:
        self._channel.max_json_bytes = limits.MAX_HELLO_BYTES
        frame = self._channel.read(limits.HANDSHAKE_S)
        self._number(frame)
        data = frame.json()
        if data.get("verb") != "hello":
            raise Refused(RefusalReason.UNKNOWN_REQUEST, "the first request must be hello", True)
        check_protocol(data)
        hello = _read(protocol.hello_from, data, is_fatal=True)
        check_name(hello, certificate)
        self._channel.send_json(FrameKind.ANSWER, frame.request, self._requests.hello().to_json())
        self._channel.max_json_bytes = limits.MAX_HEADER_BYTES
        return Peer(hello, certificate, address)

    # Requests --------------------------------------------------------------------------------------------------------

    def _serve_one(self, peer: Peer) -> bool:
        """Whether to go on."""
        frame = self._channel.read(limits.IDLE_S)
        check_dates(peer.certificate, self._clock())
        if frame.kind == FrameKind.PING:
            if self._is_current():
                self._channel.send(FrameKind.PONG, frame.request)
            return self._is_current()
        self._number(frame)
        try:
            self._answer(peer, frame.request, frame.json())
        except Refused as refused:
            if refused.is_fatal:
                raise
            self.refuse(frame.request, refused)
        return True

    def _number(self, frame: Frame) -> None:
        """Only upwards: a request is carried out once."""
        if frame.kind == FrameKind.ERROR:
            raise theirs(frame)
        if frame.kind != FrameKind.REQUEST:
            raise bad_frame(f"{frame.kind.name} where a request was due")
        if frame.request <= self._last_request:
            raise Refused(RefusalReason.REPLAYED_REQUEST, f"request {frame.request} has been there before", True)
        self._last_request = frame.request

    def _answer(self, peer: Peer, request: int, data: JsonObject) -> None:
        answer = _ANSWERS.get(str(data.get("verb")))
        if answer is None:
            raise Refused(RefusalReason.UNKNOWN_REQUEST, f"there is no request {str(data.get('verb'))[:40]!r}")
        group = _read(fields.group, data)
        if not peer.certificate.allows(group):
            what = f"the certificate of {peer.certificate.unit_name} is for group {peer.certificate.shown_groups()}, not {group}"
            raise Refused(RefusalReason.OTHER_GROUP, what)
        try:
            answer(self, peer, request, data)
        except LedgerError as error:
            raise Refused(RefusalReason.STORAGE, str(error), is_whole=True) from error
        except (Refused, OSError):
            raise
        except Exception as error:
            _log.exception("request %s of %s", data.get("verb"), peer)
            raise Refused(RefusalReason.INTERNAL, f"{type(error).__name__} while answering", True) from error

    def _say(self, request: int, value: JsonObject) -> None:
        self._channel.send_json(FrameKind.ANSWER, request, value)

    def _relate(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.relate(peer, _read(protocol.relate_from, data)).to_json())

    def _get_content(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.get_content(peer, _read(protocol.get_content_from, data)).to_json())

    def _get_chunks(self, peer: Peer, request: int, data: JsonObject) -> None:
        for chunk in self._requests.get_chunks(peer, _read(protocol.get_chunks_from, data)):
            self._channel.send(FrameKind.CHUNK, request, chunk)

    def _push_content(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.push_content(peer, _read(protocol.push_content_from, data)).to_json())

    def _put_chunks(self, peer: Peer, request: int, data: JsonObject) -> None:
        """Refused in the middle, the rest of the chunks would be taken for requests: so it is fatal."""
        try:
            asked = _read(protocol.put_chunks_from, data)
            self._requests.put_chunks(peer, asked, self._chunks(request, len(asked.digests)))
        except (Refused, LedgerError) as error:
            reason = error.reason if isinstance(error, Refused) else RefusalReason.STORAGE
            raise Refused(reason, str(error), True, is_whole=True) from error
        self._say(request, {})

    def _chunks(self, request: int, count: int) -> Iterator[bytearray]:
        for _ in range(count):
            frame = self._channel.read(limits.ANSWER_S)
            if frame.kind != FrameKind.CHUNK or frame.request != request:
                raise bad_frame(f"{frame.kind.name} where a chunk was due")
            yield frame.body

    def _propose(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.propose(peer, _read(protocol.propose_from, data)))

    def _choose(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.choose(peer, _read(protocol.choose_from, data)))

    def _pair(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.pair(peer, _read(protocol.pair_from, data)))

    def _unpair(self, peer: Peer, request: int, data: JsonObject) -> None:
        self._say(request, self._requests.unpair(peer, _read(protocol.unpair_from, data)))


_ANSWERS: dict[str, Callable[[Session, Peer, int, JsonObject], None]] = {
    "relate": Session._relate,
    "get_content": Session._get_content,
    "get_chunks": Session._get_chunks,
    "push_content": Session._push_content,
    "put_chunks": Session._put_chunks,
    "propose": Session._propose,
    "choose": Session._choose,
    "pair": Session._pair,
    "unpair": Session._unpair,
}


def check_protocol(data: JsonObject) -> None:
    """Refused (protocol version): another major version."""
    major, minor = _read(protocol.protocol_from, data, is_fatal=True)
    if major != limits.PROTOCOL_MAJOR:
        what = f"the other end speaks version {major}.{minor} of the transfer protocol, we speak {limits.PROTOCOL_MAJOR}"
        raise Refused(RefusalReason.PROTOCOL_VERSION, what, True)


def check_name(hello: protocol.Hello, certificate: PeerCertificate) -> None:
    """Refused (wrong name): it says it is another unit than its certificate says."""
    if hello.unit_name != certificate.unit_name:
        what = f"a unit that calls itself {hello.unit_name} shows the certificate of {certificate.unit_name}"
        raise Refused(RefusalReason.WRONG_NAME, what, True)


def theirs(frame: Frame) -> Refused:
    """What an ERROR frame of the other end says."""
    data = frame.json()
    text = data.get("text")
    what = text if isinstance(text, str) and text.isprintable() else "the other end gave no reason"
    return Refused(reason_of(data.get("reason")), what, data.get("is_fatal") is not False, is_theirs=True)


def _read(reader: Callable[[JsonObject], Value], data: JsonObject, is_fatal: bool = False) -> Value:
    try:
        return reader(data)
    except (ValueError, RecursionError) as error:
        raise Refused(RefusalReason.BAD_REQUEST, f"{str(data.get('verb'))[:40]}: {error}", is_fatal) from None
