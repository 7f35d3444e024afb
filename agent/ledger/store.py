"""Storing a file: in blocks, hashed as a whole and by chunks at the same time, while earlier ones go to the disk."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from agent.documents.canonical import CHUNK_BYTES, FileEntry
from agent.ledger.errors import LedgerError
from agent.ledger.limits import MAX_FILES_BYTES

if TYPE_CHECKING:
    from agent.ledger.packs import Packs

Progress = Callable[[int, int], None]
_BLOCK_BYTES: Final = 4 * CHUNK_BYTES


def store(packs: "Packs", descriptor: int, progress: Progress | None) -> FileEntry:
    """All that the descriptor gives from where it stands. LedgerError: it cannot be read or stored, or is too large."""
    whole, done, chunks = hashlib.sha256(), 0, list[bytes]()
    total = os.fstat(descriptor).st_size
    with packs.writer() as writer, ThreadPoolExecutor(1, "ledger-digest") as helper, packs.database.explained():
        for block in _blocks(descriptor):
            digesting = helper.submit(whole.update, block)
            chunks += [writer.add(block[place : place + CHUNK_BYTES]) for place in range(0, len(block), CHUNK_BYTES)]
            digesting.result()
            done += len(block)
            if progress:
                progress(done, max(done, total) if total else 0)
        writer.commit()
    entry = FileEntry(done, whole.digest(), tuple(chunks))
    packs.note_proven(entry)
    return entry


def _blocks(descriptor: int) -> Iterator[bytes]:
    total = 0
    while block := _read_block(descriptor):
        total += len(block)
        if total > MAX_FILES_BYTES:
            limit = f"{MAX_FILES_BYTES >> 20} MiB"
            raise LedgerError(f"the file is refused: it is larger than {limit}, the limit of a group. Make it smaller")
        yield block


def _read_block(descriptor: int) -> bytes:
    """A block, shorter at the end only (pipes give less at a time). OSError."""
    parts = [os.read(descriptor, _BLOCK_BYTES)]
    size = len(parts[0])
    while parts[-1] and size < _BLOCK_BYTES:
        parts.append(os.read(descriptor, _BLOCK_BYTES - size))
        size += len(parts[-1])
    return b"".join(parts) if len(parts) > 1 else parts[0]
