"""Ports that faces listen on, and the sentence when one cannot be had."""

import errno
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from agent.management.kept import Failed

BACKLOG = 64


class PortError(Failed):
    """The port cannot be had; a sentence that says why and what to do."""


def listening(section: str, addresses: Sequence[str], port: int) -> list[socket.socket]:
    """TCP, on all of them or none; not blocking. PortError. `::` alone takes IPv4 as well; beside an IPv4 address it must not."""
    is_mixed = any(":" not in address for address in addresses)
    with ExitStack() as stack:
        sockets = [stack.enter_context(_bound(section, address, port, is_mixed)) for address in addresses]
        stack.pop_all()
    return sockets


def _bound(section: str, address: str, port: int, is_ipv6_only: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, is_ipv6_only)
        made.bind(numeric(family, address, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise PortError(why_not(section, address, port, error)) from None
    return made


def numeric(family: int, address: str, port: int) -> tuple[object, ...]:
    """What bind wants, scope and all; no name is looked up."""
    return socket.getaddrinfo(address, port, family, flags=socket.AI_NUMERICHOST)[0][4]


def why_not(section: str, address: str, port: int, error: OSError, instead: str = "") -> str:
    """`instead`: what else would do, with its comma."""
    where = f"port {port} of {address}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another program (ss -lntup tells which): end it, or set another port in [{section}]{instead}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"{where} is not for this user: set a port of 1024 or more in [{section}], or give CAP_NET_BIND_SERVICE{instead}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine (yet): set address in [{section}]"
    return f"{where} cannot be had: {error.strerror or error}"
