"""Making a revision here, taking one from elsewhere, and whether all of its content is held."""

import sqlite3
import time

from agent.documents.canonical import FileEntry
from agent.ledger import content, heads, rows
from agent.ledger.content import Manifest
from agent.ledger.database import Database
from agent.ledger.errors import LedgerError
from agent.ledger.heads import Expected
from agent.ledger.packs import Packs
from agent.ledger.revision import Author, Revision, make_revision, verify_id


class Revisions:
    """The part of a ledger that adds revisions; each call is one transaction."""

    def __init__(self, database: Database, packs: Packs) -> None:
        self._database = database
        self._packs = packs

    def commit(
        self,
        group: int,
        shared: bytes,
        manifest: Manifest,
        author: Author,
        kind: str,
        *,
        parents: tuple[bytes, ...] | None,
        note: str,
        saved_at_ns: int | None,
        expect_head: Expected,
    ) -> Revision:
        digest = content.digest_of(shared, manifest)
        self._refuse_missing(manifest)
        self._refuse_unproven(manifest)
        at_ns = time.time_ns() if saved_at_ns is None else saved_at_ns
        with self._database.transaction() as connection:
            head = heads.expect(connection, group, expect_head)
            after = parents if parents is not None else tuple(one for one in (head,) if one)
            number = max((rows.known(connection, parent).number for parent in after), default=0) + 1
            revision = make_revision(group, number, after, author, at_ns, digest=digest, kind=kind, note=note)
            self._keep(connection, revision, shared, manifest)
            heads.move(connection, group, revision.id, f"{kind} by {author.name} ({author.face})"[:255])
        return revision

    def adopt(self, revision: Revision, shared: bytes | None, manifest: Manifest | None) -> None:
        verify_id(revision)
        if (shared is None) != (manifest is None):
            raise LedgerError("a document comes with its manifest (maybe an empty one), or both are left for later")
        if shared is not None and manifest is not None:
            _verify_digest(revision, shared, manifest)
        with self._database.transaction() as connection:
            self._keep(connection, revision, shared, manifest)

    def move_head(self, group: int, revision_id: bytes, why: str, expect_head: Expected) -> None:
        if not self.is_complete(revision_id):
            raise LedgerError(f"revision {revision_id.hex()[:16]} is not held completely. Pull it first, or choose another one")
        with self._database.transaction() as connection:
            revision = rows.known(connection, revision_id)
            if revision.group != group:
                raise LedgerError(
                    f"revision {revision_id.hex()[:16]} is of group {revision.group}, not {group}. Choose another one"
                )
            if content.get(connection, revision.digest) is None:
                raise LedgerError(f"revision {revision_id.hex()[:16]} has just been pruned. Pull it again")
            heads.move(connection, group, revision_id, why, expect_head)

    def missing_chunks(self, revision_id: bytes) -> list[bytes] | None:
        """The chunks that its files lack, each once; None: the document itself is not held."""
        with self._database.reading() as connection:
            found = content.get(connection, rows.known(connection, revision_id).digest)
        return None if found is None else self._packs.missing(_chunks(found.manifest))

    def is_complete(self, revision_id: bytes) -> bool:
        """Whether document and files are held. Files that were never read as a whole are read now, once.

        LedgerError: not a revision; or a file is not what its digest says: adopt the revision again with the right chunks.
        """
        if self.missing_chunks(revision_id) != []:
            return False
        with self._database.reading() as connection:
            unproven = content.unproven(connection, rows.known(connection, revision_id).digest)
        for name, entry in unproven:
            self._prove(name, entry)
            with self._database.transaction() as connection:
                content.prove(connection, entry)
        return True

    def _prove(self, name: str, entry: FileEntry) -> None:
        if not self._packs.proves(entry):
            raise LedgerError(f"file {name!r} is refused: its chunks do not make the file with its digest. Pull it again")

    def _keep(self, connection: sqlite3.Connection, revision: Revision, shared: bytes | None, manifest: Manifest | None) -> None:
        for parent in filter(None, (rows.by_id(connection, parent) for parent in revision.parents)):
            if parent.group != revision.group or parent.number >= revision.number:
                raise LedgerError(
                    f"revision {revision.id.hex()[:16]} is refused: its parent has group {parent.group}, number "
                    f"{parent.number}; itself {revision.group} and {revision.number}. Look at the unit it comes from"
                )
        rows.insert(connection, revision)
        if shared is not None and manifest is not None:
            content.put(connection, revision.digest, shared, manifest, self._packs.is_proven)

    def _refuse_missing(self, manifest: Manifest) -> None:
        missing = self._packs.missing(_chunks(manifest))
        if missing:
            raise LedgerError(f"{len(missing)} chunks of the files are not stored. Store the files first, then save again")

    def _refuse_unproven(self, manifest: Manifest) -> None:
        with self._database.reading() as connection:
            unknown = {name: entry for name, entry in manifest.items() if not self._is_proven(connection, entry)}
        for name, entry in unknown.items():
            self._prove(name, entry)
            self._packs.note_proven(entry)

    def _is_proven(self, connection: sqlite3.Connection, entry: FileEntry) -> bool:
        return self._packs.is_proven(content.key_of(entry)) or content.is_proven(connection, entry)


def _chunks(manifest: Manifest) -> list[bytes]:
    return [chunk for entry in manifest.values() for chunk in entry.chunk_digests]


def _verify_digest(revision: Revision, shared: bytes, manifest: Manifest) -> None:
    found = content.digest_of(shared, manifest)
    if found != revision.digest:
        raise LedgerError(
            f"revision {revision.id.hex()[:16]} is refused: its content digest says {revision.digest.hex()[:16]}, "
            f"what came has {found.hex()[:16]}. Pull it again"
        )
