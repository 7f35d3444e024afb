"""One TCP port: who may come in, and what he comes as. With `tls`, after a handshake in which both show certificates."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import ExitStack

from agent.management.addresses import Address, address_of, is_in
from agent.management.modbus.client import Client, client_at
from agent.management.modbus.codes import ModbusFailed
from agent.management.modbus.connection import Connection
from agent.management.modbus.desk import Desk
from agent.management.modbus.room import EVICT_IDLE_S, Room
from agent.management.modbus.tls import Tls
from agent.management.ports import listening
from agent.settings.faces import ModbusSettings

_NO_FILES_S = 0.2
"""When the process has no file descriptor left, so long until it tries to accept again."""


class Listener:
    """`room` is shared by the ports: one cap for all."""

    def __init__(self, desk: Desk, room: Room, settings: ModbusSettings, port: int, tls: Tls | None = None) -> None:
        self._desk, self._room, self._settings, self._port, self._tls = desk, room, settings, port, tls
        self._opening: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled; `ready` is called when the port is open. PortError: it cannot be; ModbusFailed: its TLS cannot."""
        if self._tls is not None:
            self._tls.context()
        with ExitStack() as stack:
            sockets = [stack.enter_context(one) for one in listening("modbus", self._settings.address, self._port)]
            ready()
            await asyncio.gather(*map(self._accept, sockets))

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno not in (errno.ECONNABORTED, errno.EINTR):
                    await asyncio.sleep(_NO_FILES_S)
                continue
            self._welcome(accepted, address_of(address[0]))

    def _welcome(self, accepted: socket.socket, address: Address) -> None:
        if not is_in(address, self._settings.allow) or not self._room.has_place(address):
            accepted.close()
        else:
            guest = Connection(self._desk, self._room, lambda transport: self._recognize(transport, address), address)
            self._room.enter(guest)
            guest.opening = asyncio.get_running_loop().create_task(self._open(accepted, guest))
            self._opening.add(guest.opening)
            guest.opening.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket, guest: Connection) -> None:
        """A handshake that fails leaves nothing behind."""
        tls = self._tls
        try:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: guest,
                accepted,
                ssl=tls.context() if tls else None,
                ssl_handshake_timeout=EVICT_IDLE_S if tls else None,
            )
        except (OSError, ModbusFailed, asyncio.CancelledError):  # ssl.SSLError and TimeoutError are OSErrors
            self._room.left(guest)
            accepted.close()

    def _recognize(self, transport: asyncio.Transport, address: Address) -> Client | None:
        return self._tls.client(transport, address) if self._tls else client_at(address, self._settings.write_from)
