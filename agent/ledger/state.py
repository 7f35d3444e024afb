"""Records of the handover process, and pins: what must not be pruned, and why."""

import sqlite3


def get(connection: sqlite3.Connection, key: str) -> bytes | None:
    row = connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def put(connection: sqlite3.Connection, key: str, value: bytes | None) -> None:
    """None: the record goes."""
    if value is None:
        connection.execute("DELETE FROM state WHERE key = ?", (key,))
    else:
        connection.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, value))


def all_with(connection: sqlite3.Connection, prefix: str) -> dict[str, bytes]:
    statement = "SELECT key, value FROM state WHERE substr(key, 1, ?) = ? ORDER BY key"
    return dict(connection.execute(statement, (len(prefix), prefix)).fetchall())


def pin(connection: sqlite3.Connection, revision_id: bytes, why: str) -> None:
    connection.execute("INSERT OR IGNORE INTO pin (revision, why) VALUES (?, ?)", (revision_id, why))


def unpin(connection: sqlite3.Connection, revision_id: bytes, why: str | None) -> None:
    connection.execute("DELETE FROM pin WHERE revision = ?1 AND (?2 IS NULL OR why = ?2)", (revision_id, why))


def pins(connection: sqlite3.Connection) -> list[tuple[bytes, str]]:
    return connection.execute("SELECT revision, why FROM pin ORDER BY revision, why").fetchall()
