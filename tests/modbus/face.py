"""The Modbus face for real, in a thread of its own, so that clients that are not ours can be run against it; and a raw client."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from agent.management.modbus.serve import serve
from agent.model.answers import Answer, Change, Order, Principal
from agent.settings.faces import LOOPBACK, ModbusSettings
from tests.model.fake import FakeModel

T = TypeVar("T")
PATIENCE_S = 5.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class SlowModel(FakeModel):
    """Changes and commands wait until `go` is set."""

    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str = "") -> Answer:
        await self.go.wait()
        return await FakeModel.set(self, changes, principal, reason)

    async def command(self, order: Order, principal: Principal, wait_s: float = 5.0) -> Answer:
        await self.go.wait()
        return await FakeModel.command(self, order, principal, wait_s)


class Face:
    """`with Face(model) as face:` serves on 127.0.0.1:`face.port` (plain TCP unless told otherwise). `told`: its sentences."""

    def __init__(self, model: FakeModel | None = None, second_s: float = 1.0, **settings: object) -> None:
        self.model = model or FakeModel()
        self.told: list[str] = []
        self._second_s = second_s
        chosen = {"address": ("127.0.0.1",), "port": free_port(), "write_from": LOOPBACK} | settings
        self.settings = ModbusSettings(**chosen)  # type: ignore[arg-type]
        self.port = self.settings.tls_port or self.settings.port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if self.port:
            self._await_port()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the face did not stop"

    def do(self, what: Callable[[], T]) -> T:
        """In the face's thread, between two of its steps."""

        async def step() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(step(), self._loop).result(PATIENCE_S)

    def serve_once(self) -> None:
        """In this thread, for a face that cannot serve: what it raises."""
        self._loop.run_until_complete(serve(self.model, self.settings, self.told.append, self._second_s))

    def raw(self, timeout_s: float = PATIENCE_S) -> "Raw":
        return Raw(socket.create_connection(("127.0.0.1", self.port), timeout_s))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(serve(self.model, self.settings, self.told.append, self._second_s))
        with suppress_cancel():
            self._loop.run_until_complete(self._task)
        self._loop.close()

    def _await_port(self) -> None:
        """By the kernel's list: a connection to find out would be a guest for a moment."""
        until_s = time.monotonic() + PATIENCE_S
        listening = f"0100007F:{self.port:04X} 00000000:0000 0A"
        while listening not in Path("/proc/net/tcp").read_text():
            assert time.monotonic() < until_s, f"nobody serves: {self.told}"
            time.sleep(0.002)  # there is no event of a port that opens


class suppress_cancel:  # noqa: N801 (as contextlib.suppress)
    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        return kind is asyncio.CancelledError


class Raw:
    """Bytes over one TCP connection: a client without any opinion of what is right."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, pdu: bytes, unit: int = 1) -> bytes:
        """One request and its PDU; the answer must carry the same transaction id and unit."""
        self._number += 1
        self.send(adu(self._number, pdu, unit))
        number, answered_unit, answer = self.answer()
        assert (number, answered_unit) == (self._number, unit)
        return answer

    def answer(self) -> tuple[int, int, bytes]:
        """Transaction id, unit id, PDU. ConnectionError when the face has closed."""
        number, protocol, length, unit = struct.unpack(">HHHB", self._exactly(7))
        assert protocol == 0
        return number, unit, self._exactly(length - 1)

    def is_closed(self) -> bool:
        """By the other end, within the patience; what it still sends is passed over."""
        try:
            while self.socket.recv(4096):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data


def adu(number: int, pdu: bytes, unit: int = 1, protocol: int = 0) -> bytes:
    """MBAP header and PDU."""
    return struct.pack(">HHHB", number, protocol, len(pdu) + 1, unit) + pdu


def read(address: int, count: int, function: int = 3) -> bytes:
    return struct.pack(">BHH", function, address, count)


def write(address: int, *words: int) -> bytes:
    """FC 16."""
    return struct.pack(f">BHHB{len(words)}H", 16, address, len(words), 2 * len(words), *words)


def words(answer: bytes) -> list[int]:
    """Of a read; an exception is an error of the test."""
    assert not answer[0] & 0x80, f"exception {answer[1]}"
    assert answer[1] == len(answer) - 2
    return list(struct.unpack(f">{answer[1] // 2}H", answer[2:]))


def bits(answer: bytes, count: int) -> list[bool]:
    assert not answer[0] & 0x80, f"exception {answer[1]}"
    number = int.from_bytes(answer[2:], "little")
    return [bool(number >> place & 1) for place in range(count)]


def group(number: int, offset: int = 0) -> int:
    """The address of a group's register or bit, as the map's document has it."""
    return 1000 + 64 * number + offset


def path_of(program: str) -> Path:
    import shutil

    import pytest

    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}")
    return Path(found)
