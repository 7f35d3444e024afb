"""The envelope of SNMPv3 (RFC 3412, 6; RFC 3414, 2.4), taken apart and put together.

SEQUENCE { 3, SEQUENCE { msgID, msgMaxSize, msgFlags, msgSecurityModel },
           OCTETS { SEQUENCE { engineID, boots, time, user, mac, salt } },
           scoped: SEQUENCE { contextEngineID, contextName, PDU }, or OCTETS with that encrypted }
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.management.snmp.ber import (
    OCTETS,
    SEQUENCE,
    BerError,
    enter,
    header,
    integer,
    length_of,
    take_integer,
    take_octets,
)

USM: Final = 3
AUTH_FLAG: Final = 1
PRIV_FLAG: Final = 2
REPORTABLE: Final = 4
MIN_SIZE: Final = 484
MAX_SIZE: Final = 65_507
"""What fits into one UDP datagram over IPv4."""
_VERSION_3: Final = b"\x02\x01\x03"
_HEAD: Final = b"\x02\x03\x00\xff\xe3\x04\x01%c\x02\x01\x03"
"""msgMaxSize 65,507, msgFlags, msgSecurityModel USM."""


class Authority(NamedTuple):
    """Whose clock a message goes by: of the sender of traps and responses, of the receiver of requests and informs."""

    engine_id: bytes
    boots: int
    seconds: int


@dataclass(slots=True)
class Envelope:
    """What came. `mac_at`, `scoped_at`: where the mac and the scoped PDU (with its header) are in the datagram."""

    message_id: int
    max_size: int
    flags: int
    security_model: int
    engine_id: bytes = b""
    boots: int = 0
    seconds: int = 0
    user: bytes = b""
    mac: bytes = b""
    mac_at: int = 0
    salt: bytes = b""
    scoped_at: int = 0


def take_envelope(data: bytes, at: int, end: int) -> Envelope:
    """`at`: behind the version. BerError. Of another security model than USM only the head is read."""
    start, next_at = enter(data, at, end, SEQUENCE)
    message_id, start = take_integer(data, start, next_at)
    max_size, start = take_integer(data, start, next_at)
    flags, start = take_octets(data, start, next_at)
    model, _ = take_integer(data, start, next_at)
    if len(flags) != 1 or message_id < 0 or max_size < MIN_SIZE or flags[0] & 3 == PRIV_FLAG:
        raise BerError("this is no head of an SNMPv3 message")
    envelope = Envelope(message_id, max_size, flags[0], model)
    start, envelope.scoped_at = enter(data, next_at, end, OCTETS)
    if model == USM:
        _take_parameters(envelope, data, start, envelope.scoped_at)
    return envelope


def _take_parameters(envelope: Envelope, data: bytes, at: int, end: int) -> None:
    at, end = enter(data, at, end, SEQUENCE)
    envelope.engine_id, at = take_octets(data, at, end)
    envelope.boots, at = take_integer(data, at, end)
    envelope.seconds, at = take_integer(data, at, end)
    envelope.user, at = take_octets(data, at, end)
    envelope.mac_at, at = enter(data, at, end, OCTETS)
    envelope.mac = data[envelope.mac_at : at]
    envelope.salt, _ = take_octets(data, at, end)
    if len(envelope.engine_id) > 32 or len(envelope.user) > 32 or envelope.boots < 0 or envelope.seconds < 0:
        raise BerError("these are no security parameters")


@dataclass(slots=True)
class Scoped:
    """Whose objects, and where the PDU is in `data`."""

    context_engine_id: bytes
    context: bytes
    data: bytes
    pdu_at: int
    end: int

    @property
    def is_request(self) -> bool:
        """Confirmed class: gets an answer or a report (RFC 3411, 2.8)."""
        return self.data[self.pdu_at] in {0xA0, 0xA1, 0xA3, 0xA5, 0xA6}


def take_scoped(data: bytes, at: int, end: int) -> Scoped:
    """BerError. What follows is padding."""
    at, end = enter(data, at, end, SEQUENCE)
    engine_id, at = take_octets(data, at, end)
    context, at = take_octets(data, at, end)
    header(data, at, end)
    return Scoped(engine_id, context, data, at, end)


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return b"\x04%b%b" % (length_of(len(content)), content)


def scoped_pdu(engine_id: bytes, context: bytes, pdu: bytes) -> bytes:
    """With its header."""
    inner = octets(engine_id) + octets(context) + pdu
    return b"\x30%b%b" % (length_of(len(inner)), inner)


def envelope_bytes(message_id: int, flags: int, parameters: bytes, scoped: bytes) -> bytes:
    """The whole message. `parameters`: content of the sequence; `scoped` with its header."""
    head = integer(message_id) + _HEAD % flags
    inner = b"\x30%b%b" % (length_of(len(parameters)), parameters)
    whole = b"%b\x30%b%b\x04%b%b%b" % (_VERSION_3, length_of(len(head)), head, length_of(len(inner)), inner, scoped)
    return b"\x30%b%b" % (length_of(len(whole)), whole)


def parameters_bytes(authority: Authority, user: bytes, mac_bytes: int, salt: bytes) -> bytes:
    """With zeros for the mac: they stand before the salt, which has a header of two bytes."""
    numbers = integer(authority.boots) + integer(authority.seconds)
    return octets(authority.engine_id) + numbers + octets(user) + octets(bytes(mac_bytes)) + octets(salt)
