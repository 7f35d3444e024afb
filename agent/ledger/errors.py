"""What can go wrong with a ledger, as sentences with a remedy. Nothing is ever deleted because of an error."""

import errno
import os
import sqlite3
from pathlib import Path

_FULL: dict[int | None, str] = {
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the limit on file sizes is reached",
}


class LedgerError(Exception):
    """str() is a sentence that says what is wrong and what to do. Nothing was changed unless it says so."""


class StaleHead(LedgerError):  # noqa: N818 (an answer, not a fault)
    """The head has moved since the caller looked; nothing was changed."""


class NoSpace(LedgerError):  # noqa: N818 (an answer, not a fault)
    """The disk is full; nothing was changed, and it works again once there is space."""


def of_disk(error: OSError, directory: Path) -> LedgerError:
    """A fault of the file system in words."""
    if error.errno in _FULL:
        return _no_space(_FULL[error.errno], directory)
    return LedgerError(
        f"{error.filename or directory}: {error.strerror or error}. Mend the disk or its permissions, and try again"
    )


def of_database(error: sqlite3.Error, directory: Path) -> LedgerError:
    """A fault that SQLite reports in words."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _is_full(directory)):
        return _no_space("no space is left", directory)
    if name.startswith("SQLITE_IOERR"):
        return LedgerError(
            f"{directory}: the disk failed ({name}). Nothing was changed. Look at dmesg, mend the disk, then try again"
        )
    if name.startswith("SQLITE_READONLY"):
        return LedgerError(f"{directory} cannot be written ({error}). Mount it read-write, or choose another data_dir")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LedgerError(f"{directory} is in use by another program ({error}). Close that program, then try again")
    if isinstance(error, sqlite3.ProgrammingError):
        return LedgerError(f"{directory} was closed ({error}). Open the ledger again")
    return damaged(directory, str(error))


def damaged(directory: Path, what: str) -> LedgerError:
    """The advice for a ledger that cannot be trusted any more."""
    return LedgerError(
        f"{directory} is damaged: {what}. Nothing was deleted. Stop the unit, look at the disk (dmesg), then move it away "
        f"(mv {directory} {directory}.damaged): the unit starts with an empty one, and pulls from its master or takes an import"
    )


def _no_space(what: str, directory: Path) -> NoSpace:
    return NoSpace(f"{directory}: {what}. Nothing was changed. Free some space there, or choose another data_dir, and try again")


def _is_full(directory: Path) -> bool:
    """On a full disk SQLite sometimes says no more than I/O error."""
    try:
        state = os.statvfs(directory)
    except OSError:
        return False
    return state.f_bavail * state.f_frsize < 1 << 20
