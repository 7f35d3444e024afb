"""Requests in, responses out: the part of a message that is the same in v2c and v3 (RFC 3416).

PDU = tag · length · request-id · error-status or non-repeaters · error-index or max-repetitions · varbinds
varbinds = 30 · length · (30 · length · name · value)*
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from agent.management.snmp.ber import (
    EMPTY,
    INTEGER,
    OID,
    SEQUENCE,
    BerError,
    enter,
    header,
    length_of,
    signed,
    take_integer,
    wrap,
)

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
SET: Final = 0xA3
GET_BULK: Final = 0xA5
REPORT: Final = 0xA8
REQUESTS: Final = frozenset({GET, GET_NEXT, SET, GET_BULK})

MAX_VARBINDS: Final = 1024
"""In a request; one with more is answered tooBig."""
_NO_ERROR: Final = b"\x02\x01\x00\x02\x01\x00"


class Status(IntEnum):
    """error-status of RFC 3416."""

    NO_ERROR = 0
    TOO_BIG = 1
    GEN_ERR = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18


class Varbind(NamedTuple):
    """`name`: content of its OID; `tag`, `content`: of its value."""

    name: bytes
    tag: int
    content: bytes


class Pdu(NamedTuple):
    """A request. `request_id` as it came, with tag and length; `body`: its varbinds as they came, without their header.

    `names`: contents of the varbinds' OIDs, one more than MAX_VARBINDS at most; only a SET is asked for values.
    """

    tag: int
    request_id: bytes
    first: int
    second: int
    body: bytes
    names: list[bytes]


def decode_pdu(data: bytes, at: int, end: int) -> Pdu:
    """The request from `at` on. BerError, also for PDUs that are no requests."""
    tag, at, end = header(data, at, end)
    if tag not in REQUESTS:
        raise BerError("this PDU is no request")
    start, number_end = enter(data, at, end, INTEGER)
    signed(data[start:number_end])
    first, second, next_at = 0, 0, number_end + 6
    if data[number_end:next_at] != _NO_ERROR:  # so they are in all requests but GETBULK
        first, next_at = take_integer(data, number_end, end)
        second, next_at = take_integer(data, next_at, end)
    body_at, body_end = enter(data, next_at, end, SEQUENCE)
    return Pdu(tag, data[at:number_end], first, second, data[body_at:body_end], _names(data, body_at, body_end))


def _names(data: bytes, at: int, end: int) -> list[bytes]:
    """BerError."""
    found: list[bytes] = []
    while at < end and len(found) <= MAX_VARBINDS:
        inner, stop = enter(data, at, end, SEQUENCE)
        start, name_end = enter(data, inner, stop, OID)
        if data[name_end:stop] != EMPTY and header(data, name_end, stop)[2] != stop:
            raise BerError("a varbind has more than name and value")
        found.append(data[start:name_end])
        at = stop
    return found


def varbinds_of(pdu: Pdu) -> list[Varbind]:
    """Names and values. The body has been seen to be well-formed."""
    found: list[Varbind] = []
    at, body = 0, pdu.body
    for name in pdu.names:
        inner, stop = enter(body, at, len(body), SEQUENCE)
        _, name_end = enter(body, inner, stop, OID)
        tag, start, _ = header(body, name_end, stop)
        found.append(Varbind(name, tag, body[start:stop]))
        at = stop
    return found


def good_response(request_id: bytes, varbinds: Sequence[bytes]) -> bytes:
    """noError; each varbind with its header."""
    body = b"".join(varbinds)
    inner = b"%b%b\x30%b%b" % (request_id, _NO_ERROR, length_of(len(body)), body)
    return b"\xa2%b%b" % (length_of(len(inner)), inner)


def bad_response(pdu: Pdu, status: Status, index: int = 0) -> bytes:
    """The request's own varbinds and what is wrong with the one at `index`, from 1. tooBig has no varbinds (RFC 3416, 4.2)."""
    body = b"" if status is Status.TOO_BIG else pdu.body
    error = wrap(INTEGER, bytes((status,))) + _small(index if status is not Status.TOO_BIG else 0)
    return wrap(RESPONSE, pdu.request_id + error + wrap(SEQUENCE, body))


def _small(index: int) -> bytes:
    """0..32,767."""
    return wrap(INTEGER, bytes((index,)) if index < 0x80 else index.to_bytes(2, "big"))
