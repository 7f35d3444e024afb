"""A wire between a client and a server that can be cut after any byte, have any byte changed, or be frozen."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Bytes each way are counted over all connections. `cut_after`, `flip_at`: in `direction` ("down": from the server)."""

    def __init__(self, port: int, direction: str = "down", cut_after: int | None = None, flip_at: int | None = None) -> None:
        self.direction, self.cut_after, self.flip_at = direction, cut_after, flip_at
        self.carried = {"up": 0, "down": 0}
        self.is_frozen = threading.Event()
        self._server_port = port
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Everything that is connected now."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._sockets += [client, server]
                threading.Thread(target=self._carry, args=(client, server, "up"), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, client, "down"), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                while self.is_frozen.is_set():
                    threading.Event().wait(0.01)
                sink.sendall(self._changed(data, direction))
        self._shut(source, sink)

    def _changed(self, data: bytes, direction: str) -> bytes:
        begin = self.carried[direction]
        self.carried[direction] += len(data)
        if direction != self.direction:
            return data
        if self.flip_at is not None and begin <= self.flip_at < begin + len(data):
            place = self.flip_at - begin
            data = data[:place] + bytes((data[place] ^ 0x20,)) + data[place + 1 :]
        if self.cut_after is not None and begin + len(data) > self.cut_after:
            self._leave(data[: max(0, self.cut_after - begin)])
        return data

    def _leave(self, rest: bytes) -> None:
        """What is before the cut still goes through."""
        for one in self._sockets[0::2] if self.direction == "down" else self._sockets[1::2]:
            with suppress(OSError):
                one.sendall(rest)
        raise OSError

    def _shut(self, *both: socket.socket) -> None:
        for one in both:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(port: int, direction: str = "down", cut_after: int | None = None, flip_at: int | None = None) -> Iterator[Wire]:
    """For one client."""
    made = Wire(port, direction, cut_after, flip_at)
    try:
        yield made
    finally:
        made.close()
