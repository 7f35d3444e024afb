"""A revision: who saved which content when, after what. The same bytes, and the same id, on every unit that holds it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from agent.ledger.errors import LedgerError
from agent.ledger.limits import DIGEST_BYTES, MAX_GROUP, MAX_NOTE, MAX_NUMBER, MAX_TEXT, MAX_TIME_NS, is_plain

KINDS: Final = ("edit", "import", "restore", "choice", "first")
_DOMAIN: Final = b"understudy revision 1\n"
_FIELDS: Final = frozenset(
    ("id", "group", "number", "parents", "author", "face", "unit", "saved_at_ns", "digest", "kind", "note")
)


class Author(NamedTuple):
    """Who: a person (or a unit by itself), by which face, on which unit. Each at most 255 plain characters."""

    name: str
    face: str
    unit: str


@dataclass(frozen=True, slots=True)
class Revision:
    """`number` is greatest(parents) + 1, from 1; `saved_at_ns` UTC ns by the author's clock; `digest` of the content.

    `id` is SHA-256 over all the rest; make one with `make_revision`. LedgerError: a field is out of its range.
    """

    id: bytes
    group: int
    number: int
    parents: tuple[bytes, ...]
    author: str
    face: str
    unit: str
    saved_at_ns: int
    digest: bytes
    kind: str
    note: str = ""

    def __post_init__(self) -> None:
        wrong = _wrong(self)
        if wrong:
            raise LedgerError(f"a revision is refused: {wrong}")


def make_revision(
    group: int,
    number: int,
    parents: tuple[bytes, ...],
    author: Author,
    saved_at_ns: int,
    *,
    digest: bytes,
    kind: str,
    note: str = "",
) -> Revision:
    """A revision with its id. LedgerError: a field is out of its range."""
    bare = Revision(bytes(DIGEST_BYTES), group, number, parents, *author, saved_at_ns, digest, kind, note)
    return replace(bare, id=make_id(bare))


def make_id(revision: Revision) -> bytes:
    """32 bytes: SHA-256 over the canonical metadata, whatever `revision.id` says."""
    data = {name: value for name, value in to_json(revision).items() if name != "id"}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(_DOMAIN + text.encode()).digest()


def to_json(revision: Revision) -> dict[str, object]:
    """The wire form: ids and digests in hex."""
    data: dict[str, object] = {name: getattr(revision, name) for name in _FIELDS}
    data |= {"id": revision.id.hex(), "digest": revision.digest.hex(), "parents": [parent.hex() for parent in revision.parents]}
    return data


def from_json(data: object) -> Revision:
    """Read the wire form; the id must be the one that its fields have. LedgerError: anything else."""
    if not isinstance(data, Mapping) or set(data) != _FIELDS or not isinstance(data["parents"], list):
        raise LedgerError(f"a revision is refused: it must be an object with {', '.join(sorted(_FIELDS))}")
    fields = dict(data) | {"id": _bytes(data["id"]), "digest": _bytes(data["digest"])}
    revision = Revision(**fields | {"parents": tuple(map(_bytes, data["parents"]))})
    verify_id(revision)
    return revision


def verify_id(revision: Revision) -> None:
    """LedgerError unless the id is the one that the fields have."""
    found = make_id(revision)
    if found != revision.id:
        raise LedgerError(f"a revision is refused: its id says {revision.id.hex()[:16]}…, its fields make {found.hex()[:16]}…")


def _bytes(value: object) -> bytes:
    if isinstance(value, str) and len(value) == 2 * DIGEST_BYTES and value == value.lower():
        try:
            return bytes.fromhex(value)
        except ValueError:
            pass
    raise LedgerError(f"a revision is refused: ids and digests are {2 * DIGEST_BYTES} small hex digits, not {str(value)[:80]!r}")


def _wrong(revision: Revision) -> str:
    """The first field that is out of its range, in words; empty: none."""
    return _wrong_number(revision) or _wrong_digest(revision) or _wrong_text(revision)


def _wrong_number(revision: Revision) -> str:
    ranges = (("group", 0, MAX_GROUP), ("number", 1, MAX_NUMBER), ("saved_at_ns", 0, MAX_TIME_NS))
    for name, low, high in ranges:
        value = getattr(revision, name)
        if type(value) is not int or not low <= value <= high:
            return f"{name} must be a whole number, {low} to {high}, not {value!r:.80}"
    return ""


def _wrong_digest(revision: Revision) -> str:
    if not all(isinstance(one, bytes) and len(one) == DIGEST_BYTES for one in (revision.id, revision.digest, *revision.parents)):
        return f"ids and digests have {DIGEST_BYTES} bytes"
    if len(revision.parents) > 2 or len(set(revision.parents)) != len(revision.parents):
        return "it has at most two parents, and not one twice"
    return "" if revision.parents or revision.number == 1 else "without parents its number is 1"


def _wrong_text(revision: Revision) -> str:
    for name, most in (("author", MAX_TEXT), ("face", MAX_TEXT), ("unit", MAX_TEXT), ("note", MAX_NOTE)):
        value = getattr(revision, name)
        if not isinstance(value, str) or len(value) > most or not is_plain(value):
            return f"{name} must be a text of at most {most} characters on one line, without control characters"
    return "" if revision.kind in KINDS else f"kind must be one of {', '.join(KINDS)}, not {str(revision.kind)[:80]!r}"
