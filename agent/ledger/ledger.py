"""The configuration ledger of a unit: every revision of every group, never overwritten (docs/configuration.md, Z-28, C-08).

DATA_DIR/ledger/ledger.db and DATA_DIR/ledger/packs. One process writes; device workers read (reader.py).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.ledger import ancestry, content, heads, own, repack, retention, rows, state
from agent.ledger.content import Content, Manifest
from agent.ledger.database import Database
from agent.ledger.errors import LedgerError
from agent.ledger.heads import ANY, Expected, HeadMove
from agent.ledger.limits import MAX_GROUP
from agent.ledger.own import OwnVersion
from agent.ledger.packs import Packs
from agent.ledger.retention import Pruned, Retention
from agent.ledger.revision import Author, Revision
from agent.ledger.revisions import Revisions


class Ledger:
    """Thread-safe. Every method may raise LedgerError: nothing was changed then. What a method has written, it has kept."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._database = Database(directory)
        try:
            self.packs = Packs(self._database)
        except BaseException:
            self._database.close()
            raise
        self._revisions = Revisions(self._database, self.packs)

    def close(self) -> None:
        """Idempotent."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes of the block together, or none if it raises. The other threads wait: keep it short."""
        with self._database.transaction():
            yield

    # Revisions -------------------------------------------------------------------------------------------------------

    def commit(
        self,
        group: int,
        shared: bytes,
        manifest: Manifest,
        author: Author,
        kind: str,
        *,
        parents: tuple[bytes, ...] | None = None,
        note: str = "",
        saved_at_ns: int | None = None,
        expect_head: Expected = ANY,
    ) -> Revision:
        """Save a new revision and put it in force. `shared`: canonical bytes; the chunks of the files are stored already.

        `parents` None: the head. When this has returned, it survives a power cut. StaleHead: the head is not `expect_head`.
        """
        return self._revisions.commit(
            group, shared, manifest, author, kind, parents=parents, note=note, saved_at_ns=saved_at_ns, expect_head=expect_head
        )

    def adopt(self, revision: Revision, shared: bytes | None, manifest: Manifest | None) -> None:
        """Keep a revision from elsewhere, not in force. Without content: metadata alone, completed by adopting it again.

        Chunks may come later. LedgerError: id or content digest is not what it should be; the message says which.
        """
        self._revisions.adopt(revision, shared, manifest)

    def head(self, group: int) -> Revision | None:
        """The revision in force."""
        with self._database.reading() as connection:
            return heads.head(connection, group)

    def move_head(self, group: int, revision_id: bytes, why: str, expect_head: Expected = ANY) -> None:
        """Put a revision in force that is held completely. StaleHead: the head is not `expect_head`."""
        self._revisions.move_head(group, revision_id, why, expect_head)

    def head_moves(self, group: int, limit: int = 100) -> list[HeadMove]:
        """Newest first."""
        with self._database.reading() as connection:
            return heads.moves(connection, group, limit)

    def groups(self) -> list[int]:
        """Groups with a revision or an own part."""
        return [group for (group,) in self._database.rows("SELECT grp FROM revision UNION SELECT grp FROM own ORDER BY grp")]

    def revision(self, revision_id: bytes) -> Revision | None:
        """The metadata; None: not held."""
        with self._database.reading() as connection:
            return rows.by_id(connection, revision_id)

    def newest_kept(self) -> bytes | None:
        """The id of the revision that was kept last, of whatever group: another one when any has come."""
        row = self._database.row("SELECT id FROM revision ORDER BY seq DESC LIMIT 1")
        return row[0] if row else None

    def find(self, group: int, text: str, is_alone: bool = False) -> Revision:
        """The revision with this number, or whose id begins like this. LedgerError: none, or several.

        Of several the one in the head's line is meant, unless it has to be alone.
        """
        with self._database.reading() as connection:
            found = rows.find(connection, group, text)
            return _only(group, text, found if is_alone else _in_line(connection, group, found))

    def history(self, group: int, limit: int, before: bytes | None = None) -> list[Revision]:
        """Newest (greatest number) first, branches included; `before`: only those after this one in that order."""
        with self._database.reading() as connection:
            return rows.history(connection, group, limit, before)

    # Content ---------------------------------------------------------------------------------------------------------

    def content(self, revision_id: bytes) -> Content | None:
        """What was saved, verified; None: pruned, or never pulled. The chunks of its files may be missing."""
        with self._database.reading() as connection:
            return content.get(connection, rows.known(connection, revision_id).digest)

    def is_held(self, revision: Revision) -> bool:
        """Whether its document is held, by the index alone."""
        with self._database.reading() as connection:
            return content.is_kept(connection, revision.digest)

    def missing_chunks(self, revision_id: bytes) -> list[bytes] | None:
        """The chunks that its files lack, each once; None: the document itself is not held."""
        return self._revisions.missing_chunks(revision_id)

    def is_complete(self, revision_id: bytes) -> bool:
        """Whether document and files are held, and the files are what their digests say (read once, when they are new)."""
        return self._revisions.is_complete(revision_id)

    # Ancestry --------------------------------------------------------------------------------------------------------

    def is_ancestor(self, older: bytes, newer: bytes) -> bool:
        """Whether `newer` descends from `older`, or is it."""
        with self._database.reading() as connection:
            return ancestry.is_ancestor(connection, older, newer)

    def is_via_choice(self, older: bytes, newer: bytes) -> bool:
        """Whether somebody has chosen with `older` as a side, and `newer` descends from that choice, or is it."""
        with self._database.reading() as connection:
            return ancestry.is_via_choice(connection, older, newer)

    def common_ancestor(self, one: bytes, other: bytes) -> bytes | None:
        """The newest revision that both descend from (or are). Both units find the same one."""
        with self._database.reading() as connection:
            return ancestry.common_ancestor(connection, one, other)

    def recent_ids(self, group: int, revision_id: bytes, limit: int = 2000) -> list[bytes]:
        """The revision and its ancestors, newest first."""
        with self._database.reading() as connection:
            return ancestry.recent_ids(connection, group, revision_id, limit)

    # This unit -------------------------------------------------------------------------------------------------------

    def own(self, group: int) -> bytes | None:
        """The canonical own part in force."""
        with self._database.reading() as connection:
            return own.newest(connection, group)

    def commit_own(self, group: int, part: bytes, author: Author) -> None:
        """Save a new own part (canonical bytes) and put it in force."""
        if not 0 <= group <= MAX_GROUP:
            raise LedgerError(f"group {group} is refused: it must be 0 to {MAX_GROUP}")
        content.check_document(part, "an own part")
        with self._database.transaction() as connection:
            own.put(connection, group, part, author)

    def own_history(self, group: int, limit: int = 100) -> list[OwnVersion]:
        """Newest first."""
        with self._database.reading() as connection:
            return own.history(connection, group, limit)

    def get_state(self, key: str) -> bytes | None:
        """A record of the handover process."""
        with self._database.reading() as connection:
            return state.get(connection, key)

    def set_state(self, key: str, value: bytes | None) -> None:
        """None: the record goes."""
        with self._database.transaction() as connection:
            state.put(connection, key, value)

    def states(self, prefix: str = "") -> dict[str, bytes]:
        """All records whose key begins like this, in order of key."""
        with self._database.reading() as connection:
            return state.all_with(connection, prefix)

    # Retention -------------------------------------------------------------------------------------------------------

    def pin(self, revision_id: bytes, why: str) -> None:
        """Its content is kept until it is unpinned for every reason that it was pinned for. LedgerError: not held."""
        with self._database.transaction() as connection:
            rows.known(connection, revision_id)
            state.pin(connection, revision_id, why)

    def unpin(self, revision_id: bytes, why: str | None = None) -> None:
        """`why` None: for every reason."""
        with self._database.transaction() as connection:
            state.unpin(connection, revision_id, why)

    def pins(self) -> list[tuple[bytes, str]]:
        """Revisions and the reasons why their content is kept."""
        with self._database.reading() as connection:
            return state.pins(connection)

    def prune(self, policy: Retention) -> Pruned:
        """Drop the content of the oldest revisions until the policy is met, if heads and pins allow. Not in a transaction."""
        self._database.assert_idle()
        with self._database.transaction() as connection:
            revisions = retention.drop_by_count(connection, policy.max_revisions)
            parts = own.prune(connection, policy.max_revisions)
            revisions += retention.drop_by_size(connection, policy.max_bytes)
            retention.drop_unnamed_files(connection)
        freed = repack.reclaim(self.packs, policy.grace_s)
        self._database.shrink()
        with self._database.reading() as connection:
            return Pruned(revisions, parts, freed, retention.kept_bytes(connection))


def _in_line(connection: sqlite3.Connection, group: int, found: list[Revision]) -> list[Revision]:
    """Of several the one that the head goes back to, if it is one."""
    head = heads.head(connection, group) if len(found) > 1 else None
    in_line = [one for one in found if head and ancestry.is_ancestor(connection, one.id, head.id)]
    return in_line if len(in_line) == 1 else found


def _only(group: int, text: str, found: list[Revision]) -> Revision:
    if len(found) == 1:
        return found[0]
    if not found:
        raise LedgerError(f'group {group} has no revision "{text:.80}". See understudy config history {group}')
    ids = ", ".join(one.id.hex()[:12] for one in found)
    raise LedgerError(f'group {group} has several revisions "{text:.80}". Name one by its id: {ids}')
