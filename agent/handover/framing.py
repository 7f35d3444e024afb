"""Frames on a connection. Bytes in order, big-endian:

    +--------+-----------------+-----------------+----------------
    | kind 1 | request 4       | length 4        | body: length bytes
    +--------+-----------------+-----------------+----------------

REQUEST, ANSWER, ERROR: a JSON object. CHUNK: 1..256 KiB as they are. PING, PONG: nothing.
`request` numbers what a client asks, from 1, always upwards; answers, errors and chunks repeat it.
"""

import json
import select
import socket
import ssl
import struct
import time
from contextlib import suppress
from enum import IntEnum
from typing import NamedTuple

from agent.handover import limits
from agent.handover.fields import JsonObject
from agent.handover.refusals import Ended, RefusalReason, Refused
from agent.handover.tls import refused_by_tls

_HEADER = struct.Struct("!BII")


class FrameKind(IntEnum):
    """The first byte."""

    REQUEST = 1
    ANSWER = 2
    ERROR = 3
    CHUNK = 4
    PING = 5
    PONG = 6


class Frame(NamedTuple):
    """`body`: of its own memory, not used again by the channel."""

    kind: FrameKind
    request: int
    body: bytearray

    def json(self) -> JsonObject:
        """The object of a JSON frame. Refused (bad frame) for everything else."""
        try:
            value = json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise bad_frame("a frame is not JSON") from None
        if not isinstance(value, dict):
            raise bad_frame("a frame is not a JSON object")
        return value


class Channel:
    """A connected socket as frames. One thread at a time. Everything that goes wrong is a Refused that is fatal."""

    def __init__(self, connection: socket.socket, max_json_bytes: int = limits.MAX_HEADER_BYTES) -> None:
        self._connection, self.max_json_bytes = connection, max_json_bytes
        self.heard_at = time.monotonic()
        self._timeout_s = -1.0
        _tune(connection)

    def is_readable(self) -> bool:
        """Something has come (or the end). Bytes that were decrypted already are not seen by poll."""
        if isinstance(self._connection, ssl.SSLSocket) and self._connection.pending() > 0:
            return True
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(0))

    def send_json(self, kind: FrameKind, request: int, value: JsonObject) -> None:
        """Refused (too long) before a byte is sent."""
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        if len(body) > limits.MAX_HEADER_BYTES:
            text = f"a message of {len(body)} bytes is longer than {limits.MAX_HEADER_BYTES}"
            raise Refused(RefusalReason.TOO_LONG, text)
        self.send(kind, request, body)

    def send(self, kind: FrameKind, request: int, body: bytes | bytearray | memoryview = b"") -> None:
        """All of it. Refused: slow, or cut."""
        data = memoryview(b"".join((_HEADER.pack(kind, request, len(body)), body)))
        end = time.monotonic() + _time_for(len(data))
        try:
            self._limit(limits.STALL_S)
            while data:
                data = data[self._connection.send(data) :]
                if data and time.monotonic() > end:
                    raise TimeoutError
        except TimeoutError:
            raise Refused(RefusalReason.SLOW, "the other end takes nothing more", True) from None
        except OSError as error:
            raise refused_by_tls(error) from None

    def read(self, within_s: float) -> Frame:
        """The next frame; its first byte arrives within `within_s`. Refused: idle, slow, cut, too long, bad frame."""
        try:
            header = self._first(within_s)
            kind, request, length = _HEADER.unpack(header)
            self._check(kind, length)
            body = bytearray(length)
            self._fill(memoryview(body), time.monotonic() + _time_for(length))
        except OSError as error:
            raise refused_by_tls(error) from None
        self.heard_at = time.monotonic()
        return Frame(FrameKind(kind), request, body)

    def close(self, is_refused: bool = False) -> None:
        """`is_refused`: what was sent last is given a moment to arrive (data that is not read would make TCP drop it)."""
        with suppress(OSError, ValueError):
            if is_refused:
                linger(self._connection)
        with suppress(OSError):
            self._connection.close()

    def wake(self) -> None:
        """From another thread: whoever reads or writes finds it cut."""
        with suppress(OSError):
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def _limit(self, seconds: float) -> None:
        """For each call of the socket: a system call, so only when it changes."""
        if seconds != self._timeout_s:
            self._connection.settimeout(seconds)
            self._timeout_s = seconds

    def _first(self, within_s: float) -> bytes:
        header = bytearray(_HEADER.size)
        self._limit(within_s)
        try:
            count = self._connection.recv_into(memoryview(header))
        except TimeoutError:
            raise Refused(RefusalReason.IDLE, f"nothing was said for {within_s:.0f} s", True) from None
        if not count:
            raise Ended
        self._fill(memoryview(header)[count:], time.monotonic() + _time_for(0))
        return bytes(header)

    def _fill(self, room: memoryview, end: float) -> None:
        self._limit(limits.STALL_S)
        try:
            while room:
                count = self._connection.recv_into(room)
                if not count:
                    raise Refused(RefusalReason.CUT, "the connection was cut in the middle of a frame", True)
                room = room[count:]
                if room and time.monotonic() > end:
                    raise TimeoutError
        except TimeoutError:
            raise Refused(RefusalReason.SLOW, "a frame that had begun did not go on", True) from None

    def _check(self, kind: int, length: int) -> None:
        if kind not in FrameKind.__members__.values():
            raise bad_frame(f"there is no frame of kind {kind}")
        shortest = 1 if kind == FrameKind.CHUNK else 0
        longest = {FrameKind.CHUNK: limits.MAX_CHUNK_BYTES, FrameKind.PING: 0, FrameKind.PONG: 0}.get(
            FrameKind(kind), self.max_json_bytes
        )
        if length > longest:
            text = f"a {FrameKind(kind).name} frame of {length} bytes is longer than {longest}"
            raise Refused(RefusalReason.TOO_LONG, text, True)
        if length < shortest:
            raise bad_frame("a chunk is empty")


def bad_frame(what: str) -> Refused:
    """What the other end sent is not of this protocol."""
    return Refused(RefusalReason.BAD_FRAME, what, True)


def linger(connection: socket.socket) -> None:
    """Say that nothing more comes, and read what is left for at most half a second. OSError."""
    socket.socket.shutdown(connection, socket.SHUT_WR)
    end = time.monotonic() + limits.LINGER_S
    connection.settimeout(limits.LINGER_S)
    while time.monotonic() < end and socket.socket.recv(connection, 65_536):
        pass


def _tune(connection: socket.socket) -> None:
    """Small frames leave at once; a machine that is gone is noticed by the kernel too, within 3 + 2 x 2 s."""
    options = (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 3),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(limits.ANSWER_S * 1000)),
    )
    with suppress(OSError):
        for level, option, value in options:
            connection.setsockopt(level, option, value)


def _time_for(length: int) -> float:
    return limits.STALL_S + length / limits.MIN_BYTES_PER_S


def _no_constant(word: str) -> object:
    raise ValueError(word)
