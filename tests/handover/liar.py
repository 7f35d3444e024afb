"""Ends that do not keep to the protocol: real TLS, real certificates, and any bytes within."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from agent.handover.fields import JsonObject
from agent.handover.framing import Channel, Frame, FrameKind
from agent.handover.protocol import Hello
from tests.handover.transfer_site import Side, hello

Script = Callable[["Liar", int, JsonObject], None]


class Liar:
    """A server: hello as it should be, unless `said` is something else; every further request is answered by the script."""

    def __init__(self, side: Side, script: Script, said: Hello | JsonObject | None = None) -> None:
        self._side, self._script, self._said = side, script, said or hello(side.name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.told: list[JsonObject] = []
        self.connection: ssl.SSLSocket | None = None
        self.channel: Channel | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def raw(self, data: bytes) -> None:
        """As it is, within TLS."""
        assert self.connection
        self.connection.sendall(data)

    def answer(self, request: int, value: JsonObject) -> None:
        assert self.channel
        self.channel.send_json(FrameKind.ANSWER, request, value)

    def _run(self) -> None:
        with suppress(Exception):
            while True:
                plain, _ = self.listener.accept()
                with suppress(Exception):
                    self._serve(plain)

    def _serve(self, plain: socket.socket) -> None:
        self.connection = self._side.identity().contexts().server.wrap_socket(plain, server_side=True)
        self.channel = Channel(self.connection)
        said = self._said.to_json() if isinstance(self._said, Hello) else self._said
        while True:
            frame: Frame = self.channel.read(30)
            data = frame.json() if frame.body else {}
            if frame.kind == FrameKind.ERROR:
                self.told.append(data)
            elif frame.kind == FrameKind.PING:
                continue
            elif data.get("verb") == "hello":
                self.answer(frame.request, said)
            else:
                self._script(self, frame.request, data)


@contextmanager
def lying(side: Side, script: Script, said: Hello | JsonObject | None = None) -> Iterator[Liar]:
    """With `side`'s certificate."""
    liar = Liar(side, script, said)
    try:
        yield liar
    finally:
        with suppress(OSError):
            liar.listener.shutdown(socket.SHUT_RDWR)
        liar.listener.close()


class RawClient:
    """A client that says what the test says, within TLS. `contexts` of any side, or none at all."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        plain = socket.create_connection(("127.0.0.1", port), 5)
        self.connection = context.wrap_socket(plain)
        self.channel = Channel(self.connection)

    def say(self, request: int, value: JsonObject, kind: FrameKind = FrameKind.REQUEST) -> None:
        self.channel.send_json(kind, request, value)

    def greet(self, said: Hello, request: int = 1) -> Frame:
        self.say(request, {"verb": "hello", **said.to_json()})
        return self.channel.read(5)

    def header(self, kind: int, request: int, length: int) -> None:
        self.connection.sendall(struct.pack("!BII", kind, request, length))

    def close(self) -> None:
        self.channel.close()
