"""Requests for `snmp_load`: made before the clock starts, number i with the id FIRST_ID + i."""

import random
import socket
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agent.management.snmp.ber import integer, object_id, wrap
from agent.management.snmp.message import AUTH_FLAG, PRIV_FLAG, REPORTABLE, Authority, octets, scoped_pdu, take_envelope
from agent.management.snmp.usm import NOBODY, Outgoing, Sender, sealed
from agent.management.snmp.usm_keys import AUTHS, PRIVS, Keys, localised, master_key, privacy_key

Oid = tuple[int, ...]
COUNT = 4096
FIRST_ID = 0x0100_0000
REPETITIONS = 50
COMMUNITY, USER, PASSPHRASE = "public", "bench", "benchbench"
GET, GETBULK = 0xA0, 0xA5
SEED = 7421
DISCOVERY_S = 5.0


class Asked(NamedTuple):
    """An agent, and who asks it."""

    port: int
    address: str = "127.0.0.1"
    user: str = USER
    passphrase: str = PASSPHRASE

    def signer(self, authority: Authority) -> Sender:
        """SHA-256 and AES, with the keys for that engine."""
        auth, priv = AUTHS["SHA-256"], PRIVS["AES"]
        local = localised(auth, master_key(auth, self.passphrase.encode()), authority.engine_id)
        return Sender(self.user.encode(), auth, Keys(local, privacy_key(auth, priv, local)))


class Cells(NamedTuple):
    """A table to read: `entry` without column and row."""

    entry: Oid
    columns: Sequence[int]
    rows: Sequence[int]

    def one(self) -> Oid:
        """A number in the middle."""
        return (*self.entry, self.columns[len(self.columns) // 2], self.rows[len(self.rows) // 2])

    def starts(self, count: int) -> list[Oid]:
        """Places from which a bulk answer stays inside; the same for every server whose table has this shape."""
        chance = random.Random(SEED)
        return [(*self.entry, chance.choice(self.columns[:-1]), chance.choice(self.rows)) for _ in range(count)]


def pdu(kind: int, number: int, oid: Oid, repetitions: int = 0) -> bytes:
    """One variable binding; no non-repeaters."""
    varbind = wrap(0x30, object_id(oid) + b"\x05\x00")
    return wrap(kind, integer(FIRST_ID + number) + integer(0) + integer(repetitions) + wrap(0x30, varbind))


def v2c(request: bytes) -> bytes:
    return wrap(0x30, integer(1) + octets(COMMUNITY.encode()) + request)


def gets(cells: Cells) -> list[bytes]:
    """v2c GET of one object."""
    return [v2c(pdu(GET, number, cells.one())) for number in range(COUNT)]


def bulks(cells: Cells) -> list[bytes]:
    """v2c GETBULK of 50 cells from anywhere."""
    return [v2c(pdu(GETBULK, number, oid, REPETITIONS)) for number, oid in enumerate(cells.starts(COUNT))]


def v3_gets(cells: Cells, asked: Asked, count: int = COUNT) -> list[bytes]:
    """authPriv, SHA-256 and AES, by the clock that the agent has now. Good for 150 s."""
    authority = discover(asked)
    sender = asked.signer(authority)
    flags = AUTH_FLAG | PRIV_FLAG | REPORTABLE
    scoped = (scoped_pdu(authority.engine_id, b"", pdu(GET, number, cells.one())) for number in range(count))
    return [sealed(Outgoing(FIRST_ID + number, flags, one), authority, sender) for number, one in enumerate(scoped)]


def discover(asked: Asked) -> Authority:
    """Engine id, boots and time, from the report that a nameless question gets (RFC 3414, 4)."""
    first = _report(
        asked, sealed(Outgoing(FIRST_ID, REPORTABLE, scoped_pdu(b"", b"", pdu(GET, 0, (1, 3)))), Authority(b"", 0, 0), NOBODY)
    )
    if first.boots:
        return first
    return _synchronised(asked, first)


def _synchronised(asked: Asked, first: Authority) -> Authority:
    """pysnmp tells its time only to those who sign."""
    scoped = scoped_pdu(first.engine_id, b"", pdu(GET, 0, (1, 3)))
    return _report(asked, sealed(Outgoing(FIRST_ID, AUTH_FLAG | PRIV_FLAG | REPORTABLE, scoped), first, asked.signer(first)))


def _report(asked: Asked, question: bytes) -> Authority:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(DISCOVERY_S)
        asker.connect((asked.address, asked.port))
        asker.send(question)
        answer = asker.recv(65_536)
    start = 4 if answer[1] & 0x80 else 2
    start = 2 + (answer[1] & 0x7F) if answer[1] & 0x80 else start
    envelope = take_envelope(answer, start + 3, len(answer))
    return Authority(envelope.engine_id, envelope.boots, envelope.seconds)


def packed(requests: Iterable[bytes]) -> bytes:
    """As `snmp_load` reads them."""
    return b"".join(len(request).to_bytes(4, "big") + request for request in requests)
