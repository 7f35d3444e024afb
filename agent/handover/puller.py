"""Fetching a revision from a peer, or giving it one: only chunks that are missing, every digest verified, and nothing in between.

A cut at any byte leaves the ledger as it was. Chunks that had arrived whole stay in the packs: the next try goes on from there.
"""

from collections.abc import Callable, Sequence
from itertools import islice

from agent.handover import limits
from agent.handover.client import PeerClient
from agent.handover.ledger_requests import chunk_sizes, mismatch, verify
from agent.handover.protocol import Contents, PushContent, Relate, Related
from agent.handover.refusals import RefusalReason, Refused, TransferError
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Revision
from agent.ledger.writer import ChunkWriter

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
    """From and to one peer. `refused` counts what this end finds wrong with what came."""

    def __init__(self, client: PeerClient, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger

    def pull(self, group: int, revision: Revision, chain: Sequence[Revision] = (), progress: Progress | None = None) -> Contents:
        """Fetch, verify, adopt it as a branch; `chain`: the metadata of its ancestry that came with `relate`, oldest first.

        No head moves. TransferError.
        """
        content = self._content(group, revision)
        self._fetch(group, content, progress or _nobody)
        try:
            for ancestor in chain:
                if ancestor.group == group and ancestor.id != revision.id:
                    self._ledger.adopt(ancestor, None, None)
            self._ledger.adopt(revision, content.shared, content.manifest)
        except LedgerError as error:
            raise self._failed(Refused(RefusalReason.STORAGE, str(error))) from error
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
            self._client.put_chunks(group, missing, map(packs.read, missing))
            done += sum(sizes.get(digest, 0) for digest in missing)
            (progress or _nobody)(done, total)

    def _content(self, group: int, revision: Revision) -> Contents:
        content = self._client.content(group, revision.id)
        try:
            verify(group, revision, content)
        except Refused as refused:
            raise self._failed(refused) from None
        return content

    def _fetch(self, group: int, content: Contents, progress: Progress) -> None:
        sizes = chunk_sizes(content.manifest)
        missing = self._ledger.packs.missing(sizes)
        total = sum(sizes.values())
        done = total - sum(sizes[digest] for digest in missing)
        progress(done, total)
        try:
            with self._ledger.packs.writer() as writer:
                self._fetch_into(
                    writer, group, {digest: sizes[digest] for digest in missing}, lambda got: progress(done + got, total)
                )
        except LedgerError as error:
            raise self._failed(Refused(RefusalReason.STORAGE, str(error))) from error

    def _fetch_into(self, writer: ChunkWriter, group: int, wanted: dict[bytes, int], progress: Callable[[int], None]) -> None:
        """Whatever happens, the chunks that came whole are kept."""
        got = 0

        def take(digest: bytes, data: bytearray) -> None:
            nonlocal got
            if len(data) != wanted[digest] or writer.add(bytes(data)) != digest:
                raise mismatch(digest)
            got += len(data)

        waiting = iter(wanted)
        try:
            while batch := tuple(islice(waiting, limits.MAX_CHUNKS_A_REQUEST)):
                self._client.chunks(group, batch, take)
                progress(got)
        finally:
            writer.commit()

    def _failed(self, refused: Refused) -> TransferError:
        return self._client.failed(refused)


def _nobody(_done: int, _total: int) -> None:
    """Nobody looks on."""
