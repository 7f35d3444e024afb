"""The socket on the redundancy LAN: multicast or unicast peers, IPv4 or IPv6, with kernel receive times and TTL."""

import contextlib
import ipaddress
import socket
import struct
from time import monotonic_ns, time_ns
from typing import Any, NamedTuple

from agent.settings.model import LanSettings
from agent.wire.message import MAX_DATAGRAM_BYTES, REQUIRED_TTL

_MSG_PROBE = 0x10
_SO_TIMESTAMPNS = 35
_SO_RXQ_OVFL = 40
_SO_BINDTODEVICE = 25
_SO_RCVBUFFORCE = 33
_IP_MULTICAST_ALL = 49
_IPV6_MULTICAST_ALL = 29
_IP_RECVTTL = 12
_RECEIVE_BUFFER_BYTES = 4 << 20
_TIMESPEC = struct.Struct("=qq")
_INT = struct.Struct("=i")
_ANCILLARY_BYTES = 128
MAX_ERRORS = 8
_Received = tuple[bytes, list[tuple[int, int, bytes]], int, Any]
_TTL_CMSGS = {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)}


class Datagram(NamedTuple):
    """`received_at_ns` is on the monotonic clock; `ttl` -1 when the kernel did not say."""

    data: bytes
    received_at_ns: int
    ttl: int
    address: str


class Lan:
    """Send to all, receive with time. OSError from the constructor: the interface or address is not there (yet)."""

    def __init__(self, settings: LanSettings, interface_index: int) -> None:
        targets = settings.peers or (settings.multicast_address or "",)
        self._targets: list[tuple[str, int] | tuple[str, int, int, int]] = [
            (str(ipaddress.ip_address(target)), settings.port) for target in targets
        ]
        self._is_v6 = ":" in self._targets[0][0]
        self.overflows = 0
        self._drained_at_ns = monotonic_ns()
        self._socket = socket.socket(socket.AF_INET6 if self._is_v6 else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._prepare(settings, interface_index)
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """To wait on."""
        return self._socket.fileno()

    def close(self) -> None:
        """Leave the LAN."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """To the group, or to every peer. OSError when it left for nobody."""
        failure: OSError | None = None
        reached = 0
        for target in self._targets:
            try:
                self._socket.sendto(data, target)
                reached += 1
            except OSError as error:
                failure = error
        if failure is not None and not reached:
            raise failure

    def warm_up(self) -> None:
        """Walk the way of a packet through the kernel, and send none (MSG_PROBE)."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", _MSG_PROBE, self._targets[0])

    def receive(self) -> Datagram | None:
        """The oldest datagram that waits; None when there is none."""
        received = self._recvmsg()
        if received is None:
            self._drained_at_ns = monotonic_ns()
            return None
        data, ancillary, _, source = received
        ttl, age_ns = -1, 0
        for level, kind, value in ancillary:
            if kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = _TIMESPEC.unpack(value)
                age_ns = time_ns() - seconds * 1_000_000_000 - nanoseconds
            elif (level, kind) in _TTL_CMSGS:
                ttl = _INT.unpack(value)[0]
            elif kind == _SO_RXQ_OVFL:
                self.overflows = _INT.unpack(value)[0]
        return Datagram(data, self._monotonic(age_ns), ttl, source[0])

    def _recvmsg(self) -> _Received | None:
        """None: nothing waits. An error that waits on the socket (the interface went down) is not a packet, and hides none."""
        for _ in range(MAX_ERRORS):
            try:
                return self._socket.recvmsg(MAX_DATAGRAM_BYTES + 1, _ANCILLARY_BYTES)
            except BlockingIOError:
                return None
            except OSError:
                continue
        return None

    def _monotonic(self, age_ns: int) -> int:
        """An age on the wall clock, as a monotonic time. It cannot have come before the socket was last empty: a step of the wall
        clock moves no deadline (keepalived#1529)."""
        now_ns = monotonic_ns()
        return max(now_ns - max(age_ns, 0), min(self._drained_at_ns, now_ns))

    def _prepare(self, settings: LanSettings, interface_index: int) -> None:
        link = self._socket
        link.setblocking(False)
        if not settings.peers:  # multicast reaches all who share the port; unicast only the last of them
            link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._enlarge_buffer()
        for option in (_SO_TIMESTAMPNS, _SO_RXQ_OVFL):
            link.setsockopt(socket.SOL_SOCKET, option, 1)
        with contextlib.suppress(PermissionError):
            link.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, settings.interface.encode() + b"\0")
        if self._is_v6:
            self._prepare_v6(settings, interface_index)
        else:
            self._prepare_v4(settings, interface_index)

    def _enlarge_buffer(self) -> None:
        """A flood must not push adverts out while this process is held up."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)

    def _prepare_v4(self, settings: LanSettings, interface_index: int) -> None:
        link = self._socket
        link.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, REQUIRED_TTL)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, REQUIRED_TTL)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xC0)
        link.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)  # only what this socket joins; with peers, nothing
        if settings.peers:
            link.bind(("", settings.port))
            return
        group = socket.inet_aton(self._targets[0][0])
        membership = struct.pack("=4s4si", group, bytes(4), interface_index)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, membership)
        link.bind(self._targets[0])
        link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)

    def _prepare_v6(self, settings: LanSettings, interface_index: int) -> None:
        link = self._socket
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, REQUIRED_TTL)
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, REQUIRED_TTL)
        link.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL, 0)
        if settings.peers:
            link.bind(("::", settings.port))
            return
        group = self._targets[0][0]
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface_index)
        link.bind((group, settings.port, 0, interface_index))
        membership = socket.inet_pton(socket.AF_INET6, group) + struct.pack("=I", interface_index)
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        self._targets = [(group, settings.port, 0, interface_index)]
