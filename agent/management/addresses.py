"""Addresses of those who ask, and the networks that the settings name (C-20)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from agent.settings.faces import Network

Address = IPv4Address | IPv6Address


def address_of(host: str) -> Address:
    """Without the zone of a link-local address; an IPv4 address is one, also when a socket for both versions calls it ::ffff:…"""
    return unmapped(ip_address(host.partition("%")[0]))


def unmapped(address: Address) -> Address:
    """An IPv4 address that came through an IPv6 socket is what it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_in(address: Address, networks: Sequence[Network]) -> bool:
    """Is it from one of these? One of another version is not."""
    address = unmapped(address)
    return any(address in network for network in networks)
