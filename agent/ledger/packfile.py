"""Pack files: chunks one after another, each behind its mark, size and digest. What the index does not name is not there.

"UPK1" | size (32 bit, big-endian) | SHA-256 of the data | data        `place` in the index is where the data begin
"""

import hashlib
import os
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from agent.documents.canonical import CHUNK_BYTES, FileEntry
from agent.ledger.database import sync_directory
from agent.ledger.errors import LedgerError, of_disk

FOLDER: Final = "packs"
PACK_BYTES: Final = 64 << 20
_MARK: Final = b"UPK1"
_HEAD: Final = struct.Struct(">4sI32s")


class Damaged(LedgerError):  # noqa: N818 (as its parent)
    """A chunk on the disk is not what was stored."""


class Chunk(NamedTuple):
    digest: bytes
    data: bytes


class Place(NamedTuple):
    """Where the data of a chunk begin, and how many bytes there are."""

    pack: int
    place: int
    size: int


def path_of(directory: Path, number: int) -> Path:
    return directory / FOLDER / f"{number:08}.pack"


def stored_bytes(chunks: list[Chunk]) -> int:
    """What these chunks take in a pack."""
    return sum(_HEAD.size + len(chunk.data) for chunk in chunks)


def append(path: Path, end: int, chunks: list[Chunk]) -> list[int]:
    """Write the chunks from `end` on, and down to the disk; where the data of each begin. What stood after `end` goes.

    OSError: nothing was stored, the file ends at `end` again.
    """
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, end)
        places = _write(descriptor, end, chunks)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise
    finally:
        os.close(descriptor)
    if is_new:
        sync_directory(path.parent)
    return places


def _write(descriptor: int, end: int, chunks: list[Chunk]) -> list[int]:
    os.lseek(descriptor, end, os.SEEK_SET)
    places = []
    for digest, data in chunks:
        places.append(end + _HEAD.size)
        end += _HEAD.size + len(data)
        _write_all(descriptor, [memoryview(_HEAD.pack(_MARK, len(data), digest)), memoryview(data)])
    return places


def _write_all(descriptor: int, buffers: list[memoryview]) -> None:
    while buffers:
        written = os.writev(descriptor, buffers)
        while buffers and written >= len(buffers[0]):
            written -= len(buffers.pop(0))
        if buffers:
            buffers[0] = buffers[0][written:]


def find(connection: sqlite3.Connection, digest: bytes) -> Place | None:
    row = connection.execute("SELECT pack, place, size FROM chunk WHERE digest = ?", (digest,)).fetchone()
    return Place(*row) if row else None


def fetch(directory: Path, find_place: Callable[[bytes], Place | None], digest: bytes) -> bytes:
    """The data of a chunk, verified. Damaged: they are not what was stored. LedgerError: not held, or the disk fails."""
    for _ in range(3):  # a pack may be rewritten between looking a chunk up and opening the file
        place = find_place(digest)
        if place is None:
            raise _lost(LedgerError, directory, digest, "it is not stored here")
        try:
            return _read(directory, place, digest)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise of_disk(error, directory) from error
    raise _lost(Damaged, directory, digest, "its pack is not there")


def stream(read: Callable[[bytes], bytes], entry: FileEntry) -> Iterator[bytes]:
    """The bytes of a file, chunk by chunk. LedgerError: a chunk cannot be read, or has not the size that the file needs."""
    rest = entry.size_bytes
    for digest in entry.chunk_digests:
        data = read(digest)
        if len(data) != min(rest, CHUNK_BYTES):
            raise LedgerError(f"chunk {digest.hex()[:16]} has not the size that its file needs. Pull or import the file again")
        rest -= len(data)
        yield data


def _read(directory: Path, place: Place, digest: bytes) -> bytes:
    descriptor = os.open(path_of(directory, place.pack), os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.pread(descriptor, place.size, place.place)
    finally:
        os.close(descriptor)
    if hashlib.sha256(data).digest() != digest:
        raise _lost(Damaged, directory, digest, f"pack {place.pack:08} is damaged")
    return data


def _lost(kind: type[LedgerError], directory: Path, digest: bytes, why: str) -> LedgerError:
    return kind(
        f"{directory}: chunk {digest.hex()[:16]} cannot be read: {why}. "
        "Pull the file from the master again, import it again, or restore a revision without it"
    )
