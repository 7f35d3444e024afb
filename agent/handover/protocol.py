"""The messages of the transfer protocol as values. `to_json` and the functions `…_from` are each other's inverse.

A reader raises ValueError with a sentence for whatever is out of range; what it does not know, it leaves out (minor versions).
The client is the unit that asks: a backup, as a rule. `hello` comes first, on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from agent.documents.canonical import FileEntry
from agent.handover import fields, limits
from agent.handover.relation import Relation
from agent.ledger.errors import LedgerError
from agent.ledger.revision import Revision, from_json, to_json

JsonObject = dict[str, object]
Manifest = Mapping[str, FileEntry]


class SchemaVersion(NamedTuple):
    """Of a group's document (C-14)."""

    name: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Hello:
    """`unit_id`: 16 hex digits. `schemas`: by group, what the unit reads and writes. `groups`: all that it has to do with."""

    verb: ClassVar[str] = "hello"
    unit_name: str
    unit_id: str
    software: str
    schemas: Mapping[int, SchemaVersion]
    groups: frozenset[int]
    protocol: tuple[int, int] = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)

    def to_json(self) -> JsonObject:
        names = {"unit": self.unit_name, "unit_id": self.unit_id, "software": self.software}
        schemas = {str(group): list(version) for group, version in self.schemas.items()}
        return {"protocol": list(self.protocol), **names, "schemas": schemas, "groups": sorted(self.groups)}


def hello_from(data: JsonObject) -> Hello:
    groups = fields.array(data, "groups", 256)
    if not all(type(group) is int and 0 <= group <= 255 for group in groups):
        raise ValueError("groups must be numbers, 0..255")
    return Hello(
        fields.text(data, "unit", 64),
        fields.text(data, "unit_id", 64),
        fields.text(data, "software", 64, least=0),
        {_group_key(key): _schema(value) for key, value in fields.table(data, "schemas", 256).items()},
        frozenset(group for group in groups if isinstance(group, int)),
        protocol_from(data),
    )


def protocol_from(data: JsonObject) -> tuple[int, int]:
    """Read first: nothing else of a hello of another major version need be as it is here."""
    major, minor = _numbers(fields.array(data, "protocol", 2), 2, "protocol")
    return major, minor


@dataclass(frozen=True, slots=True)
class Relate:
    """How does my head stand to yours? `have`: my head's id and those of its ancestors, newest first, as far as I hold them.

    `head` None: I have none. `is_all`: there are no others than those in `have`.
    """

    verb: ClassVar[str] = "relate"
    group: int
    head: bytes | None
    digest: bytes | None
    have: tuple[bytes, ...]
    is_all: bool

    def to_json(self) -> JsonObject:
        have = [one.hex() for one in self.have]
        return {"group": self.group, "head": _hex(self.head), "digest": _hex(self.digest), "have": have, "is_all": self.is_all}


def relate_from(data: JsonObject) -> Relate:
    head, digest = fields.hex32_or_none(data, "head"), fields.hex32_or_none(data, "digest")
    have = fields.hex32_list(data, "have", limits.MAX_HAVE)
    if (head is None) != (digest is None) or (head is None and have) or (head is not None and have[:1] != (head,)):
        raise ValueError("have must begin with head, and a head has a digest")
    return Relate(fields.group(data), head, digest, have, fields.flag(data, "is_all"))


@dataclass(frozen=True, slots=True)
class Related:
    """The answer, in the client's words: its head is `behind` (… the server's).

    `head`: the server's; None: it has none. `base`: the youngest revision that both go back to, as far as the two can tell.
    `via_choice`: the client's head is a parent of a choice that the server's head goes back to: it was considered.
    `chain`: what the client lacks of the server's ancestry, oldest first, at most 2000. `wants_more`: name all that you have.
    """

    relation: Relation
    head: Revision | None = None
    base: Revision | None = None
    via_choice: bool = False
    chain: tuple[Revision, ...] = ()
    wants_more: bool = False

    def to_json(self) -> JsonObject:
        heads = {"head": to_json(self.head) if self.head else None, "base": to_json(self.base) if self.base else None}
        flags = {"via_choice": self.via_choice, "wants_more": self.wants_more}
        return {"relation": str(self.relation), **heads, **flags, "chain": [to_json(one) for one in self.chain]}


def related_from(data: JsonObject) -> Related:
    return Related(
        Relation(fields.text(data, "relation")),
        _revision_or_none(data.get("head")),
        _revision_or_none(data.get("base")),
        fields.flag(data, "via_choice"),
        tuple(_revision(one) for one in fields.array(data, "chain", limits.MAX_CHAIN)),
        fields.flag(data, "wants_more"),
    )


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
    return Contents(shared.encode(), manifest_from(fields.table(data, "manifest", limits.MAX_FILES)))


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
    ancestry = tuple(_revision(one) for one in fields.array(data, "ancestry", limits.MAX_CHAIN))
    return PushContent(fields.group(data), _revision(data.get("revision")), contents_from(data), ancestry)


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


@dataclass(frozen=True, slots=True)
class Propose:
    """There is a decision to be taken between your head and mine, which you hold by now (push_content)."""

    verb: ClassVar[str] = "propose"
    group: int
    decision: str
    revision: bytes
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"group": self.group, "decision": self.decision, "revision": self.revision.hex(), "details": self.details}


def propose_from(data: JsonObject) -> Propose:
    details = fields.table(data, "details", 100)
    return Propose(fields.group(data), fields.text(data, "decision", 64), fields.hex32(data, "revision"), details)


@dataclass(frozen=True, slots=True)
class Choose:
    """A person has decided at the backup. `take`: master, backup or items; `items`: path prefix → master or backup."""

    verb: ClassVar[str] = "choose"
    group: int
    decision: str
    take: str
    items: Mapping[str, str]
    author: str
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        said = {"decision": self.decision, "take": self.take, "items": dict(self.items), "author": self.author}
        return {"group": self.group, **said, "details": self.details}


def choose_from(data: JsonObject) -> Choose:
    items = fields.table(data, "items", 10_000)
    return Choose(
        fields.group(data),
        fields.text(data, "decision", 64),
        fields.text(data, "take", 16),
        {path: fields.text(items, path, 16) for path in items},
        fields.text(data, "author", 255),
        fields.table(data, "details", 100),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """The client wants to follow this group."""

    verb: ClassVar[str] = "pair"
    group: int
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"group": self.group, "details": self.details}


def pair_from(data: JsonObject) -> Pair:
    return Pair(fields.group(data), fields.table(data, "details", 100))


@dataclass(frozen=True, slots=True)
class Unpair:
    """… and no longer."""

    verb: ClassVar[str] = "unpair"
    group: int
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"group": self.group, "details": self.details}


def unpair_from(data: JsonObject) -> Unpair:
    return Unpair(fields.group(data), fields.table(data, "details", 100))


Request = Hello | Relate | GetContent | GetChunks | PushContent | PutChunks | Propose | Choose | Pair | Unpair


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


def _revision(value: object) -> Revision:
    try:
        return from_json(value)
    except LedgerError as error:
        raise ValueError(str(error)) from None


def _revision_or_none(value: object) -> Revision | None:
    return None if value is None else _revision(value)


def _schema(value: object) -> SchemaVersion:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("a schema is [name, major, minor]")
    major, minor = _numbers(value[1:], 2, "a schema's version")
    return SchemaVersion(fields.text({"name": value[0]}, "name", 64), major, minor)


def _numbers(values: list[object], count: int, what: str) -> list[int]:
    found = [value for value in values if type(value) is int and 0 <= value <= 65_535]
    if len(found) != count or len(values) != count:
        raise ValueError(f"{what} must be {count} numbers, 0..65535")
    return found


def _group_key(key: str) -> int:
    if key.isascii() and key.isdigit() and len(key) <= 3 and int(key) <= 255:
        return int(key)
    raise ValueError("schemas are named by group, 0..255")


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
