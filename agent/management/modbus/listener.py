"""One TCP port: who may come in, and what he comes as. With `tls`, after a handshake in which both show certificates."""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from ipaddress import IPv6Address, ip_address

from agent.management.modbus.client import Address, Client, address_of, client_at, is_in
from agent.management.modbus.codes import ModbusFailed
from agent.management.modbus.connection import Connection
from agent.management.modbus.desk import Desk
from agent.management.modbus.room import EVICT_IDLE_S, Room
from agent.management.modbus.tls import Tls
from agent.settings.faces import ModbusSettings

BACKLOG = 64
_NO_FILES_S = 0.2
"""When the process has no file descriptor left, so long until it tries to accept again."""


class Listener:
    """`room` is shared by the ports: one cap for all."""

    def __init__(self, desk: Desk, room: Room, settings: ModbusSettings, port: int, tls: Tls | None = None) -> None:
        self._desk, self._room, self._settings, self._port, self._tls = desk, room, settings, port, tls
        self._opening: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[], None]) -> None:
        """Until cancelled; `ready` is called when the port is open. ModbusFailed: it cannot be."""
        if self._tls is not None:
            self._tls.context()
        with ExitStack() as stack:
            sockets = [stack.enter_context(one) for one in bound(self._settings.address, self._port)]
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


def bound(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """Listening, not blocking. ModbusFailed names what is in the way."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(_bound(address, port, addresses)) for address in addresses]
        stack.pop_all()
    return sockets


def _bound(address: str, port: int, addresses: Sequence[str]) -> socket.socket:
    """`::` alone takes IPv4 as well; beside an IPv4 address it must not."""
    is_v6 = isinstance(ip_address(address.partition("%")[0]), IPv6Address)
    made = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_v6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, any(":" not in other for other in addresses))
        made.bind(socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0][4])
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise ModbusFailed(_sentence(address, port, error)) from None
    made.setblocking(False)
    return made


def _sentence(address: str, port: int, error: OSError) -> str:
    """What to do about it."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {address} is taken by another process; stop it, or set another port in [modbus]"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} needs permission (below 1024: root, or CAP_NET_BIND_SERVICE); or set a port above 1023 in [modbus]"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"this machine has no address {address}; correct address in [modbus]"
    return f"port {port} of {address} cannot be opened: {error.strerror}"
