"""The addresses of this unit's LAN interface: where it listens, and how people know it."""

import fcntl
import socket
import struct
from ipaddress import IPv6Address
from pathlib import Path

_SIOCGIFADDR = 0x8915
_IPV6_LIST = Path("/proc/net/if_inet6")
_UNUSABLE = 0x40 | 0x08
"""IFA_F_TENTATIVE, IFA_F_DADFAILED: it cannot be bound (yet)."""


def addresses_of(interface: str) -> tuple[str, ...]:
    """IPv4 first, then IPv6 (a link-local one as fe80::1%eth1); empty when there is none (yet)."""
    return tuple(filter(None, (_ipv4_of(interface), *_ipv6_of(interface))))


def address_of(interface: str) -> str:
    """The first of them, for people; nothing when there is none."""
    return next(iter(addresses_of(interface)), "").partition("%")[0]


def scoped(address: str, interface: str) -> str:
    """An address as it was heard there, so that one can connect to it: fe80::1 needs its interface."""
    is_bare = ":" in address and "%" not in address
    return f"{address}%{interface}" if is_bare and IPv6Address(address).is_link_local else address


def _ipv4_of(interface: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            found = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return ""
    return socket.inet_ntoa(found[20:24])


def _ipv6_of(interface: str) -> list[str]:
    """Lines: address (32 hex digits), index, prefix length, scope, flags, name."""
    try:
        rows = [line.split() for line in _IPV6_LIST.read_text().splitlines()]
    except OSError:  # a kernel without IPv6
        return []
    mine = [row for row in rows if row[5] == interface and not int(row[4], 16) & _UNUSABLE]
    return sorted(scoped(str(IPv6Address(bytes.fromhex(row[0]))), interface) for row in mine)
