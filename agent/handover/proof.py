"""Whether a file's chunks make the file: its digest as a whole, computed by a second thread while the chunks come in."""

import hashlib
from collections.abc import Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from agent.documents.canonical import FileEntry
from agent.handover.protocol import Manifest
from agent.handover.refusals import RefusalReason, Refused
from agent.ledger.packs import Packs


class FileProofs:
    """For files that come whole and in order: every chunk is fetched, and none is there twice. The others the ledger reads."""

    def __init__(self, manifest: Manifest, wanted: Iterable[bytes]) -> None:
        come, owners = set(wanted), _owners(manifest)
        self._manifest = manifest
        self._hashes = {name: hashlib.sha256() for name, entry in manifest.items() if _comes_whole(name, entry, come, owners)}
        self._file_of = {digest: name for name in self._hashes for digest in manifest[name].chunk_digests}
        self._helper = ThreadPoolExecutor(1, "handover-digest")
        self._underway: Future[None] | None = None

    def take(self, digest: bytes, data: bytearray) -> None:
        """The next chunk. One is waited for at most, so that memory is bounded."""
        name = self._file_of.get(digest)
        if name is not None:
            self._wait()
            self._underway = self._helper.submit(self._hashes[name].update, data)

    def finish(self, packs: Packs, known: Collection[FileEntry]) -> None:
        """Once all have come; `known`: files that were proven before. Refused (digest mismatch): a file is not that."""
        self._wait()
        for name, entry in self._manifest.items():
            if name in self._hashes:
                is_right = self._hashes[name].digest() == entry.digest
            else:
                is_right = entry in known or packs.proves(entry)
            if not is_right:
                raise Refused(RefusalReason.DIGEST_MISMATCH, f"file {name!r} is not what its digest says", True)
            packs.note_proven(entry)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._helper.shutdown(wait=True)

    def _wait(self) -> None:
        if self._underway:
            self._underway.result()


def _owners(manifest: Manifest) -> dict[bytes, str | None]:
    """Which file a chunk is of; None: it is there more than once."""
    owners: dict[bytes, str | None] = {}
    for name, entry in manifest.items():
        for digest in entry.chunk_digests:
            owners[digest] = None if digest in owners else name
    return owners


def _comes_whole(name: str, entry: FileEntry, come: set[bytes], owners: dict[bytes, str | None]) -> bool:
    return all(digest in come and owners[digest] == name for digest in entry.chunk_digests)
