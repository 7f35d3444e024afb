"""What is in force, for processes that must never disturb the ledger: they write nothing and make no file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agent.documents.canonical import FileEntry
from agent.ledger import content, heads, own, packfile
from agent.ledger.errors import LedgerError
from agent.ledger.look import look


class HeadContent(NamedTuple):
    """`digest`: of the content; `shared`, `own`: canonical bytes (own None: this unit has saved none).

    `home_own`: see `head_content`.
    """

    number: int
    digest: bytes
    shared: bytes
    own: bytes | None
    manifest: dict[str, FileEntry]
    revision_id: bytes
    home_own: bytes | None = None


class LedgerReader:
    """Cheap to make; the ledger need not exist yet. LedgerError: it cannot be read, or is damaged."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def head_content(self, group: int, home: int | None = None) -> HeadContent | None:
        """What is in force, verified; None: there is no ledger, or no revision of this group in force.

        `home`: the group whose own part an N:M backup has for every group that it protects; it comes as `home_own`.
        """
        return look(self.directory, lambda connection: _head_content(connection, group, home))

    def file(self, group: int, name: str) -> Iterator[bytes]:
        """The bytes of a file of the revision in force, a verified chunk at a time. LedgerError: there is no such file."""
        head = self.head_content(group)
        if head is None or name not in head.manifest:
            raise LedgerError(f"group {group} has no file {name!r} in force. Import it, or take its name out of the document")
        return self.open_file(head.manifest[name])

    def open_file(self, entry: FileEntry) -> Iterator[bytes]:
        """The bytes of a file, a verified chunk at a time. LedgerError: a chunk is not held or damaged."""
        places = look(self.directory, lambda connection: _places(connection, entry)) or {}

        def find(digest: bytes) -> packfile.Place | None:
            """As it was at first; asked again, a pack has been written anew meanwhile."""
            return places.pop(digest, None) or self._find(digest)

        return packfile.stream(lambda digest: packfile.fetch(self.directory, find, digest), entry)

    def _find(self, digest: bytes) -> packfile.Place | None:
        return look(self.directory, lambda connection: packfile.find(connection, digest))


def _head_content(connection: sqlite3.Connection, group: int, home: int | None) -> HeadContent | None:
    head = heads.head(connection, group)
    found = content.get(connection, head.digest) if head else None
    if head is None or found is None:
        return None
    home_own = None if home is None else own.newest(connection, home)
    return HeadContent(head.number, head.digest, found.shared, own.newest(connection, group), found.manifest, head.id, home_own)


def _places(connection: sqlite3.Connection, entry: FileEntry) -> dict[bytes, packfile.Place | None]:
    return {digest: packfile.find(connection, digest) for digest in entry.chunk_digests}
