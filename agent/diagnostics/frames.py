"""A datagram of the redundancy LAN as an IP packet, for Wireshark; and out of one again.

A record holds what the socket gave: payload, sender, time. The headers around it are made up (checksum of UDP 0: none).
"""

import ipaddress
import struct
from functools import lru_cache
from typing import NamedTuple

PORT = 7420
UDP = 17
_UDP = struct.Struct(">HHHH")
_V4 = struct.Struct(">BBHHHBBH4s4s")
_NOBODY = "0.0.0.0"


class Datagram(NamedTuple):
    """`ttl`: as received."""

    source: str
    target: str
    port: int
    ttl: int
    payload: bytes


def framed(payload: bytes, source: str, target: str, port: int = PORT) -> bytes:
    """Raw IP. An address that is not known becomes 0.0.0.0."""
    return _headers(source, target, port, len(payload)) + payload


@lru_cache(maxsize=256)
def _headers(source: str, target: str, port: int, length: int) -> bytes:
    from_, to = _address(source), _address(target)
    udp = _UDP.pack(port, port, length + 8, 0)
    if from_.version == 6 or to.version == 6:
        both = b"".join(_as_v6(one) for one in (from_, to))
        return struct.pack(">IHBB", 6 << 28, length + 8, UDP, 255) + both + udp
    head = _V4.pack(0x45, 0xC0, length + 28, 0, 0x4000, 255, UDP, 0, from_.packed, to.packed)
    return head[:10] + struct.pack(">H", _checksum(head)) + head[12:] + udp


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ipaddress.ip_address(_NOBODY)


def _as_v6(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _checksum(head: bytes) -> int:
    total: int = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def datagram_in(ip: bytes) -> Datagram | None:
    """The UDP datagram in a raw IP packet; None: something else, or a piece."""
    if len(ip) >= 28 and ip[0] >> 4 == 4 and ip[9] == UDP and not int.from_bytes(ip[6:8], "big") & 0x3FFF:
        head, ttl, source, target = (ip[0] & 15) * 4, ip[8], ip[12:16], ip[16:20]
    elif len(ip) >= 48 and ip[0] >> 4 == 6 and ip[6] == UDP:
        head, ttl, source, target = 40, ip[7], ip[8:24], ip[24:40]
    else:
        return None
    if len(ip) < head + 8:
        return None
    _, port, length, _ = _UDP.unpack_from(ip, head)
    who, whom = (str(ipaddress.ip_address(one)) for one in (source, target))
    return Datagram(who, whom, port, ttl, ip[head + 8 : head + length])
