"""UDP sockets for the two ends of a stream. Everything raises OSError, with the kernel's own words."""

import contextlib
import errno
import fcntl
import socket
import struct
import termios

from agent.devices.address import Address, Endpoint
from agent.devices.interface import index_of

INPUT_BUFFER_BYTES = 4 * 1024 * 1024
"""0.7 s of 50 Mbit/s; as much of it as the machine allows (net.core.rmem_max)."""

SocketAddress = tuple[str, int] | tuple[str, int, int, int]

_SO_RCVBUFFORCE = 33
_SO_MEMINFO = 55
_MEMINFO_RECEIVED = 0
_MEMINFO_DROPS = 8
_LEAST_BYTES_A_DATAGRAM = 512
"""The kernel accounts for more than this for the smallest datagram (768 on a 64-bit machine)."""
_IP_MULTICAST_ALL = 49
_IPV6_MULTICAST_ALL = 29
_IP_TRANSPARENT = 19
_IPV6_TRANSPARENT = 75
_IP_UNICAST_IF = 50
_IPV6_UNICAST_IF = 76


def interface_index(endpoint: Endpoint) -> int:
    """Of the interface that the URL names; 0: it names none. OSError: there is no such interface now."""
    if endpoint.interface is None:
        return 0
    index = index_of(endpoint.interface)
    if not index:
        raise OSError(errno.ENODEV, f'there is no interface "{endpoint.interface}"; see `ip link`')
    return index


def destination(endpoint: Endpoint) -> SocketAddress:
    """What to give to sendto and bind. A link-local address (fe80::, ff02::) means nothing without its interface."""
    if not endpoint.is_ipv6:
        return str(endpoint.host), endpoint.port
    scope = interface_index(endpoint) if endpoint.host.is_link_local or endpoint.is_multicast else 0
    return str(endpoint.host), endpoint.port, 0, scope


def open_input(endpoint: Endpoint) -> socket.socket:
    """Bound and joined, non-blocking. Bound to the group, so that other streams on the same port stay out."""
    index = interface_index(endpoint)
    sock = _udp_socket(endpoint)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # several units on one host share the input
        _enlarge(sock)
        sock.bind(destination(endpoint))
        if endpoint.is_multicast:
            _join(sock, endpoint, index)
        elif endpoint.interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, endpoint.interface.encode())
    except OSError:
        sock.close()
        raise
    return sock


def open_output(endpoint: Endpoint) -> socket.socket:
    """Non-blocking, not connected: an ICMP error about one datagram must not swallow the next."""
    index = interface_index(endpoint)
    sock = _udp_socket(endpoint)
    try:
        if endpoint.local_address is not None:
            if endpoint.is_borrowed:
                _permit_any_source(sock, endpoint)
            sock.bind((str(endpoint.local_address), 0))
        _set_way_out(sock, endpoint, index)
    except OSError:
        sock.close()
        raise
    return sock


def dropped_datagrams(sock: socket.socket) -> int:
    """How many the kernel threw away because the buffer was full (or the checksum wrong); 0 where it does not tell."""
    return _memory_info(sock)[_MEMINFO_DROPS]


def most_waiting(sock: socket.socket) -> int:
    """No more datagrams than this wait to be read now; some fewer, usually. It is counted from the memory that they take."""
    return _memory_info(sock)[_MEMINFO_RECEIVED] // _LEAST_BYTES_A_DATAGRAM


def _memory_info(sock: socket.socket) -> tuple[int, ...]:
    """Zeros where the kernel does not tell (SO_MEMINFO)."""
    with contextlib.suppress(OSError, struct.error):
        return struct.unpack("9I", sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))
    return (0,) * 9


def unsent_bytes(sock: socket.socket) -> int:
    """What the kernel has taken from sendto and not yet handed to the network (SIOCOUTQ)."""
    with contextlib.suppress(OSError):
        queued: int = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]
        return queued
    return 0


def _udp_socket(endpoint: Endpoint) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if endpoint.is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    return sock


def _permit_any_source(sock: socket.socket, endpoint: Endpoint) -> None:
    """Needs CAP_NET_ADMIN or CAP_NET_RAW; without them, the address must be set on this machine."""
    level, option = (socket.IPPROTO_IPV6, _IPV6_TRANSPARENT) if endpoint.is_ipv6 else (socket.IPPROTO_IP, _IP_TRANSPARENT)
    with contextlib.suppress(OSError):
        sock.setsockopt(level, option, 1)


def _enlarge(sock: socket.socket) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, INPUT_BUFFER_BYTES)
    except OSError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, INPUT_BUFFER_BYTES)


def _join(sock: socket.socket, endpoint: Endpoint, index: int) -> None:
    """On one interface, and hear nothing that other programs have joined on others (MULTICAST_ALL off)."""
    if endpoint.is_ipv6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL, 0)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, endpoint.host.packed + struct.pack("@I", index))
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, _ip_mreqn(endpoint.host, endpoint.local_address, index))


def _set_way_out(sock: socket.socket, endpoint: Endpoint, index: int) -> None:
    if endpoint.is_multicast:
        _set_multicast_way_out(sock, endpoint, index)
    elif endpoint.is_ipv6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_UNICAST_IF, socket.htonl(index))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, endpoint.ttl or -1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_UNICAST_IF, socket.htonl(index))
        if endpoint.ttl is not None:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, endpoint.ttl)


def _set_multicast_way_out(sock: socket.socket, endpoint: Endpoint, index: int) -> None:
    assert endpoint.ttl is not None
    if endpoint.is_ipv6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, endpoint.ttl)
        return
    if index or endpoint.local_address:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, _ip_mreqn(endpoint.host, endpoint.local_address, index))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, endpoint.ttl)


def _ip_mreqn(group: Address, local: Address | None, index: int) -> bytes:
    """struct ip_mreqn: group, local address (any: the kernel's choice), interface index (0: by address or route)."""
    return group.packed + (local.packed if local else bytes(4)) + struct.pack("@i", index)
