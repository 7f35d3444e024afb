"""The tar of export and import: document.toml, meta.json, files/NAME."""

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from agent.documents.canonical import CHUNK_BYTES, FileEntry
from agent.documents.text import MAX_BYTES, to_toml
from agent.handover.asked import shown
from agent.handover.desk import Desk, Document, Held
from agent.handover.tar import BLOCK, ArchiveError, Member, members
from agent.handover.verbs_show import part_of
from agent.ledger.limits import MAX_FILES, MAX_FILES_BYTES, bad_name
from agent.ledger.packs import Packs

MAX_META_BYTES = 64 * 1024
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Archive:
    """What an archive brings. `is_shared`: it holds the shared part alone. `unit`: who exported it, if it says so."""

    document: Document = field(default_factory=dict)
    manifest: dict[str, FileEntry] = field(default_factory=dict)
    is_shared: bool = False
    unit: str = ""
    has_document: bool = False


def read_archive(source: BinaryIO, packs: Packs, parse: Callable[[bytes, str], Document], progress: Progress) -> Archive:
    """ArchiveError: it is not one of ours. Its files are stored as chunks, which changes no configuration."""
    archive, bytes_left = Archive(), MAX_FILES_BYTES
    for member in members(source):
        name = member.name.removeprefix("./")
        if name == "document.toml":
            archive.document, archive.has_document = parse(member.bytes(MAX_BYTES), name), True
        elif name == "meta.json":
            archive.is_shared, archive.unit = _meta(member.bytes(MAX_META_BYTES))
        else:
            if len(archive.manifest) >= MAX_FILES:
                raise ArchiveError(f"it has more than {MAX_FILES} files")
            bytes_left -= member.size_bytes
            archive.manifest[_file_name(name, archive.manifest)] = _stored(member, bytes_left, packs, progress)
    if not archive.has_document:
        raise ArchiveError("it has no document.toml")
    return archive


def _meta(data: bytes) -> tuple[bool, str]:
    """Whether it is the shared part alone, and whose it is."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise ArchiveError("its meta.json is not JSON") from None
    part, unit = (value.get("part"), value.get("unit")) if isinstance(value, dict) else (None, None)
    if part not in ("effective", "shared"):
        raise ArchiveError("its meta.json does not say that it holds an effective or a shared part")
    return part == "shared", unit if isinstance(unit, str) else ""


def _file_name(name: str, known: Mapping[str, FileEntry]) -> str:
    """The name behind `files/`. ArchiveError for anything else, ways out of the directory above all."""
    inner = name.removeprefix("files/")
    why = bad_name(inner) if inner != name else "is neither document.toml, meta.json nor files/NAME"
    if why or inner in known:
        raise ArchiveError(f"{name[:80]!r} {why or 'is there twice'}")
    return inner


def _stored(member: Member, bytes_left: int, packs: Packs, progress: Progress) -> FileEntry:
    if bytes_left < 0:
        raise ArchiveError("its files have more than 1 GiB together")
    total, done, whole, chunks = member.size_bytes, 0, hashlib.sha256(), list[bytes]()
    with packs.writer() as writer:
        for piece in member.pieces(CHUNK_BYTES):
            whole.update(piece)
            chunks.append(writer.add(piece))
            done += len(piece)
            progress(member.name, done, total)
        writer.commit()
    entry = FileEntry(total, whole.digest(), tuple(chunks))
    packs.note_proven(entry)
    return entry


def write_archive(target: BinaryIO, desk: Desk, group: int, held: Held | None, *, part: str, progress: Progress) -> int:
    """Bytes written. OSError when they cannot be."""
    document, _ = part_of(desk, group, held, part)
    schema = desk.schema(group)
    meta: dict[str, object] = {"group": group, "part": part, "unit": desk.name}
    meta |= {"schema": schema.name, "schema_major": schema.major, "schema_minor": schema.minor}
    meta["revision"] = shown(held.revision, desk) if held else None
    mtime_s = held.revision.saved_at_ns // 10**9 if held else 0
    texts = {"document.toml": to_toml(document, schema).encode(), "meta.json": json.dumps(meta, indent=1).encode() + b"\n"}
    count = sum(_write(target, name, mtime_s, [text], len(text)) for name, text in texts.items())
    for name, of in sorted(held.manifest.items()) if held else ():
        pieces = _counted(desk.ledger.packs.open_file(of), name, of.size_bytes, progress)
        count += _write(target, f"files/{name}", mtime_s, pieces, of.size_bytes)
    return count + target.write(bytes(2 * BLOCK))


def _counted(pieces: Iterator[bytes], name: str, total: int, progress: Progress) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        progress(name, done, total)


def _write(target: BinaryIO, name: str, mtime_s: int, pieces: Iterable[bytes], size: int) -> int:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mtime, info.mode = mtime_s, 0o600
    header = info.tobuf(tarfile.PAX_FORMAT)
    target.write(header)
    for piece in pieces:
        target.write(piece)
    return len(header) + info.size + target.write(bytes(-info.size % BLOCK))
