"""Reading what a request asks for, and saying revisions in JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agent.documents.canonical import FileEntry
from agent.handover.desk import Desk
from agent.handover.service import Json, Request, VerbError
from agent.ledger.errors import LedgerError
from agent.ledger.revision import Author, Revision, to_json

PARTS = ("effective", "shared", "own")


def group_in(request: Request, desk: Desk) -> int:
    """The group, of those that this unit has to do with. VerbError."""
    group, known = request.value.get("group"), desk.groups()
    known += [member.group for member in desk.settings.members if desk.is_home(member.group)]
    if type(group) is not int or not 0 <= group <= 255:
        raise VerbError("The request needs a group, a whole number 0..255")
    if group not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise VerbError(f"This unit has nothing to do with group {group}. It has: {listed}")
    return group


def part_in(request: Request) -> str:
    """effective (when nothing is said), shared or own. VerbError."""
    part = request.value.get("part", "effective")
    if part not in PARTS:
        raise VerbError("part must be effective, shared or own")
    return str(part)


def text_in(request: Request, key: str, limit: int = 4096) -> str:
    """A text, empty when there is none. VerbError."""
    value = request.value.get(key) or ""
    if not isinstance(value, str) or len(value) > limit:
        raise VerbError(f"{key} must be a text of at most {limit} characters")
    return value


def revision_in(request: Request, desk: Desk, group: int, key: str = "revision", *, is_alone: bool = False) -> Revision | None:
    """By number, by the beginning of its id, or the head when nothing is said (None: there is none). VerbError.

    `is_alone`: refused when another revision is called so too, even if only one is in the line of what is in force.
    """
    value = request.value.get(key)
    if value is None:
        return desk.ledger.head(group)
    if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > 64:
        raise VerbError(f"{key} must be a number or the beginning of an id, as `understudy config history` shows them")
    try:
        return desk.ledger.find(group, str(value), is_alone)
    except LedgerError as error:
        raise VerbError(str(error)) from None


def author_of(request: Request, desk: Desk) -> Author:
    """`root (cli)` is root, by the face cli, at this unit."""
    name, _, face = request.author.rpartition(" (")
    return Author(name[:200] or "unknown", face.rstrip(")")[:50] or "cli", desk.name[:255])


def shown(revision: Revision, desk: Desk) -> Json:
    """For people and programs: the wire form, with the time in words and what is held here."""
    return shown_all([revision], desk)[0]


def shown_all(revisions: Sequence[Revision], desk: Desk) -> list[Json]:
    """The same for several of one group; of their contents nothing is read."""
    head = desk.ledger.head(revisions[0].group) if revisions else None
    return [_shown(revision, desk.ledger.is_held(revision), revision == head) for revision in revisions]


def _shown(revision: Revision, is_held: bool, is_head: bool) -> Json:
    value = to_json(revision)
    del value["saved_at_ns"]
    return value | {"saved_at": utc(revision.saved_at_ns), "held": is_held, "head": is_head}


def shown_foreign(revision: Revision, desk: Desk) -> Json:
    """The same for a revision that need not be known here."""
    if desk.ledger.revision(revision.id):
        return shown(revision, desk)
    return to_json(revision) | {"saved_at": utc(revision.saved_at_ns), "held": False, "head": False}


def shown_files(manifest: Mapping[str, FileEntry]) -> list[Json]:
    """Names ascending."""
    return [{"name": name, "size_bytes": of.size_bytes, "digest": of.digest.hex()} for name, of in sorted(manifest.items())]


def utc(at_ns: int) -> str:
    """`2026-11-20T16:18:46.123Z`"""
    moment = datetime.fromtimestamp(at_ns // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
