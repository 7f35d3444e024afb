"""Reading and writing keys and certificates: whole or not at all, and a key is never readable by others, not for a moment."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from agent.pki.errors import PkiError

MAX_FILE_BYTES = 256 * 1024
OLD_SUFFIX = ".old"
KEY_MODE = 0o600
CERTIFICATE_MODE = 0o644


def read(path: Path, what: str) -> bytes:
    """At most 256 KiB. PkiError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PkiError(f"{what} {path} cannot be read: {error.strerror}", "Check the path and who may read it") from None
    if len(data) > MAX_FILE_BYTES:
        raise PkiError(f"{what} {path} is longer than {MAX_FILE_BYTES // 1024} KiB", "Name the right file")
    return data


def make_directory(path: Path) -> None:
    """With its parents; mode 0700 when it is new."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PkiError(f"directory {path} cannot be made: {error.strerror}", "Choose another, or make it") from None


def write_all(files: Mapping[Path, bytes], keep_old: bool = False) -> None:
    """Each file appears whole, in this order. First all are written beside their places, so a full disk changes nothing.

    `keep_old`: what was there stays as NAME.old. PkiError when a file cannot be written.
    """
    waiting: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            waiting[path] = _written_beside(path, data)
        for path, temporary in waiting.items():
            _put(temporary, path, keep_old)
        for directory in {path.parent for path in files}:
            _sync(directory)
    except OSError as error:
        raise PkiError(
            f"{error.filename or 'a file'} cannot be written: {error.strerror}", "Free space, or check its owner"
        ) from None
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)


def refuse_existing(*paths: Path, remedy: str) -> None:
    """PkiError for the first that is there already."""
    for path in paths:
        if os.path.lexists(path):
            raise PkiError(f"{path} is there already and is not overwritten", remedy)


def _written_beside(path: Path, data: bytes) -> Path:
    """mkstemp makes it 0600; only what is no key is opened to others afterwards."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), KEY_MODE if path.suffix == ".key" else CERTIFICATE_MODE)
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


def _put(temporary: Path, path: Path, keep_old: bool) -> None:
    if keep_old and path.exists():
        old = path.with_name(path.name + OLD_SUFFIX)
        old.unlink(missing_ok=True)
        os.link(path, old)
    temporary.replace(path)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
