"""[lan]: where the units of a group hear one another. Addresses, never host names: a takeover does not wait for DNS."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from agent.settings.model import LanSettings
from agent.settings.reader import Table, shown
from agent.wire.message import REQUIRED_TTL

MAX_PEERS = 64
_INTERFACE = re.compile(r"[^\s/:\x00-\x1f]{1,15}")
_LAN = LanSettings("")
"""For its defaults."""
_KEYS = ("interface", "multicast_address", "peers", "port", "key_file", "minimum_ttl", "beacon", "on_carrier_loss")


def read_lan(table: Table, directory: Path) -> LanSettings:
    """[lan], each value in its range; `key_file` relative to the directory of the settings file."""
    table.only(_KEYS)
    peers = _peers(table)
    return LanSettings(
        interface=_interface(table),
        multicast_address=_multicast_address(table),
        peers=peers,
        port=table.integer("port", 1, 65535, _LAN.port),
        key_file=directory / table.text("key_file") if "key_file" in table.values else None,
        minimum_ttl=_minimum_ttl(table),
        beacon=table.flag("beacon", _LAN.beacon),
        on_carrier_loss=table.choice("on_carrier_loss", ("mute", "hold"), _LAN.on_carrier_loss),
    )


def _interface(table: Table) -> str:
    name = table.text("interface")
    if "interface" in table.values and isinstance(table.values["interface"], str) and not _INTERFACE.fullmatch(name):
        table.wrong(
            "interface", f"interface = {shown(name)} cannot be an interface's name", 'Write its name, such as "eth0" (ip link)'
        )
    return name


def _multicast_address(table: Table) -> str | None:
    """None when peers are given instead."""
    if "multicast_address" not in table.values:
        return None if "peers" in table.values else _LAN.multicast_address
    text = table.text("multicast_address")
    if "peers" in table.values:
        table.wrong("peers", "has both peers and multicast_address", "Keep one: peers for routed sites, else multicast_address")
    address = _address(text)
    if _has_scope(address):
        table.wrong("multicast_address", f"multicast_address = {shown(text)} names an interface", _NO_SCOPE)
    elif address is None or not address.is_multicast:
        remedy = "Use 239.0.0.0 to 239.255.255.255, such as 239.192.7.7, or an IPv6 address that begins with ff"
        table.wrong("multicast_address", f"multicast_address = {shown(text)} is not a multicast address", remedy)
    return text


def _peers(table: Table) -> tuple[str, ...]:
    peers = table.texts("peers")
    if "peers" in table.values and not 1 <= len(peers) <= MAX_PEERS and isinstance(table.values["peers"], list):
        table.wrong("peers", f"peers has {len(peers)} addresses", f"Write 1..{MAX_PEERS}, or leave peers out and use multicast")
    addresses = [_address(peer) for peer in peers]
    for peer, address in zip(peers, addresses, strict=True):
        if _has_scope(address):
            table.wrong("peers", f"peer {shown(peer)} names an interface", _NO_SCOPE)
        elif address is None or address.is_multicast or address.is_unspecified:
            table.wrong(
                "peers", f"peer {shown(peer)} is not a unit's address", "Write an IPv4 or IPv6 address; names are not looked up"
            )
    if len(set(addresses)) < len(addresses):
        table.wrong("peers", "peers names an address twice", "Remove one of them")
    if len({address.version for address in addresses if address}) > 1:
        table.wrong("peers", "peers mixes IPv4 and IPv6", "Use one of them for the whole LAN")
    return peers


def _minimum_ttl(table: Table) -> int:
    ttl = table.integer("minimum_ttl", 1, 255, _LAN.minimum_ttl)
    if ttl != REQUIRED_TTL and "peers" not in table.values:
        what = "has minimum_ttl below 255 without peers: packets from beyond a router would be believed"
        table.wrong("minimum_ttl", what, "Remove it, or use peers if the site is routed")
    return ttl


_NO_SCOPE = "Leave out what begins with %; the setting interface says it"


def _has_scope(address: IPv4Address | IPv6Address | None) -> bool:
    """`ff02::1%eth0`."""
    return isinstance(address, IPv6Address) and address.scope_id is not None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
