"""The own part of this unit, by group: what never leaves the machine. Every version is kept, the newest is in force."""

import hashlib
import sqlite3
import time
from typing import NamedTuple

from agent.ledger.errors import LedgerError
from agent.ledger.revision import Author


class OwnVersion(NamedTuple):
    """`part` None: the retention policy has pruned it."""

    saved_at_ns: int
    author: Author
    digest: bytes
    part: bytes | None


def newest(connection: sqlite3.Connection, group: int) -> bytes | None:
    """The part in force, verified. LedgerError: the disk has changed it."""
    row = connection.execute("SELECT digest, part FROM own WHERE grp = ? ORDER BY seq DESC LIMIT 1", (group,)).fetchone()
    if row is None:
        return None
    digest, part = row
    if not isinstance(part, bytes) or hashlib.sha256(part).digest() != digest:
        raise LedgerError(f"the own part of group {group} is damaged. Look at the disk (dmesg), then edit and save it again")
    return part


def put(connection: sqlite3.Connection, group: int, part: bytes, author: Author) -> None:
    values = (group, time.time_ns(), *author, hashlib.sha256(part).digest(), part)
    statement = "INSERT INTO own (grp, saved_at_ns, author, face, unit, digest, part) VALUES (?, ?, ?, ?, ?, ?, ?)"
    connection.execute(statement, values)


def history(connection: sqlite3.Connection, group: int, limit: int) -> list[OwnVersion]:
    """Newest first."""
    statement = "SELECT saved_at_ns, author, face, unit, digest, part FROM own WHERE grp = ? ORDER BY seq DESC LIMIT ?"
    found = connection.execute(statement, (group, limit))
    return [OwnVersion(at_ns, Author(*who), digest, part) for at_ns, *who, digest, part in found]


def prune(connection: sqlite3.Connection, keep: int) -> int:
    """Drop all but the newest `keep` (at least 1) of every group; how many went."""
    statement = (
        "UPDATE own SET part = NULL WHERE part IS NOT NULL AND seq NOT IN (SELECT seq FROM (SELECT seq, row_number() OVER"
        " (PARTITION BY grp ORDER BY seq DESC) AS age FROM own) WHERE age <= ?)"
    )
    return connection.execute(statement, (max(1, keep),)).rowcount
