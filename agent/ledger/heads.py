"""Which revision of a group is in force, and every move of it."""

import enum
import sqlite3
import time
from typing import Final, NamedTuple

from agent.ledger import rows
from agent.ledger.errors import LedgerError, StaleHead
from agent.ledger.limits import MAX_NOTE, is_plain
from agent.ledger.revision import Revision


class Anything(enum.Enum):
    """`ANY`: whatever the head is."""

    ANY = "any"


ANY: Final = Anything.ANY
Expected = bytes | Anything | None


class HeadMove(NamedTuple):
    """`at_ns`: UTC ns by this unit's clock. `old` None: the group had no head."""

    at_ns: int
    old: bytes | None
    new: bytes
    why: str


def head(connection: sqlite3.Connection, group: int) -> Revision | None:
    return next(iter(rows.select(connection, "id = (SELECT revision FROM head WHERE grp = ?)", group)), None)


def expect(connection: sqlite3.Connection, group: int, expected: Expected) -> bytes | None:
    """The id of the head. StaleHead: it is another one than `expected`."""
    row = connection.execute("SELECT revision FROM head WHERE grp = ?", (group,)).fetchone()
    found: bytes | None = row[0] if row else None
    if expected is not ANY and expected != found:
        seen, now = (one.hex()[:16] if isinstance(one, bytes) else "none" for one in (expected, found))
        raise StaleHead(
            f"group {group} has changed: its revision was {seen} and is {now}. Look at it again, then repeat the change"
        )
    return found


def move(connection: sqlite3.Connection, group: int, new: bytes, why: str, expected: Expected = ANY) -> None:
    """Put it in force and write that down; nothing if it is in force. StaleHead. LedgerError: `why` is not a line of text."""
    if len(why) > MAX_NOTE or not is_plain(why):
        raise LedgerError(f"the reason of a move must be a line of at most {MAX_NOTE} characters. Shorten it")
    old = expect(connection, group, expected)
    if old == new:
        return
    connection.execute("INSERT OR REPLACE INTO head (grp, revision) VALUES (?, ?)", (group, new))
    values = (group, time.time_ns(), old, new, why)
    connection.execute("INSERT INTO head_move (grp, at_ns, old, new, why) VALUES (?, ?, ?, ?, ?)", values)


def moves(connection: sqlite3.Connection, group: int, limit: int) -> list[HeadMove]:
    """Newest first."""
    statement = "SELECT at_ns, old, new, why FROM head_move WHERE grp = ? ORDER BY seq DESC LIMIT ?"
    return [HeadMove(*row) for row in connection.execute(statement, (group, limit))]
