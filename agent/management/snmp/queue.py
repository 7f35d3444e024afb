"""What is to be told, until every target has it: on the disk, in order, bounded.

One SQLite file (write-ahead log). An entry and the knowledge that it has been queued (`states`) are one transaction: after any
crash an event is either queued or will be seen as news again, never both. Each target has a cursor, the last entry that it has;
an entry leaves when all cursors have passed it.

A trap goes in two phases: the move of the cursor is made ready, the trap is sent, the move is committed: one write to the log,
without fsync. A process that is killed in the microseconds of these two sends that one trap again, never not at all; the same
usNotificationId says so. A crash of the machine may lose the last moves (traps are sent again), but no entry: it is on the disk
before it is sent.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_ENTRIES: Final = 10_000
CHECKPOINT_EVERY: Final = 200
"""Cursor moves, after which the log goes into the file, when nobody waits for it."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, made_ms INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS target (name TEXT PRIMARY KEY, done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """`made_ms`: on the clock of the machine's run `boot`, see agent.management.snmp.notify_clock. `body`: JSON."""

    number: int
    boot: str
    made_ms: int
    body: str


def _make_private(path: Path) -> None:
    """0600, whatever the umask; SQLite gives -wal and -shm the mode of the file. What cannot be is left to SQLite to say."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if one.exists():
                one.chmod(0o600)


class Queue:
    """One connection, used by one thread at a time. sqlite3.Error, at any time: queue_safe.py deals with it."""

    def __init__(self, path: Path | str) -> None:
        """`:memory:` when there is no disk. sqlite3.Error: no such directory, no database, no permission."""
        if str(path) != ":memory:":
            _make_private(Path(path))
        self._base = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
        try:
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA wal_autocheckpoint = 0")
            self._base.executescript(_SCHEMA)
        except sqlite3.Error:
            self._base.close()
            raise
        self._moves = 0

    def close(self) -> None:
        """The log goes into the file."""
        self._base.close()

    def copy_to(self, other: "Queue") -> None:
        """Everything, in place of what is there; all or nothing. sqlite3.Error."""
        self._base.backup(other._base)

    def aim(self, targets: Iterable[str]) -> None:
        """These are the targets from now on. A new one gets what happens from now on; one that is named no more is forgotten."""
        names = list(targets)
        with self._whole(is_flushed=True):
            marks = ",".join("?" * len(names))
            self._base.execute(f"DELETE FROM target WHERE name NOT IN ({marks})", names)
            last = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'entry'")
            self._base.executemany("INSERT OR IGNORE INTO target VALUES (?, ?)", [(name, last) for name in names])
            self._forget_done()

    def add(self, states: Mapping[str, str], bodies: Iterable[str], boot: str, made_ms: int) -> int:
        """Entries and the states that go with them, at once, on the disk when this returns. How many old ones were dropped."""
        with self._whole(is_flushed=True):
            self._base.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", states.items())
            if self._one("SELECT count(*) FROM target"):
                rows = [(boot, made_ms, body) for body in bodies]
                self._base.executemany("INSERT INTO entry (boot, made_ms, body) VALUES (?, ?, ?)", rows)
            return self._drop_oldest()

    def _drop_oldest(self) -> int:
        excess = max(0, len(self) - MAX_ENTRIES)
        if excess:
            self._base.execute("DELETE FROM entry WHERE number IN (SELECT number FROM entry ORDER BY number LIMIT ?)", (excess,))
            self._count("dropped", excess)
        return excess

    def head(self, target: str) -> Entry | None:
        """The oldest that this target has not got."""
        wanted = "number > (SELECT done FROM target WHERE name = ?) ORDER BY number LIMIT 1"
        row = self._base.execute(f"SELECT number, boot, made_ms, body FROM entry WHERE {wanted}", (target,)).fetchone()
        return Entry(*row) if row else None

    def send(self, target: str, number: int, send: Callable[[], None]) -> None:
        """All is made ready, then `send`, then it counts as sent: between the two is one write. OSError: nothing has moved."""
        with self._whole(is_flushed=False):
            self._move(target, number, "sent")
            send()

    def done(self, target: str, number: int, counted: str) -> None:
        """The target has it, or will never have it; `counted`: sent or expired."""
        with self._whole(is_flushed=False):
            self._move(target, number, counted)

    def _move(self, target: str, number: int, counted: str) -> None:
        self._base.execute("UPDATE target SET done = max(done, ?) WHERE name = ?", (number, target))
        self._forget_done()
        self._count(counted, 1)
        self._moves += 1

    def rest(self) -> None:
        """Called when nothing is due: the log goes into the file, if it has grown."""
        if self._moves >= CHECKPOINT_EVERY:
            self._moves = 0
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def state(self, key: str) -> str:
        """Empty: never kept."""
        row = self._base.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def counted(self, what: str) -> int:
        """sent, dropped, expired or suppressed, over all the life of this file."""
        return int(self.state(what) or 0)

    def __len__(self) -> int:
        return self._one("SELECT count(*) FROM entry")

    def _count(self, what: str, more: int) -> None:
        self._base.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (what, str(self.counted(what) + more)))

    def _forget_done(self) -> None:
        self._base.execute("DELETE FROM entry WHERE number <= (SELECT coalesce(min(done), 1 << 62) FROM target)")

    def _one(self, query: str) -> int:
        row = self._base.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _whole(self, *, is_flushed: bool) -> "_Transaction":
        return _Transaction(self._base, "FULL" if is_flushed else "NORMAL")


class _Transaction:
    """All or nothing. FULL: on the disk at its end; NORMAL: in the kernel's hands, which a kill of this process does not undo."""

    def __init__(self, base: sqlite3.Connection, synchronous: str) -> None:
        self._base, self._synchronous = base, synchronous

    def __enter__(self) -> None:
        self._base.execute(f"PRAGMA synchronous = {self._synchronous}")
        self._base.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._base.execute("COMMIT")
        finally:
            if self._base.in_transaction:
                self._base.rollback()
