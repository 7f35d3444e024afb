"""Storing chunks: into a segment in memory, from there to a pack, down to the disk, and only then into the index.

While one segment is written, the next one is filled and hashed; two of them are in memory at most.
"""

import hashlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from agent.documents.canonical import CHUNK_BYTES
from agent.ledger.errors import LedgerError
from agent.ledger.packfile import Chunk, append, path_of, stored_bytes

if TYPE_CHECKING:
    from agent.ledger.packs import Packs

SEGMENT_BYTES: Final = 8 << 20
SEGMENT_CHUNKS: Final = 512


class ChunkWriter:
    """For one thread, and not within a transaction.

    Finished segments stay whatever happens later, so that a transfer is resumed and not repeated.
    """

    def __init__(self, packs: "Packs") -> None:
        packs.database.assert_idle()  # the helper would wait for the transaction, and the transaction for the helper
        self._packs = packs
        self._segment: dict[bytes, bytes] = {}
        self._size = 0
        self._underway: Future[None] | None = None
        self._helper: ThreadPoolExecutor | None = None
        self.stored = 0  # chunks that were not held before

    def add(self, data: bytes) -> bytes:
        """Keep a chunk of 1 to CHUNK_BYTES bytes; its SHA-256. LedgerError: of an earlier segment, too (the disk is full)."""
        if not 1 <= len(data) <= CHUNK_BYTES:
            raise LedgerError(f"a chunk of {len(data)} bytes is refused: it has 1 to {CHUNK_BYTES} bytes")
        digest = hashlib.sha256(data).digest()
        if digest not in self._segment and not self._packs.holds(digest):
            self._segment[digest] = bytes(data)
            self._size += len(data)
            self.stored += 1
        if self._size >= SEGMENT_BYTES or len(self._segment) >= SEGMENT_CHUNKS:
            self._pass_on()
        return digest

    def commit(self) -> None:
        """All chunks that were added are on the disk and in the index. LedgerError: the last segments are not."""
        self._await()
        segment, self._segment, self._size = self._segment, {}, 0
        if segment:
            store_segment(self._packs, segment)

    def close(self) -> None:
        """Forget what has not been passed on; idempotent."""
        if self._helper:
            self._helper.shutdown(wait=True)
        self._segment, self._helper, self._underway = {}, None, None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _pass_on(self) -> None:
        self._await()
        segment, self._segment, self._size = self._segment, {}, 0
        if self._helper is None:
            self._helper = ThreadPoolExecutor(1, "ledger-segment")
        self._underway = self._helper.submit(store_segment, self._packs, segment)

    def _await(self) -> None:
        underway, self._underway = self._underway, None
        if underway:
            underway.result()


def store_segment(packs: "Packs", segment: dict[bytes, bytes]) -> None:
    """Down to the disk, then into the index, in one transaction. LedgerError: nothing of it was stored."""
    chunks = [Chunk(*item) for item in segment.items()]
    with packs.database.explained(), packs.room(stored_bytes(chunks)) as pack:
        places = append(path_of(packs.database.directory, pack.number), pack.size, chunks)
        end = pack.size + stored_bytes(chunks)
        now_s = int(time.time())
        rows = [(chunk.digest, pack.number, place, len(chunk.data), now_s) for chunk, place in zip(chunks, places, strict=True)]
        with packs.database.transaction() as connection:
            connection.execute(
                "INSERT INTO pack VALUES (?, ?) ON CONFLICT DO UPDATE SET size = excluded.size", (pack.number, end)
            )
            connection.executemany("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?)", rows)
        pack.size = end
    packs.found(segment)
