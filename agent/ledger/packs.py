"""The chunks of files: which are held, storing a file, reading it again. DATA_DIR/ledger/packs/00000001.pack …"""

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.documents.canonical import FileEntry
from agent.ledger import packfile
from agent.ledger.content import key_of
from agent.ledger.database import Database, make_private
from agent.ledger.store import Progress, store
from agent.ledger.writer import ChunkWriter

_MAX_NOTED: Final = 1 << 20


@dataclass
class Pack:
    """A pack that one segment is being appended to. `size`: bytes that the index knows."""

    number: int
    size: int


class Packs:
    """Thread-safe. LedgerError: the disk; what was held before stays held."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._noted: dict[bytes, float] = {}  # chunks that somebody counts on, and since when (monotonic s): prune keeps them
        self._damaged: set[bytes] = set()
        self._proven: set[bytes] = set()  # files that were stored here: their chunks make their digest
        with database.explained():
            make_private(database.directory / packfile.FOLDER)
            known = dict(database.rows("SELECT number, size FROM pack"))
            self._sizes = {number: self._size_on_disk(number) for number in known}
        self._free = {number: size for number, size in known.items() if self._sizes[number] >= size}
        self._first_last = self._last = max([*known, *self._numbers_on_disk()], default=0)

    # What is held ----------------------------------------------------------------------------------------------------

    def holds(self, digest: bytes) -> bool:
        """Whether it is stored; if so, it will not be pruned within the hour."""
        with self._lock:  # noted first: prune looks at the notes while it holds the database
            if len(self._noted) >= _MAX_NOTED:
                self._noted.clear()
            self._noted[digest] = time.monotonic()
        return self.find(digest) is not None

    def find(self, digest: bytes) -> packfile.Place | None:
        """Where it is; None: not held, or its pack is shorter than it was, or it was found damaged."""
        with self.database.reading() as connection:
            place = packfile.find(connection, digest)
        if place is None or digest in self._damaged:
            return None
        return place if place.place + place.size <= self._sizes.get(place.pack, 0) else None

    def missing(self, digests: Iterable[bytes]) -> list[bytes]:
        """Those that are not held, each once, in order. The others will not be pruned within the hour."""
        return [digest for digest in dict.fromkeys(digests) if not self.holds(digest)]

    def is_proven(self, key: bytes) -> bool:
        """Whether this file (by `content.key_of`) was stored from one piece by this process."""
        return key in self._proven

    def note_proven(self, entry: FileEntry) -> None:
        """Its chunks are known to make its digest."""
        if len(self._proven) >= _MAX_NOTED:
            self._proven.clear()
        self._proven.add(key_of(entry))

    def noted_since(self, start_s: float) -> set[bytes]:
        """Chunks that somebody has asked for after `start_s` (monotonic); the others are forgotten."""
        with self._lock:
            self._noted = {digest: at_s for digest, at_s in self._noted.items() if at_s >= start_s}
            return set(self._noted)

    # Storing ---------------------------------------------------------------------------------------------------------

    def writer(self) -> ChunkWriter:
        """For chunks that come from elsewhere; use it in a `with`."""
        return ChunkWriter(self)

    def store_file(self, source: Path | int, progress: Progress | None = None) -> FileEntry:
        """Store a file, or all that a descriptor gives from where it stands. At most 1 GiB; 3 blocks and 2 segments in memory.

        `progress` is called with bytes done and bytes in all (0: not known). LedgerError: it cannot be read or stored.
        """
        if isinstance(source, int):
            return store(self, source, progress)
        with self.database.explained():
            descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return store(self, descriptor, progress)
        finally:
            os.close(descriptor)

    @contextmanager
    def room(self, size: int) -> Iterator[Pack]:
        """A pack for this thread alone, with room for `size` bytes. The one who uses it counts its `size` up."""
        with self._lock:
            number = next((one for one, end in self._free.items() if end + size <= packfile.PACK_BYTES), None)
            if number is None:
                self._last = number = self._last + 1
            pack = Pack(number, self._free.pop(number, 0))
        try:
            yield pack
        finally:
            with self._lock:
                self._sizes[pack.number] = self._free[pack.number] = pack.size

    def found(self, digests: Iterable[bytes]) -> None:
        """They have just been stored: an earlier copy that was damaged counts no more."""
        self._damaged.difference_update(digests)

    # Reading ---------------------------------------------------------------------------------------------------------

    def read(self, digest: bytes) -> bytes:
        """A chunk, verified. LedgerError: not held, or damaged (then it is missing from now on)."""
        try:
            return packfile.fetch(self.database.directory, self.find, digest)
        except packfile.Damaged:
            self._damaged.add(digest)
            raise

    def open_file(self, entry: FileEntry) -> Iterator[bytes]:
        """The bytes of a file, a verified chunk at a time. LedgerError: a chunk is not held or damaged."""
        return packfile.stream(self.read, entry)

    def proves(self, entry: FileEntry) -> bool:
        """Read the whole file: whether its chunks make its digest. LedgerError: a chunk is not held or damaged."""
        whole, size = hashlib.sha256(), 0
        for data in self.open_file(entry):
            whole.update(data)
            size += len(data)
        return (size, whole.digest()) == (entry.size_bytes, entry.digest)

    # Giving room back (repack.py) ------------------------------------------------------------------------------------

    @contextmanager
    def claimed(self) -> Iterator[list[int]]:
        """All packs that nobody is appending to, in order; nobody does while the block runs."""
        with self._lock:
            claimed, self._free = self._free, {}
        try:
            yield sorted(claimed)
        finally:
            with self._lock:
                self._free = {number: size for number, size in claimed.items() if number in self._sizes} | self._free

    def strangers(self) -> list[int]:
        """Packs on the disk that neither the index nor anybody who is storing knows: left over from a cut."""
        with self._lock, self.database.explained():
            return [one for one in self._numbers_on_disk() if one not in self._sizes and one <= self._first_last]

    def remove(self, number: int) -> int:
        """The file goes, and is forgotten; its bytes."""
        with self._lock, self.database.explained():
            self._sizes.pop(number, None)
            size = self._size_on_disk(number)
            packfile.path_of(self.database.directory, number).unlink(missing_ok=True)
        return size

    # Files on the disk -----------------------------------------------------------------------------------------------

    def _size_on_disk(self, number: int) -> int:
        try:
            return packfile.path_of(self.database.directory, number).stat().st_size
        except FileNotFoundError:
            return 0

    def _numbers_on_disk(self) -> list[int]:
        folder = self.database.directory / packfile.FOLDER
        return [int(path.stem) for path in folder.glob("*.pack") if path.stem.isdecimal()]
