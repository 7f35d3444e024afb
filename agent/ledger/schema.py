"""The tables of ledger.db, and whether a file has them."""

import sqlite3
from pathlib import Path
from typing import Final

from agent.ledger.errors import LedgerError, damaged

VERSION: Final = 1
APPLICATION_ID: Final = 0x556E6479  # "Undy"
# Small tables, without which nothing works. What is large (content, file) carries digests, verified whenever it is read.
_CHECKED: Final = ("head", "revision", "pack", "pin", "own", "state")

_TABLES: Final = (
    # A content belongs to every revision with its digest; without the row those revisions are metadata alone.
    "CREATE TABLE content (seq INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, shared BLOB NOT NULL)",
    "CREATE TABLE file (seq INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, digest BLOB NOT NULL,"
    " chunks BLOB NOT NULL, is_proven INTEGER NOT NULL)",
    "CREATE TABLE content_file (content INTEGER NOT NULL REFERENCES content(seq) ON DELETE CASCADE, name TEXT NOT NULL,"
    " file INTEGER NOT NULL REFERENCES file(seq), PRIMARY KEY (content, name)) WITHOUT ROWID",
    "CREATE INDEX content_file_by_file ON content_file(file)",
    "CREATE TABLE revision (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, grp INTEGER NOT NULL, number INTEGER NOT NULL,"
    " parent1 BLOB, parent2 BLOB, author TEXT NOT NULL, face TEXT NOT NULL, unit TEXT NOT NULL, saved_at_ns INTEGER NOT NULL,"
    " digest BLOB NOT NULL, kind TEXT NOT NULL, note TEXT NOT NULL)",
    "CREATE INDEX revision_by_number ON revision(grp, number DESC, id)",
    "CREATE INDEX revision_by_digest ON revision(digest)",
    "CREATE TABLE head (grp INTEGER PRIMARY KEY, revision BLOB NOT NULL REFERENCES revision(id))",
    "CREATE TABLE head_move (seq INTEGER PRIMARY KEY, grp INTEGER NOT NULL, at_ns INTEGER NOT NULL, old BLOB, new BLOB NOT NULL,"
    " why TEXT NOT NULL)",
    "CREATE INDEX head_move_by_group ON head_move(grp, seq)",
    "CREATE TABLE pin (revision BLOB NOT NULL REFERENCES revision(id), why TEXT NOT NULL,"
    " PRIMARY KEY (revision, why)) WITHOUT ROWID",
    "CREATE TABLE own (seq INTEGER PRIMARY KEY, grp INTEGER NOT NULL, saved_at_ns INTEGER NOT NULL, author TEXT NOT NULL,"
    " face TEXT NOT NULL, unit TEXT NOT NULL, digest BLOB NOT NULL, part BLOB)",
    "CREATE INDEX own_by_group ON own(grp, seq)",
    "CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE pack (number INTEGER PRIMARY KEY, size INTEGER NOT NULL)",
    "CREATE TABLE chunk (digest BLOB PRIMARY KEY, pack INTEGER NOT NULL REFERENCES pack(number), place INTEGER NOT NULL,"
    " size INTEGER NOT NULL, stored_at_s INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX chunk_by_pack ON chunk(pack)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file, else see that they are ours and whole. LedgerError. sqlite3.Error."""
    if connection.execute("PRAGMA schema_version").fetchone()[0] == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        _create(connection)
    check_version(connection, path)
    _check_tables(connection, path)


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """LedgerError unless the file is a ledger of this version."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise LedgerError(f"{path} is the database of another program. Move it away, or choose another data_dir")
    if version > VERSION:
        raise LedgerError(
            f"{path} was written by a newer Understudy (ledger version {version}; this one knows {VERSION}). "
            "Run that version again, or give this one a data_dir of its own"
        )


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute("COMMIT")


def _check_tables(connection: sqlite3.Connection, path: Path) -> None:
    for table in _CHECKED:
        found = connection.execute(f"PRAGMA quick_check({table})").fetchone()[0]
        if found != "ok":
            raise damaged(path.parent, f"table {table}: {' '.join(found.split())}")
