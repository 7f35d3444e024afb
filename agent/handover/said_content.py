"""Document, list of files, chunks: as a backup asks for them, and as it gives its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from agent.documents.canonical import FileEntry
from agent.handover import fields, limits
from agent.handover.fields import JsonObject
from agent.handover.said_relation import revision_from
from agent.ledger.limits import MAX_FILES
from agent.ledger.revision import Revision, to_json

Manifest = Mapping[str, FileEntry]


@dataclass(frozen=True, slots=True)
class GetContent:
    """Document and list of files of a revision."""

    verb: ClassVar[str] = "get_content"
    group: int
    revision: bytes

    def to_json(self) -> JsonObject:
        return {"group": self.group, "revision": self.revision.hex()}


def get_content_from(data: JsonObject) -> GetContent:
    return GetContent(fields.group(data), fields.hex32(data, "revision"))


@dataclass(frozen=True, slots=True)
class Contents:
    """`shared`: canonical bytes."""

    shared: bytes
    manifest: Manifest

    def to_json(self) -> JsonObject:
        return {"shared": self.shared.decode(), "manifest": manifest_json(self.manifest)}


def contents_from(data: JsonObject) -> Contents:
    shared = data.get("shared")
    if not isinstance(shared, str):
        raise ValueError("shared must be a text")
    return Contents(shared.encode(), manifest_from(fields.table(data, "manifest", MAX_FILES)))


@dataclass(frozen=True, slots=True)
class GetChunks:
    """Answered by one chunk frame each, in this order. Only chunks of a content that this connection was given before."""

    verb: ClassVar[str] = "get_chunks"
    group: int
    digests: tuple[bytes, ...]

    def to_json(self) -> JsonObject:
        return {"group": self.group, "digests": [digest.hex() for digest in self.digests]}


def get_chunks_from(data: JsonObject) -> GetChunks:
    return GetChunks(fields.group(data), fields.hex32_list(data, "digests", limits.MAX_CHUNKS_A_REQUEST))


@dataclass(frozen=True, slots=True)
class PushContent:
    """The other way round: a backup gives its head to the master, which says what chunks it lacks; when none, it has it.

    `ancestry`: what the master may lack of the revision's, oldest first, at most 2000.
    """

    verb: ClassVar[str] = "push_content"
    group: int
    revision: Revision
    content: Contents
    ancestry: tuple[Revision, ...] = ()

    def to_json(self) -> JsonObject:
        ancestry = [to_json(one) for one in self.ancestry]
        return {"group": self.group, "revision": to_json(self.revision), **self.content.to_json(), "ancestry": ancestry}


def push_content_from(data: JsonObject) -> PushContent:
    ancestry = tuple(revision_from(one) for one in fields.array(data, "ancestry", limits.MAX_CHAIN))
    return PushContent(fields.group(data), revision_from(data.get("revision")), contents_from(data), ancestry)


@dataclass(frozen=True, slots=True)
class Missing:
    """Answer to push_content: at most 64 at a time; none: it is held as a branch now."""

    digests: tuple[bytes, ...]

    def to_json(self) -> JsonObject:
        return {"missing": [digest.hex() for digest in self.digests]}


def missing_from(data: JsonObject) -> Missing:
    return Missing(fields.hex32_list(data, "missing", limits.MAX_CHUNKS_A_REQUEST))


@dataclass(frozen=True, slots=True)
class PutChunks:
    """Followed by one chunk frame each, in this order. Only such as an answer to push_content named."""

    verb: ClassVar[str] = "put_chunks"
    group: int
    digests: tuple[bytes, ...]

    def to_json(self) -> JsonObject:
        return {"group": self.group, "digests": [digest.hex() for digest in self.digests]}


def put_chunks_from(data: JsonObject) -> PutChunks:
    return PutChunks(fields.group(data), fields.hex32_list(data, "digests", limits.MAX_CHUNKS_A_REQUEST))


def manifest_json(manifest: Manifest) -> JsonObject:
    """Name → [size, digest, digests of the chunks in one text]."""
    return {name: [entry.size_bytes, entry.digest.hex(), b"".join(entry.chunk_digests).hex()] for name, entry in manifest.items()}


def manifest_from(data: JsonObject) -> dict[str, FileEntry]:
    """Shapes alone; whether sizes and names can be, the ledger says."""
    return {name: _entry(value) for name, value in data.items()}


def _entry(value: object) -> FileEntry:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(one, str) for one in value[1:]):
        raise ValueError("a file is [size, digest, chunks]")
    size = fields.number({"size": value[0]}, "size", limits.MAX_GROUP_BYTES)
    chunks = bytes.fromhex(value[2])
    if len(chunks) % 32 or len(chunks) > limits.MAX_GROUP_BYTES // 1024:
        raise ValueError("a file has a list of chunks that cannot be")
    digests = tuple(chunks[place : place + 32] for place in range(0, len(chunks), 32))
    return FileEntry(size, fields.hex32({"digest": value[1]}, "digest"), digests)
