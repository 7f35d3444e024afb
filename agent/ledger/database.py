"""ledger.db as the one writer has it: a connection, a lock, and transactions that end as a whole or not at all."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from agent.ledger import schema
from agent.ledger.errors import LedgerError, damaged, of_database, of_disk

NAME: Final = "ledger.db"
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",  # a transaction that has ended survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA journal_size_limit = 16777216",
)


class Database:
    """Thread-safe by one lock; a second process is refused. LedgerError: it cannot be opened; nothing was changed then."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / NAME
        self._lock = threading.RLock()
        self._depth = 0
        with self.explained():
            make_private(directory)
            self._claim = _claim(directory)
            try:
                self._connection = _open(self.path)
            except BaseException:
                os.close(self._claim)
                raise

    def close(self) -> None:
        """Idempotent; a transaction of another thread ends first."""
        with self._lock:
            self._connection.close()
            if self._claim >= 0:
                os.close(self._claim)
            self._claim = -1

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Faults of disk and database as LedgerError."""
        try:
            yield
        except OSError as error:
            raise of_disk(error, self.directory) from error
        except sqlite3.IntegrityError:
            raise  # ours: the tables forbid what we tried
        except sqlite3.Error as error:
            raise of_database(error, self.directory) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it is on disk when the block has ended, or nothing if it raises. May be nested; the outermost ends it."""
        with self._lock, self.explained():
            self._begin()
            try:
                yield self._connection
                self._end()
            except BaseException:
                self._give_up()
                raise

    def _begin(self) -> None:
        if self._depth and not self._connection.in_transaction:
            raise LedgerError(f"{self.directory}: the transaction has failed already; nothing was changed. Try again")
        self._connection.execute(f"SAVEPOINT level{self._depth}" if self._depth else "BEGIN IMMEDIATE")
        self._depth += 1

    def _end(self) -> None:
        """The depth falls when it has succeeded: a failure is given up by the caller, at the same depth."""
        inner = self._depth - 1
        self._connection.execute(f"RELEASE level{inner}" if inner else "COMMIT")
        self._depth = inner

    def _give_up(self) -> None:
        """Back to where the block began. A full disk may have ended the whole transaction already."""
        self._depth -= 1
        if self._connection.in_transaction:
            for statement in (f"ROLLBACK TO level{self._depth}", f"RELEASE level{self._depth}") if self._depth else ("ROLLBACK",):
                self._connection.execute(statement)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for a look at one state of things."""
        with self._lock, self.explained():
            yield self._connection

    def assert_idle(self) -> None:
        """This thread is not in the middle of a transaction."""
        with self._lock:
            assert self._depth == 0

    def shrink(self) -> None:
        """Give free pages at the end of the file back, 16 MiB at most. (`execute` would stop after the first page.)"""
        with self.reading() as connection:
            connection.executescript("PRAGMA incremental_vacuum(4096)")

    def rows(self, statement: str, *values: object) -> list[Any]:
        with self.reading() as connection:
            return connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> Any:
        with self.reading() as connection:
            return connection.execute(statement, values).fetchone()


def make_private(directory: Path) -> None:
    """Make it with mode 0700, and see that it stays. OSError."""
    if not directory.is_dir():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_directory(directory.parent)
    directory.chmod(0o700)


def sync_directory(path: Path) -> None:
    """Names that were made or removed in it survive a power cut. OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _claim(directory: Path) -> int:
    """The descriptor that holds the lock of the one writer."""
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LedgerError(f"{directory} is in use by another process: a ledger has one writer. Stop that unit first") from None
    return descriptor


def _refuse_to_begin_again(path: Path) -> None:
    """SQLite takes an empty file for a new database and throws its log away, and we would throw its packs away."""
    if path.exists() and path.stat().st_size:
        return
    log = path.with_name(f"{path.name}-wal")
    if (log.exists() and log.stat().st_size) or any(path.parent.glob("packs/*.pack")):
        state = "empty" if path.exists() else "missing"
        raise damaged(path.parent, f"{path.name} is {state}, and what belongs to it is still there")


def _open(path: Path) -> sqlite3.Connection:
    _refuse_to_begin_again(path)
    is_new = not path.exists()
    if is_new:  # never otherwise: closing a descriptor would drop the locks that SQLite has on the file in this process
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        for statement in _PRAGMAS:
            connection.execute(statement)
        schema.prepare(connection, path)
        if is_new:
            sync_directory(path.parent)
    except BaseException:
        connection.close()
        raise
    return connection
