"""Revisions as values: ids, the wire form, and what is refused."""

import json
from dataclasses import replace

import pytest

from agent.ledger.errors import LedgerError
from agent.ledger.revision import Author, Revision, from_json, make_id, make_revision, to_json

PARENTS = (bytes([1]) * 32, bytes([2]) * 32)
REVISION = make_revision(
    7, 12, PARENTS, Author("Änne", "cli", "rx-a"), 1_700_000_000_123_456_789, digest=bytes(range(32)), kind="choice", note="both"
)


def test_the_id_of_a_revision_is_the_same_for_ever() -> None:
    """C-08: units compare ids; a change of this value is a change of the protocol."""
    assert REVISION.id.hex() == "2b2a7abfbdc69820e66a3b341118e1bec9189a8209613d29ea7d13c9512e877f"


def test_every_field_is_in_the_id() -> None:
    others = {
        "group": 8, "number": 13, "parents": PARENTS[::-1], "author": "b", "face": "web", "unit": "rx-b", "saved_at_ns": 5,
        "digest": bytes(32), "kind": "edit", "note": "",
    }  # fmt: skip
    ids = {make_id(replace(REVISION, **{name: value})) for name, value in others.items()}  # type: ignore[arg-type]
    assert len(ids | {REVISION.id}) == len(others) + 1


def test_the_wire_form_comes_back_as_the_same_revision() -> None:
    """Z-25: revision, author and time are the same on both units."""
    assert from_json(json.loads(json.dumps(to_json(REVISION)))) == REVISION


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "00" * 32),
        ("id", "zz"),
        ("id", 7),
        ("digest", REVISION.digest.hex().upper()),
        ("parents", "ab"),
        ("parents", ["00"]),
        ("parents", [PARENTS[0].hex()] * 2),
        ("parents", [bytes([n]).hex() * 32 for n in range(3)]),
        ("parents", []),
        ("group", 256),
        ("group", True),
        ("number", 0),
        ("number", 1 << 31),
        ("number", 12.0),
        ("saved_at_ns", -1),
        ("saved_at_ns", 1 << 63),
        ("author", "a\nb"),
        ("author", "x" * 256),
        ("face", None),
        ("unit", "\udc80"),
        ("note", "x" * 4097),
        ("note", "\x1b[2J"),
        ("kind", "gift"),
        ("kind", ["edit"]),
        ("author", "somebody else"),
    ],
)
def test_a_wire_form_that_is_wrong_anywhere_is_refused_in_words(field: str, value: object) -> None:
    """Z-28: nothing is taken from another unit that could not have been saved there."""
    with pytest.raises(LedgerError, match=r"a revision is refused: "):
        from_json(to_json(REVISION) | {field: value})


@pytest.mark.parametrize("data", [None, [], "x", {}, {"id": "00" * 32}, to_json(REVISION) | {"more": 1}])
def test_something_else_than_a_revision_is_refused(data: object) -> None:
    with pytest.raises(LedgerError, match=r"must be an object with author, digest"):
        from_json(data)


def test_a_revision_without_parents_is_number_one() -> None:
    with pytest.raises(LedgerError, match=r"without parents its number is 1"):
        Revision(bytes(32), 7, 2, (), "a", "cli", "rx", 1, bytes(32), "edit")
