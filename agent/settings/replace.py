"""Another text under the name of a file that a person owns: the old one or the new one, whole, whatever fails."""

import os
import stat
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """The new text (UTF-8) at one stroke (rename), with the old mode and owner; a link to the file stays a link. OSError."""
    target = path.resolve()
    old = target.stat()
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _give_to(descriptor, old)
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
        write_all(descriptor, text)
        new.replace(target)
    except OSError:
        new.unlink()
        raise
    sync_directory(target)


def _give_to(descriptor: int, old: os.stat_result) -> None:
    """PermissionError when the file belongs to somebody else, whom this user cannot give the new one to."""
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)


def write_all(descriptor: int, text: str) -> None:
    """All of it, down to the disk; the descriptor is closed afterwards. OSError."""
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    """What was renamed or made in the directory of `path` survives a loss of power. OSError."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
