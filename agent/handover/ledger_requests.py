"""What peers may read from the ledger, and give to it: relate, get_content, get_chunks, push_content, put_chunks."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from agent.documents.canonical import CHUNK_BYTES
from agent.handover import ancestry, limits
from agent.handover.peer import Peer
from agent.handover.protocol import Contents, GetChunks, GetContent, Manifest, Missing, PushContent, PutChunks, Relate, Related
from agent.handover.refusals import RefusalReason, Refused
from agent.handover.room import Room
from agent.ledger.content import digest_of
from agent.ledger.errors import LedgerError
from agent.ledger.ledger import Ledger
from agent.ledger.limits import MAX_NUMBER
from agent.ledger.retention import Retention
from agent.ledger.revision import Revision

MAX_OFFERED = 4
MayPush = Callable[[Peer, int], bool]


class LedgerRequests:
    """`may_push`: whether a peer's head may be stored here now (it is paired, and a decision is due). `max_bytes`: to be kept."""

    def __init__(self, ledger: Ledger, may_push: MayPush, max_bytes: int = Retention().max_bytes) -> None:
        self.ledger, self._may_push = ledger, may_push
        self._room = Room(ledger.directory, max_bytes)

    def relate(self, _peer: Peer, asked: Relate) -> Related:
        """One step of the history for one edit."""
        return ancestry.relate(self.ledger, asked)

    def get_content(self, peer: Peer, asked: GetContent) -> Contents:
        """From now on the peer may have these chunks, on this connection. Refused: not held."""
        revision = self.ledger.revision(asked.revision)
        content = self.ledger.content(asked.revision) if revision and revision.group == asked.group else None
        if content is None:
            raise Refused(RefusalReason.NOT_HELD, f"revision {asked.revision.hex()[:16]} of group {asked.group} is not held here")
        offered = peer.offered.setdefault(asked.group, deque(maxlen=MAX_OFFERED))
        offered.append(frozenset(chunk_sizes(content.manifest)))
        return Contents(content.shared, content.manifest)

    def get_chunks(self, peer: Peer, asked: GetChunks) -> Iterator[bytes]:
        """Read one after another, while the one before is under way. Refused: not offered; LedgerError: damaged here."""
        if not any(offered.issuperset(asked.digests) for offered in peer.offered.get(asked.group, ())):
            raise Refused(RefusalReason.NOT_HELD, f"a chunk that is in no content of group {asked.group} given to this peer")
        return map(self.ledger.packs.read, asked.digests)

    def push_content(self, peer: Peer, asked: PushContent) -> Missing:
        """Say what is missing; nothing: adopt it as a branch. Refused: not paired, digest mismatch."""
        if not self._may_push(peer, asked.group):
            raise Refused(RefusalReason.NOT_PAIRED, f"no decision with {peer.hello.unit_name} is due in group {asked.group} here")
        verify(asked.group, asked.revision, asked.content)
        refuse_far_ahead(self.ledger, asked.revision)
        sizes = chunk_sizes(asked.content.manifest)
        lacking = self.ledger.packs.missing(sizes)
        self._room.announced(peer.hello.unit_name, len(asked.content.shared), sizes, lacking)
        missing = tuple(lacking[: limits.MAX_CHUNKS_A_REQUEST])
        peer.wanted[asked.group] = {digest: sizes[digest] for digest in missing}
        if not missing:
            self._adopt(asked)
        return Missing(missing)

    def _adopt(self, asked: PushContent) -> None:
        for revision in ancestors(asked.revision, asked.ancestry):
            self.ledger.adopt(revision, None, None)
        self.ledger.adopt(asked.revision, asked.content.shared, asked.content.manifest)
        self._room.settle(chunk_sizes(asked.content.manifest).keys())

    def put_chunks(self, peer: Peer, asked: PutChunks, chunks: Iterator[bytearray]) -> None:
        """Stored when each is what it was announced as. Refused: not wanted, digest mismatch."""
        wanted = peer.wanted.get(asked.group, {})
        if not wanted.keys() >= set(asked.digests):
            raise Refused(RefusalReason.BAD_REQUEST, "chunks that nobody asked for")
        self._room.take(peer.hello.unit_name, {digest: wanted[digest] for digest in asked.digests})
        with self.ledger.packs.writer() as writer:
            for digest, chunk in zip(asked.digests, chunks, strict=True):
                if len(chunk) != wanted[digest] or writer.add(bytes(chunk)) != digest:
                    raise mismatch(digest)
            writer.commit()


def ancestors(revision: Revision, chain: Sequence[Revision]) -> list[Revision]:
    """Those of the chain (oldest first) that the revision goes back to, in one line of links; whatever else came is left out."""
    needed, found = set(revision.parents), []
    for one in reversed(chain):
        if one.id in needed and one.group == revision.group:
            needed |= set(one.parents)
            found.append(one)
    return found[::-1]


def refuse_far_ahead(ledger: Ledger, revision: Revision) -> None:
    """Refused: its number is so great that there might be none left for the revisions after it."""
    head = ledger.head(revision.group)
    most = min((head.number if head else 0) + limits.MAX_AHEAD, MAX_NUMBER - limits.MAX_AHEAD)
    if revision.number > most:
        what = f"a revision of number {revision.number} is refused: in group {revision.group} it may be {most} at most"
        raise Refused(RefusalReason.BAD_REQUEST, f"{what}. Look at the unit that it comes from", is_whole=True)


def verify(group: int, revision: Revision, content: Contents) -> None:
    """Refused: it is of another group, or not the content that the revision names, or one that cannot be."""
    if revision.group != group:
        raise Refused(RefusalReason.BAD_ANSWER, f"a revision of group {revision.group} where one of group {group} was due", True)
    try:
        found = digest_of(content.shared, content.manifest)
    except LedgerError as error:
        raise Refused(RefusalReason.DIGEST_MISMATCH, str(error), True, is_whole=True) from None
    if found != revision.digest:
        what = f"revision {revision.number} has content {revision.digest.hex()[:16]}, and {found.hex()[:16]} came"
        raise Refused(RefusalReason.DIGEST_MISMATCH, what, True)


def chunk_sizes(manifest: Manifest) -> dict[bytes, int]:
    """Every chunk once, in the order of the files' names, with its size in bytes; all but a file's last have 256 KiB."""
    sizes: dict[bytes, int] = {}
    for _, entry in sorted(manifest.items()):
        for place, digest in enumerate(entry.chunk_digests):
            sizes.setdefault(digest, min(CHUNK_BYTES, entry.size_bytes - place * CHUNK_BYTES))
    return sizes


def mismatch(digest: bytes) -> Refused:
    """A chunk came that is not the one asked for."""
    return Refused(RefusalReason.DIGEST_MISMATCH, f"chunk {digest.hex()[:16]} is not what came", True)
