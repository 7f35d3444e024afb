"""One datagram in, at most one out: versions, who is asking, and the way back (RFC 3412, RFC 1901)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Protocol

from agent.management.addresses import is_in
from agent.management.snmp.ber import SEQUENCE, BerError, enter, length_of, take_integer, take_octets
from agent.management.snmp.communities import community_principal
from agent.management.snmp.counters import Counters
from agent.management.snmp.message import MAX_SIZE
from agent.management.snmp.pdu import SET, decode_pdu
from agent.management.snmp.service import Service
from agent.model.answers import Role
from agent.settings.faces import Network

_V2C, _V3 = 1, 3
_HEADERS: Final = 8
"""Of a message around version, community and PDU."""
MAX_SOURCES: Final = 1024
"""Addresses whose permission is remembered."""


@dataclass(frozen=True, slots=True)
class Communities:
    """`labels`: community → label. Networks empty: read from anywhere, write from nowhere (C-20)."""

    labels: dict[bytes, str]
    read_from: tuple[Network, ...] = ()
    write_from: tuple[Network, ...] = ()


class Peer:
    """Who sent a datagram, and the way back to him."""

    __slots__ = ("host", "port", "send")

    def __init__(self, host: str, port: int, send: Callable[[bytes], None]) -> None:
        self.host, self.port, self.send = host, port, send

    @property
    def address(self) -> IPv4Address | IPv6Address:
        """Without the interface."""
        return ip_address(self.host.partition("%")[0])


class Version3(Protocol):
    """Message security: ours, or pysnmp's."""

    def take(self, data: bytes, at: int, end: int, peer: Peer) -> bytes | None:
        """The answer, or None: there is none, or `peer` gets it later. BerError."""


class Agent:
    """Whatever comes, `take` does not raise."""

    def __init__(self, service: Service, communities: Communities, version_3: Version3 | None, counters: Counters) -> None:
        self._service, self._communities, self._version_3, self._counters = service, communities, version_3, counters
        self._may_read: dict[str, bool] = {}

    @property
    def speaks_v3(self) -> bool:
        """Are there users, and what their messages need?"""
        return self._version_3 is not None

    def take(self, data: bytes, peer: Peer) -> bytes | None:
        """One datagram from there. The answer, or None: there is none, or `peer` gets it later."""
        self._counters.in_packets += 1
        try:
            start, end = enter(data, 0, len(data), SEQUENCE)
            version, at = take_integer(data, start, end)
            if version == _V2C and self._communities.labels:
                return self._version_2(data, start, at, end, peer)
            if version == _V3 and self._version_3 is not None:
                return self._version_3.take(data, at, end, peer)
            self._counters.bad_versions += 1
        except BerError:
            self._counters.parse_errors += 1
        except Exception as error:  # a fault of ours must not take the port with it
            self._counters.silent_drops += 1
            self._service.tell(f"a datagram from {peer.host} could not be handled: {type(error).__name__}: {error}")
        return None

    def _version_2(self, data: bytes, start: int, at: int, end: int, peer: Peer) -> bytes | None:
        community, pdu_at = take_octets(data, at, end)
        label = self._communities.labels.get(community)
        if label is None or not self._is_reader(peer):
            self._counters.bad_communities += 1
            return None
        pdu = decode_pdu(data, pdu_at, end)
        head = data[start:pdu_at]
        if pdu.tag == SET:
            principal = community_principal(label, peer.address, self._communities.write_from)
            self._counters.bad_community_uses += principal.role < Role.OPERATOR
            self._service.write(pdu, principal, (peer.host, peer.port, label), partial(_send_message, head, peer))
            return None
        room = MAX_SIZE - len(head) - _HEADERS
        response = self._service.read(pdu, room, partial(_send_message, head, peer))
        return None if response is None else _message(head, response)

    def _is_reader(self, peer: Peer) -> bool:
        if not self._communities.read_from:
            return True
        found = self._may_read.get(peer.host)
        if found is None:
            if len(self._may_read) >= MAX_SOURCES:
                self._may_read.clear()
            found = self._may_read[peer.host] = is_in(peer.address, self._communities.read_from)
        return found


def _message(head: bytes, pdu: bytes) -> bytes:
    """`head`: version and community as they came."""
    return b"\x30%b%b%b" % (length_of(len(head) + len(pdu)), head, pdu)


def _send_message(head: bytes, peer: Peer, pdu: bytes) -> None:
    peer.send(_message(head, pdu))
