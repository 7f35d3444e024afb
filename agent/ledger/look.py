"""Looking into ledger.db without disturbing its writer: read-only, one state of things, no file made, no lock that blocks.

While the writer has the ledger open there are a log (-wal) and its index (-shm); both are read, neither is written. When it has
closed the ledger in good order there is no log, and the file alone is everything ("immutable"); should a writer come meanwhile,
what was read is thrown away. A log without an index (somebody has copied the one and not the other) is left to the writer.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

from agent.ledger import schema
from agent.ledger.database import NAME
from agent.ledger.errors import LedgerError, of_database, of_disk

Found = TypeVar("Found")
_WAIT_S: Final = 1.0
_TRIES: Final = 5
_PAUSE_S: Final = 0.002


def look(directory: Path, ask: Callable[[sqlite3.Connection], Found]) -> Found | None:
    """What `ask` finds; None: there is no ledger yet. LedgerError: it cannot be read, or is damaged."""
    path = directory / NAME
    failure: sqlite3.Error | None = None
    try:
        for _ in range(_TRIES):
            if not _size(path):
                return None
            try:
                is_steady, found = _with_log(path, ask) if _has_log(path) else _alone(path, ask)
            except sqlite3.OperationalError as error:  # the writer opens or closes it at this moment
                failure = error
                time.sleep(_PAUSE_S)
                continue
            if is_steady:
                return found
    except sqlite3.Error as error:
        raise of_database(error, directory) from error
    except OSError as error:
        raise of_disk(error, directory) from error
    raise _restless(directory, failure)


def _with_log(path: Path, ask: Callable[[sqlite3.Connection], Found]) -> tuple[bool, Found | None]:
    return True, _ask(path, "mode=ro&readonly_shm=1", ask)


def _alone(path: Path, ask: Callable[[sqlite3.Connection], Found]) -> tuple[bool, Found | None]:
    before = path.stat()
    try:
        found = _ask(path, "mode=ro&immutable=1", ask)
    except (sqlite3.Error, LedgerError):
        if _is_same(path, before.st_mtime_ns):
            raise
        return False, None
    return _is_same(path, before.st_mtime_ns), found


def _ask(path: Path, options: str, ask: Callable[[sqlite3.Connection], Found]) -> Found | None:
    uri = f"{path.absolute().as_uri()}?{options}"
    with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_S, isolation_level=None)) as connection:
        connection.execute("BEGIN")  # one state of things for all that follows
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return None
        schema.check_version(connection, path)
        return ask(connection)


def _has_log(path: Path) -> bool:
    return _size(path.with_name(f"{path.name}-wal")) > 0 or path.with_name(f"{path.name}-shm").exists()


def _is_same(path: Path, mtime_ns: int) -> bool:
    return not _has_log(path) and path.stat().st_mtime_ns == mtime_ns


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _restless(directory: Path, failure: sqlite3.Error | None) -> LedgerError:
    if failure is not None and _has_log(directory / NAME):
        return LedgerError(
            f"{directory} cannot be read ({failure}): its unit has to open it first, to bring in its last changes. "
            "Start the unit, then try again"
        )
    return of_database(failure, directory) if failure else LedgerError(f"{directory} changes all the time. Try again")
