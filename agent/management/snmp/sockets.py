"""UDP ports. A socket that listens on all addresses answers from the one that was asked (managers drop answers from another)."""

import asyncio
import socket
import struct
from functools import lru_cache, partial
from typing import Final

from agent.management.ports import PortError, numeric, why_not
from agent.management.snmp.agent import Agent, Peer
from agent.management.snmp.counters import Counters

MAX_DATAGRAM: Final = 65_535
BURST: Final = 64
"""Datagrams read at one waking, before the rest of management gets its turn."""
RECEIVE_BUFFER: Final = 1024 * 1024
_IPV6_PKTINFO: Final = getattr(socket, "IPV6_PKTINFO", 50)
_IP_PKTINFO: Final = getattr(socket, "IP_PKTINFO", 8)  # Python before 3.12 has no name for it
_INSTEAD: Final = ", or use pass_persist (docs/operations.md, SNMP)"
_ANCILLARY: Final = socket.CMSG_SPACE(20)

Ancillary = list[tuple[int, int, bytes]]


def open_socket(address: str, port: int) -> socket.socket:
    """Bound, not blocking. PortError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            found.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        found.bind(numeric(family, address, port))
    except OSError as error:
        found.close()
        raise PortError(why_not("snmp", address, port, error, _INSTEAD)) from None
    return found


class Port:
    """One socket and the agent behind it. `close` when done."""

    def __init__(self, found: socket.socket, agent: Agent, counters: Counters) -> None:
        self._socket, self._agent, self._counters = found, agent, counters
        self._is_wild = found.getsockname()[0] in {"0.0.0.0", "::"}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(found, self._drain_wild if self._is_wild else self._drain)

    @property
    def number(self) -> int:
        """Of the port that it has, when any would do."""
        number: int = self._socket.getsockname()[1]
        return number

    def close(self) -> None:
        """No more datagrams."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _drain(self) -> None:
        """Bound to one address: the kernel answers from it."""
        receive, take = self._socket.recvfrom, self._agent.take
        for _ in range(BURST):
            try:
                data, peer = receive(MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:  # an answer of ours came to nobody; the socket says so once
                continue
            answer = take(data, Peer(peer[0], peer[1], partial(self._send, peer)))
            if answer is not None:
                self._send(peer, answer)

    def _send(self, peer: tuple[object, ...], message: bytes) -> None:
        try:
            self._socket.sendto(message, peer)
            self._counters.out_packets += 1
        except OSError:  # no room, or no way there: to a datagram's sender both are a loss
            self._counters.silent_drops += 1

    def _drain_wild(self) -> None:
        """Bound to all: each datagram says which address it came to."""
        receive, take = self._socket.recvmsg, self._agent.take
        for _ in range(BURST):
            try:
                data, ancillary, _flags, peer = receive(MAX_DATAGRAM, _ANCILLARY)
            except BlockingIOError:
                return
            except OSError:
                continue
            answer = take(data, Peer(peer[0], peer[1], partial(self._send_from, ancillary, peer)))
            if answer is not None:
                self._send_from(ancillary, peer, answer)

    def _send_from(self, ancillary: Ancillary, peer: tuple[object, ...], message: bytes) -> None:
        try:
            self._socket.sendmsg((message,), _asked(ancillary), 0, peer)
            self._counters.out_packets += 1
        except OSError:
            self._counters.silent_drops += 1


def _asked(ancillary: Ancillary) -> Ancillary:
    """Send from where it came to, by whatever interface leads back."""
    return _way_back(*ancillary[0]) if len(ancillary) == 1 else []


@lru_cache(maxsize=256)
def _way_back(level: int, kind: int, data: bytes) -> Ancillary:
    """The address of struct in_pktinfo that was asked (ipi_spec_dst), or of in6_pktinfo unless that is a multicast group."""
    if kind == _IP_PKTINFO and level == socket.IPPROTO_IP:
        return [(level, kind, b"\0\0\0\0" + data[4:8] + b"\0\0\0\0")]
    if kind == _IPV6_PKTINFO and level == socket.IPPROTO_IPV6 and data[0] != 0xFF:
        return [(level, kind, data[:16] + struct.pack("=I", 0))]
    return []
