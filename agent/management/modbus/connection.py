"""One TCP or TLS connection: bytes ⇄ ADUs, answered one after the other in the order in which they came.

An ADU may come in pieces and many may come at once. While one waits for the arbiter those behind it wait in the buffer;
when that is full nothing more is read, so a client that asks faster than it is answered is slowed down by TCP itself.

      2 transaction id   2 protocol = 0   2 length = 1 + PDU   1 unit id   1..253 PDU
"""

import asyncio
import struct
from collections.abc import Callable, Coroutine, Hashable
from typing import cast

from agent.management.modbus.client import Client
from agent.management.modbus.desk import Desk
from agent.management.modbus.pdu import MAX_PDU_BYTES
from agent.management.modbus.room import Room

BUFFER_BYTES = 4096
"""Of requests that wait, per connection: 15 of the longest, 341 reads."""
UNREAD_BYTES = 16 * 1024
"""Answers that a client has not fetched; above that it is asked nothing more."""
_HEADER = struct.Struct(">HHHB")
_READ_BYTES = 12


class Connection(asyncio.BufferedProtocol):
    """A guest of the room. `recognize`: who is it? Asked once the connection (TLS: the handshake) is there; None: a stranger."""

    def __init__(
        self, desk: Desk, room: Room, recognize: Callable[[asyncio.Transport], Client | None], address: Hashable
    ) -> None:
        self.seen_s, self.address = room.now_s, address
        self.opening: asyncio.Task[None] | None = None
        """Its handshake."""
        self._recognize = recognize
        self._client: Client | None = None
        self._desk, self._room = desk, room
        self._buffer = bytearray(BUFFER_BYTES)
        self._whole = memoryview(self._buffer)
        self._filled = 0
        self._later: asyncio.Task[None] | None = None
        self._is_open = self._is_unread = self._is_paused = self._is_closing = self._is_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._is_open = True
        self._transport.set_write_buffer_limits(high=UNREAD_BYTES)
        self._client = None if self._is_closing else self._recognize(self._transport)
        if self._client is None:
            self.leave()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """What was begun is carried out: a command is not taken back by pulling a cable. Its answer has nowhere to go."""
        self._is_closing = True
        self._room.left(self)

    def leave(self) -> None:
        """At once, unread answers or not."""
        self._is_closing = True
        if self._is_open:
            self._transport.abort()
        elif self.opening is not None:
            self.opening.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self._whole[self._filled :] if self._filled else self._whole

    def buffer_updated(self, nbytes: int) -> None:
        if nbytes == _READ_BYTES and not self._filled and self._later is None:
            answer = self._desk.quick(self._buffer)
            if answer is not None:
                self.seen_s = self._room.now_s
                self._transport.write(answer)
                return
        self._filled += nbytes
        self._serve()

    def eof_received(self) -> bool:
        """Whoever has said all may still listen: what waits is answered first. (TLS knows no half-closed connection.)"""
        self._is_ended = True
        return self._later is not None and self._transport.get_extra_info("ssl_object") is None

    def pause_writing(self) -> None:
        self._is_unread = True

    def resume_writing(self) -> None:
        self._is_unread = False
        self._serve()

    def _serve(self) -> None:
        """Answer what can be answered now; read on if there is room for more."""
        start = 0
        while self._later is None and not self._is_unread and not self._is_closing:
            size = self._next_size(start)
            if not size:
                break
            adu = bytes(self._whole[start : start + size])
            start += size
            self._answer(adu)
        self._forget(start)
        self._read_on(not self._is_closing and self._filled < BUFFER_BYTES)

    def _next_size(self, start: int) -> int:
        """Of the ADU that begins there; 0: it is not whole. What is no Modbus closes the connection: nothing after it can be."""
        if self._filled - start < _HEADER.size:
            return 0
        _transaction, protocol, length, _unit = _HEADER.unpack_from(self._buffer, start)
        if protocol != 0 or not 2 <= length <= MAX_PDU_BYTES + 1:
            self._is_closing = True
            self._transport.close()
            return 0
        size = 6 + int(length)
        return size if self._filled - start >= size else 0

    def _answer(self, adu: bytes) -> None:
        assert self._client is not None
        answer = self._desk.answer(adu[6], adu[7:], self._client)
        if isinstance(answer, Coroutine):
            self._later = asyncio.get_running_loop().create_task(self._answer_later(adu, answer))
            self._desk.keep(self._later)
        else:
            self._send(adu, answer)

    async def _answer_later(self, adu: bytes, coming: Coroutine[None, None, bytes | None]) -> None:
        try:
            self._send(adu, await coming)
        finally:
            self._later = None
        self._serve()
        if self._is_ended and self._later is None:
            self._transport.close()

    def _send(self, adu: bytes, pdu: bytes | None) -> None:
        """None: the request is for somebody else, and is not answered."""
        self.seen_s = self._room.now_s
        if pdu is not None and not self._transport.is_closing():
            self._transport.write(adu[:4] + (len(pdu) + 1).to_bytes(2) + adu[6:7] + pdu)

    def _forget(self, size: int) -> None:
        """The first so many bytes have been dealt with."""
        if size:
            rest = self._filled - size
            self._buffer[:rest] = self._buffer[size : self._filled]
            self._filled = rest

    def _read_on(self, is_wanted: bool) -> None:
        if is_wanted == self._is_paused and not self._transport.is_closing():
            self._is_paused = not is_wanted
            (self._transport.resume_reading if is_wanted else self._transport.pause_reading)()
