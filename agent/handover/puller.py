"""Fetching a revision from a peer, or giving it one: only chunks that are missing, every digest verified, and nothing in between.

A cut at any byte leaves the ledger as it was. Chunks that had arrived whole stay in the packs: the next try goes on from there.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import islice

from agent.documents.canonical import FileEntry
from agent.handover import limits
from agent.handover.client import PeerClient
from agent.handover.ledger_requests import ancestors, chunk_sizes, mismatch, verify
from agent.handover.proof import FileProofs
from agent.handover.protocol import Contents, PushContent, Relate, Related
from agent.handover.refusals import RefusalReason, Refused, TransferError
from agent.handover.room import refuse_unless_free
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Revision

Progress = Callable[[int, int], None]
"""Bytes here, bytes in all; bytes that were here before count as here."""


def relate(client: PeerClient, ledger: Ledger, group: int) -> Related:
    """How our head stands to the peer's; 16 of our revisions are named at first, all when that does not tell. TransferError."""
    head = ledger.head(group)
    if head is None:
        return client.relate(Relate(group, None, None, (), True))
    answer = client.relate(_asked(ledger, head, limits.FIRST_HAVE))
    return client.relate(_asked(ledger, head, limits.MAX_HAVE)) if answer.wants_more else answer


def _asked(ledger: Ledger, head: Revision, most: int) -> Relate:
    have = ledger.recent_ids(head.group, head.id, most)
    return Relate(head.group, head.id, head.digest, tuple(have), len(have) < most)


class Puller:
    """From and to one peer; as many at a time as one likes."""

    def __init__(self, client: PeerClient, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger

    def pull(self, group: int, revision: Revision, chain: Sequence[Revision] = (), progress: Progress | None = None) -> Contents:
        """Fetch, verify, adopt it as a branch; `chain`: the metadata of its ancestry that came with `relate`, oldest first.

        No head moves. TransferError.
        """
        content = self._content(group, revision)
        try:
            self._fetch(group, content, progress or _nobody)
            for ancestor in ancestors(revision, chain):
                self._ledger.adopt(ancestor, None, None)
            self._ledger.adopt(revision, content.shared, content.manifest)
        except LedgerError as error:
            raise self._failed(Refused(RefusalReason.STORAGE, str(error), is_whole=True)) from error
        return content

    def push(self, group: int, revision: Revision, ancestry: Sequence[Revision] = (), progress: Progress | None = None) -> None:
        """Give the peer a revision of ours, which it holds as a branch afterwards. TransferError; LedgerError: not held here."""
        held = self._ledger.content(revision.id)
        if held is None:
            raise LedgerError(f"revision {revision.number} of group {group} is not held here. Choose another")
        content = Contents(held.shared, held.manifest)
        sizes = chunk_sizes(content.manifest)
        done, total, packs = 0, sum(sizes.values()), self._ledger.packs
        asked = PushContent(group, revision, content, tuple(ancestry)[-limits.MAX_CHAIN :])
        while missing := self._client.push_content(asked).digests:
            if not sizes.keys() >= set(missing):
                raise self._failed(
                    Refused(RefusalReason.BAD_ANSWER, "it asks for chunks that it has, or that are no part of this", True)
                )
            self._client.put_chunks(group, missing, map(packs.read, missing))
            done += sum(sizes.pop(digest) for digest in missing)
            (progress or _nobody)(done, total)

    def _content(self, group: int, revision: Revision) -> Contents:
        content = self._client.content(group, revision.id)
        try:
            verify(group, revision, content)
        except Refused as refused:
            raise self._failed(refused) from None
        return content

    def _fetch(self, group: int, content: Contents, progress: Progress) -> None:
        """Afterwards every chunk is held, and every file is known to be what its digest says."""
        sizes, packs = chunk_sizes(content.manifest), self._ledger.packs
        missing = packs.missing(sizes)
        total, left = sum(sizes.values()), sum(sizes[digest] for digest in missing)
        self._refuse_unless_free(left)
        progress(total - left, total)
        with FileProofs(content.manifest, missing) as proofs:
            self._fetch_missing(group, {digest: sizes[digest] for digest in missing}, proofs, _from(progress, total))
            try:
                proofs.finish(packs, self._files_in_force(group))
            except Refused as refused:
                raise self._failed(refused) from None

    def _refuse_unless_free(self, size: int) -> None:
        try:
            refuse_unless_free(self._ledger.directory, size)
        except Refused as refused:
            raise self._failed(refused) from None

    def _files_in_force(self, group: int) -> Collection[FileEntry]:
        head = self._ledger.head(group)
        content = self._ledger.content(head.id) if head else None
        return frozenset(content.manifest.values()) if content else frozenset()

    def _fetch_missing(self, group: int, wanted: dict[bytes, int], proofs: FileProofs, left: Callable[[int], None]) -> None:
        """Whatever happens, chunks that came whole are kept."""
        bytes_left = sum(wanted.values())

        def take(digest: bytes, data: bytearray) -> None:
            nonlocal bytes_left
            if len(data) != wanted[digest] or writer.add(bytes(data)) != digest:
                raise mismatch(digest)
            proofs.take(digest, data)
            bytes_left -= len(data)

        waiting = iter(wanted)
        with self._ledger.packs.writer() as writer:
            try:
                while batch := tuple(islice(waiting, limits.MAX_CHUNKS_A_REQUEST)):
                    self._client.chunks(group, batch, take)
                    left(bytes_left)
            finally:
                writer.commit()

    def _failed(self, refused: Refused) -> TransferError:
        return self._client.failed(refused)


def _from(progress: Progress, total: int) -> Callable[[int], None]:
    return lambda left: progress(total - left, total)


def _nobody(_done: int, _total: int) -> None:
    """Nobody looks on."""
