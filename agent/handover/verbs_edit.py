"""Verbs that put another content in force: edit, import, restore; and export, the way out."""

import os
from collections.abc import Mapping

from agent.documents.canonical import FileEntry
from agent.documents.check import check
from agent.documents.classes import split
from agent.documents.errors import DocumentError
from agent.documents.text import parse
from agent.handover.archive import Archive, read_archive, write_archive
from agent.handover.asked import author_of, group_in, part_in, revision_in, shown, text_in
from agent.handover.desk import Desk
from agent.handover.edits import Wanted, carry_out
from agent.handover.limits import MAX_DOCUMENT_LINE_BYTES
from agent.handover.service import Json, Request, Verb, VerbError
from agent.handover.tar import ArchiveError
from agent.handover.verbs_show import held_or_refused
from agent.ledger.heads import ANY
from agent.ledger.limits import bad_name

MAX_DOCUMENT_BYTES = MAX_DOCUMENT_LINE_BYTES


class Editing:
    """Everything goes through `carry_out`: checked whole, or not done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def verbs(self) -> dict[str, Verb]:
        """By name."""
        return {"edit": self._edit, "import": self._import, "restore": self._restore, "export": self._export}

    def _edit(self, request: Request) -> Json:
        document = request.value.get("document")
        if not isinstance(document, dict):
            raise VerbError("edit needs a document, a JSON object")
        if "expect" not in request.value:
            raise VerbError("edit needs expect: the id of the revision that was edited, or null")
        wanted = self._wanted(request, "edit")
        wanted.document, wanted.is_shared = document, part_in(request) == "shared"
        return carry_out(self._desk, wanted)

    def _import(self, request: Request) -> Json:
        kind = request.value.get("kind")
        if kind not in ("document", "archive"):
            raise VerbError("kind must be document or archive")
        wanted = self._wanted(request, "import")
        if kind == "document":
            wanted.document, wanted.is_shared = self._document(request), part_in(request) == "shared"
        else:
            archive = self._archive(request)
            wanted.document, wanted.is_shared, wanted.manifest = archive.document, archive.is_shared, archive.manifest
            if archive.unit not in ("", self._desk.name) and not archive.is_shared:
                return self._import_of_another(wanted, archive.unit)
        return carry_out(self._desk, wanted)

    def _import_of_another(self, wanted: Wanted, unit: str) -> Json:
        """Its addresses are its own: two units must not have the same (C-19, Z-05)."""
        schema = self._desk.schema(wanted.group)
        if not check(schema, wanted.document):
            wanted.document, wanted.is_shared = split(schema, wanted.document)[0], True
        answer = carry_out(self._desk, wanted)
        return answer | {"text": f"{answer['text']}. The own values of {unit} in it were left out"}

    def _wanted(self, request: Request, kind: str) -> Wanted:
        """What both have in common; the files are stored already, which changes nothing by itself."""
        group, expect = group_in(request, self._desk), request.value.get("expect", ANY)
        if not (expect is ANY or expect is None or isinstance(expect, str)):
            raise VerbError("expect must be the id of a revision, or null")
        if request.value.get("part") == "own":
            raise VerbError("part must be effective or shared; own values are edited in the effective document")
        wanted = Wanted(group, {}, author_of(request, self._desk), kind, text_in(request, "note"), expect=expect)
        wanted.files, wanted.remove_files = self._files(request), _names(request.value.get("remove_files") or [])
        return wanted

    def _files(self, request: Request) -> Mapping[str, FileEntry]:
        named = request.value.get("files") or {}
        if not isinstance(named, dict):
            raise VerbError('files must be an object: {"name": number of the descriptor}')
        _names(list(named))
        return {name: self._stored(request, name, request.descriptor(index)) for name, index in named.items()}

    def _stored(self, request: Request, name: str, descriptor: int) -> FileEntry:
        return self._desk.ledger.packs.store_file(descriptor, lambda done, total: request.progress(name, done, total))

    def _document(self, request: Request) -> dict[str, object]:
        """The first descriptor, as TOML or JSON. VerbError with line and remedy."""
        name = text_in(request, "name", 255) or "the document"
        with os.fdopen(os.dup(request.descriptor()), "rb") as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
        if len(data) > MAX_DOCUMENT_BYTES:
            raise VerbError(f"{name} is longer than {MAX_DOCUMENT_BYTES >> 20} MiB. Nothing was changed")
        return parsed(data, name)

    def _archive(self, request: Request) -> Archive:
        with os.fdopen(os.dup(request.descriptor()), "rb") as file:
            try:
                return read_archive(file, self._desk.ledger.packs, parsed, request.progress)
            except ArchiveError as error:
                raise VerbError(f"The archive is refused: {str(error).rstrip('.')}. Nothing was changed") from None

    def _restore(self, request: Request) -> Json:
        """A new revision with the content of an old one, byte for byte."""
        desk, group = self._desk, group_in(request, self._desk)
        if request.value.get("revision") is None:
            raise VerbError("restore needs a revision: a number or the beginning of an id")
        held = held_or_refused(desk, revision_in(request, desk, group, is_alone=True))
        assert held is not None
        note = text_in(request, "note") or f"restores revision {held.revision.number}"
        wanted = Wanted(group, held.shared, author_of(request, desk), "restore", note, held.manifest, is_shared=True)
        wanted.expect = request.value.get("expect", ANY)
        return carry_out(desk, wanted)

    def _export(self, request: Request) -> Json:
        """The archive to the first descriptor."""
        desk, group, part = self._desk, group_in(request, self._desk), part_in(request)
        revision = revision_in(request, desk, group)
        held = held_or_refused(desk, revision)
        with os.fdopen(os.dup(request.descriptor()), "wb") as file:
            count = write_archive(file, desk, group, held, part=part, progress=request.progress)
        return {"bytes": count, "revision": shown(revision, desk) if revision else None}


def parsed(data: bytes, name: str) -> dict[str, object]:
    """VerbError with line and remedy."""
    try:
        return parse(data, name)
    except DocumentError as error:
        text = f"{str(error).rstrip('.')}. Nothing was changed"
        raise VerbError(text, findings=[{"path": f"line {error.line}", "what": error.what, "remedy": error.remedy}]) from None


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise VerbError("names of files must be a list")
    for name in value:
        if why := bad_name(name):
            raise VerbError(f"{str(name)[:80]!r} {why}")
    return tuple(value)
