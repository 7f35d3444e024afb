"""Traps and informs as datagrams, and what comes back: nothing in here has a socket or a clock of its own.

The engine that is the authority of a message (RFC 3414, 1.5.1) is the sender of a trap, and the receiver of an inform: its id and
time are asked for first, and learned again when it says that they are others.
"""

import secrets
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from agent.management.snmp.ber import OCTETS, SEQUENCE, BerError, Oid, enter, header, integer, oid_of, take_integer, wrap
from agent.management.snmp.pdu import REPORT, RESPONSE

TRAP: Final = 0xA7
INFORM: Final = 0xA6
_NO_ERROR: Final = b"\x02\x01\x00\x02\x01\x00"
_VERSION_2C: Final = integer(1)


class Sense(Enum):
    """Of what came from a receiver."""

    NOTHING = auto()
    """Not for us, or not believed."""
    ACKNOWLEDGED = auto()
    LEARNED = auto()
    """Send the inform again, now: it will be another message."""
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Heard:
    """`number`: request-id of what is acknowledged. `text`: why it is refused."""

    sense: Sense
    number: int = 0
    text: str = ""


NOTHING: Final = Heard(Sense.NOTHING)


class Speech(Protocol):
    """How to speak to one receiver."""

    def trap(self, pdu: bytes) -> bytes:
        """The datagram."""

    def inform(self, pdu: bytes, now_s: float) -> bytes:
        """The datagram; or the question that must be answered first."""

    def hear(self, data: bytes, now_s: float) -> Heard:
        """Whatever came."""


def notification_pdu(tag: int, number: int, varbinds: list[bytes]) -> bytes:
    """`number`: the request-id, 0..2^31-1."""
    return wrap(tag, integer(number) + _NO_ERROR + wrap(SEQUENCE, b"".join(varbinds)))


class CommunitySpeech:
    """SNMPv2c."""

    def __init__(self, community: bytes) -> None:
        self._head = _VERSION_2C + wrap(OCTETS, community)

    def trap(self, pdu: bytes) -> bytes:
        """The datagram."""
        return wrap(SEQUENCE, self._head + pdu)

    def inform(self, pdu: bytes, now_s: float) -> bytes:  # noqa: ARG002
        """The same: there is nothing to learn first."""
        return self.trap(pdu)

    def hear(self, data: bytes, now_s: float) -> Heard:  # noqa: ARG002
        """Acknowledged, or nothing. Facts row 11: whatever the community, as some receivers answer with their own."""
        try:
            at, end = enter(data, 0, len(data), SEQUENCE)
            _, _, at = header(data, at, end)
            _, _, at = header(data, at, end)
            return answer(data, at, end)
        except BerError:
            return NOTHING


def answer(data: bytes, at: int, end: int) -> Heard:
    """Of the PDU here: is it the response to an inform? BerError."""
    tag, at, end = header(data, at, end)
    if tag != RESPONSE:
        return NOTHING
    number, _ = take_integer(data, at, end)
    return Heard(Sense.ACKNOWLEDGED, number)


def report_of(data: bytes, at: int, end: int) -> Oid | None:
    """The counter that a report carries; None: this is no report. BerError."""
    tag, at, end = header(data, at, end)
    if tag != REPORT:
        return None
    for _ in range(3):
        _, at = take_integer(data, at, end)
    at, end = enter(data, at, end, SEQUENCE)
    at, end = enter(data, at, end, SEQUENCE)
    at, end = enter(data, at, end, 0x06)
    return oid_of(data[at:end])


def new_message_id() -> int:
    """Not to be guessed: answers are known by it."""
    return secrets.randbits(31)
