"""Revisions as rows of the database."""

import sqlite3
from typing import Any, Final

from agent.ledger.errors import LedgerError
from agent.ledger.revision import Revision, make_id

COLUMNS: Final = "id, grp, number, parent1, parent2, author, face, unit, saved_at_ns, digest, kind, note"
MIN_PREFIX: Final = 4


def revision_of(row: tuple[Any, ...]) -> Revision:
    """Verified by its id. LedgerError: the disk has changed it."""
    id_, group, number, one, two, *rest = row
    revision = Revision(id_, group, number, tuple(parent for parent in (one, two) if parent), *rest)
    if make_id(revision) != id_:
        raise LedgerError(
            f"the record of revision {id_.hex()[:16]} is damaged: it is not what was stored. "
            "Look at the disk (dmesg), then move the ledger away and pull from the master, or import an export"
        )
    return revision


def insert(connection: sqlite3.Connection, revision: Revision) -> None:
    """Keep it, unless it is kept already."""
    parents = (*revision.parents, None, None)[:2]
    who = (revision.author, revision.face, revision.unit, revision.saved_at_ns)
    values = (revision.id, revision.group, revision.number, *parents, *who, revision.digest, revision.kind, revision.note)
    statement = f"INSERT INTO revision ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
    connection.execute(statement, values)


def select(connection: sqlite3.Connection, where: str, *values: object) -> list[Revision]:
    return [revision_of(row) for row in connection.execute(f"SELECT {COLUMNS} FROM revision WHERE {where}", values)]


def by_id(connection: sqlite3.Connection, revision_id: bytes) -> Revision | None:
    return next(iter(select(connection, "id = ?", revision_id)), None)


def known(connection: sqlite3.Connection, revision_id: bytes) -> Revision:
    """The revision; LedgerError when it is not held."""
    found = by_id(connection, revision_id)
    if found is None:
        raise LedgerError(f"revision {revision_id.hex()[:16]} is not held here. See understudy config history")
    return found


def history(connection: sqlite3.Connection, group: int, limit: int, before: bytes | None) -> list[Revision]:
    """Greatest number first, then by id; only those after `before` in that order."""
    order = "ORDER BY number DESC, id LIMIT ?"
    if before is None:
        return select(connection, f"grp = ? {order}", group, limit)
    last = known(connection, before).number
    return select(connection, f"grp = ? AND number <= ? AND (number < ? OR id > ?) {order}", group, last, last, before, limit)


def find(connection: sqlite3.Connection, group: int, text: str) -> list[Revision]:
    """Those with this number, or with an id that begins like this (at least 4 hex digits)."""
    numbered = select(connection, "grp = ? AND number = ? ORDER BY id", group, int(text)) if _is_number(text) else []
    return numbered or _with_prefix(connection, group, text.lower())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _with_prefix(connection: sqlite3.Connection, group: int, text: str) -> list[Revision]:
    if not MIN_PREFIX <= len(text) <= 64 or set(text) - set("0123456789abcdef"):
        return []
    low, high = (bytes.fromhex(text.ljust(64, digit)) for digit in "0f")
    return select(connection, "grp = ? AND id BETWEEN ? AND ? ORDER BY number DESC, id LIMIT 9", group, low, high)
