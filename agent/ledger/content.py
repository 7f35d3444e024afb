"""The content of revisions: a shared document and named files, kept once for each digest. Works on a connection of any kind."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from agent.documents.canonical import CHUNK_BYTES, FileEntry, canonical, content_digest
from agent.documents.errors import DocumentError
from agent.ledger.errors import LedgerError
from agent.ledger.limits import DIGEST_BYTES, MAX_DOCUMENT_BYTES, MAX_FILES, MAX_FILES_BYTES, bad_name

Manifest = Mapping[str, FileEntry]


class Content(NamedTuple):
    """`shared`: the canonical bytes of the shared document; `manifest`: its files by name."""

    shared: bytes
    manifest: dict[str, FileEntry]


def digest_of(shared: bytes, manifest: Manifest) -> bytes:
    """The content digest, 32 bytes. LedgerError: not the canonical bytes of a document, or a file that cannot be one."""
    check_document(shared, "a shared document")
    check_manifest(manifest)
    return content_digest(shared, manifest)


def check_document(data: bytes, what: str) -> None:
    """LedgerError unless these are the canonical bytes of a document, at most 16 MiB; `what` names it."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise LedgerError(f"{what} is refused: it is larger than {MAX_DOCUMENT_BYTES >> 20} MiB. Keep what is large in files")
    try:
        document = json.loads(data)
        is_canonical = isinstance(document, dict) and canonical(document) == data
    except (ValueError, RecursionError, DocumentError):
        is_canonical = False
    if not is_canonical:
        raise LedgerError(f"{what} is refused: it is not in the canonical form. Make it with agent.documents.canonical")


def check_manifest(manifest: Manifest) -> None:
    """LedgerError: a name, a size or a list of chunks that cannot be, or more than a group may have."""
    for name, entry in manifest.items():
        wrong = bad_name(name) or _wrong_entry(entry)
        if wrong:
            raise LedgerError(f"file {name!r:.80} is refused: it {wrong}. Rename it, or leave it out")
    total = sum(entry.size_bytes for entry in manifest.values())
    if len(manifest) > MAX_FILES or total > MAX_FILES_BYTES:
        limit = f"{MAX_FILES} files and {MAX_FILES_BYTES >> 20} MiB"
        raise LedgerError(f"{len(manifest)} files of {total} bytes are refused: a group may have {limit}. Leave something out")


def _wrong_entry(entry: FileEntry) -> str:
    if type(entry.size_bytes) is not int or not 0 <= entry.size_bytes <= MAX_FILES_BYTES:
        return f"must have 0 to {MAX_FILES_BYTES >> 20} MiB"
    if not all(isinstance(one, bytes) and len(one) == DIGEST_BYTES for one in (entry.digest, *entry.chunk_digests)):
        return f"has a digest that is not {DIGEST_BYTES} bytes"
    return "" if len(entry.chunk_digests) == -(-entry.size_bytes // CHUNK_BYTES) else "has not as many chunks as its size needs"


def put(
    connection: sqlite3.Connection, digest: bytes, shared: bytes, manifest: Manifest, is_proven: Callable[[bytes], bool]
) -> None:
    """Keep it, unless it is kept already with files that are proven: lists of chunks that are not may be wrong, and go.

    The caller has checked that `digest` is the one of the rest. `is_proven` says whether a file's key is of a list of chunks
    that is known to make the file's digest.
    """
    row = connection.execute("SELECT seq FROM content WHERE digest = ?", (digest,)).fetchone()
    if row and not unproven(connection, digest):
        return
    statement = "INSERT INTO content (digest, shared) VALUES (?, ?)"
    content = row[0] if row else connection.execute(statement, (digest, shared)).lastrowid
    rows = [(content, name, _put_file(connection, entry, is_proven)) for name, entry in manifest.items()]
    connection.executemany("INSERT OR REPLACE INTO content_file (content, name, file) VALUES (?, ?, ?)", rows)


def _put_file(connection: sqlite3.Connection, entry: FileEntry, is_proven: Callable[[bytes], bool]) -> int:
    key = key_of(entry)
    values = (key, entry.size_bytes, entry.digest, b"".join(entry.chunk_digests), is_proven(key))
    statement = (
        "INSERT INTO file (key, size, digest, chunks, is_proven) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET is_proven = max(is_proven, excluded.is_proven) RETURNING seq"
    )
    return int(connection.execute(statement, values).fetchall()[0][0])


def key_of(entry: FileEntry) -> bytes:
    """Names a file together with its list of chunks, 32 bytes."""
    return hashlib.sha256(entry.size_bytes.to_bytes(8, "big") + entry.digest + b"".join(entry.chunk_digests)).digest()


def unproven(connection: sqlite3.Connection, digest: bytes) -> list[tuple[str, FileEntry]]:
    """The files of this content whose chunks have not been read together yet, to see that they make the file."""
    found = _files(connection, "content.digest = ? AND NOT is_proven", digest)
    return list(found.items())


def is_proven(connection: sqlite3.Connection, entry: FileEntry) -> bool:
    """Whether this file is kept, and its chunks are known to make its digest."""
    return connection.execute("SELECT 1 FROM file WHERE key = ? AND is_proven", (key_of(entry),)).fetchone() is not None


def prove(connection: sqlite3.Connection, entry: FileEntry) -> None:
    connection.execute("UPDATE file SET is_proven = 1 WHERE key = ?", (key_of(entry),))


def get(connection: sqlite3.Connection, digest: bytes) -> Content | None:
    """What is kept under this digest, verified; None: nothing. LedgerError: the disk has changed it."""
    row = connection.execute("SELECT shared FROM content WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        return None
    found = Content(row[0], _files(connection, "content.digest = ?", digest))
    if content_digest(*found) != digest:
        raise LedgerError(
            f"the content {digest.hex()[:16]} is damaged: it is not what was stored. "
            "Look at the disk (dmesg); restore another revision, or move the ledger away and pull from the master"
        )
    return found


def is_kept(connection: sqlite3.Connection, digest: bytes) -> bool:
    """Whether something is kept under this digest; not read, so not verified."""
    return connection.execute("SELECT 1 FROM content WHERE digest = ?", (digest,)).fetchone() is not None


def _files(connection: sqlite3.Connection, where: str, digest: bytes) -> dict[str, FileEntry]:
    statement = (
        "SELECT name, file.size, file.digest, chunks FROM content JOIN content_file ON content_file.content = content.seq"
        f" JOIN file ON file.seq = content_file.file WHERE {where} ORDER BY name"
    )
    rows = connection.execute(statement, (digest,)).fetchall()
    return {name: FileEntry(size, whole, tuple(split_digests(chunks))) for name, size, whole, chunks in rows}


def split_digests(chunks: bytes) -> Iterator[bytes]:
    """The digests that a file's list of chunks is made of."""
    return (chunks[place : place + DIGEST_BYTES] for place in range(0, len(chunks), DIGEST_BYTES))
