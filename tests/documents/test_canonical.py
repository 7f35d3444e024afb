"""One content, one digest, on every unit."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.documents.canonical import FileEntry, canonical, content_digest
from agent.documents.classes import split
from agent.documents.errors import DocumentError
from agent.documents.receiver import RECEIVER
from agent.documents.schema import Document
from tests.documents.strategies import receivers

FILE = FileEntry(3, hashlib.sha256(b"abc").digest(), (hashlib.sha256(b"abc").digest(),))


def shuffled(value: Any, source: random.Random) -> Any:
    """The same document with its keys and rows in another order."""
    if isinstance(value, dict):
        names = source.sample(list(value), len(value))
        return {name: value[name] if name == "ncc" else shuffled(value[name], source) for name in names}
    return [shuffled(element, source) for element in source.sample(value, len(value))] if isinstance(value, list) else value


@given(receivers(), st.integers())
def test_order_of_keys_and_rows_means_nothing(document: Document, seed: int) -> None:
    """S-29: the digest after takeover is that of the master, whoever wrote the file, and however."""
    other = shuffled(document, random.Random(seed))
    assert canonical(other, RECEIVER) == canonical(document, RECEIVER)
    assert canonical(split(RECEIVER, other)[0]) == canonical(split(RECEIVER, document)[0])


@given(receivers(), receivers())
def test_other_content_is_other_bytes(one: Document, other: Document) -> None:
    """Equal bytes mean equal shared parts."""
    shared, foreign = split(RECEIVER, one)[0], split(RECEIVER, other)[0]
    assert (canonical(shared) == canonical(foreign)) == (repr(_sorted(shared)) == repr(_sorted(foreign)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, _sorted(inner)) for name, inner in value.items())
    return [_sorted(element) for element in value] if isinstance(value, list) else value


def test_numbers_of_two_types_differ() -> None:
    """1, 1.0, true and "1" are four values."""
    assert len({canonical({"a": value}) for value in (1, 1.0, True, "1")}) == 4
    assert canonical({"b": "ü", "a": [1, {}]}) == '{"a":[1,{}],"b":"ü"}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), "\ud800", b"x", object()])
def test_what_cannot_be_written_is_refused(value: Any) -> None:
    """NaN is not equal to itself: a unit that held it would be out of sync for ever."""
    with pytest.raises(DocumentError):
        canonical({"a": [value]})


def test_the_digest_covers_document_and_files() -> None:
    """Name, size and bytes of each; not the way it was cut into chunks, and not the order of the manifest."""
    other = FILE._replace(digest=bytes(32))
    contents: list[tuple[Document, dict[str, FileEntry]]] = [
        ({}, {}),
        ({"a": 1}, {}),
        ({}, {"a": FILE}),
        ({}, {"b": FILE}),
        ({}, {"a": other}),
        ({}, {"a": FILE._replace(size_bytes=4)}),
        ({}, {"a": FILE, "b": other}),
        ({}, {"a": other, "b": FILE}),
    ]
    assert len({content_digest(document, files) for document, files in contents}) == len(contents)
    assert content_digest({}, {"a": FILE, "b": other}) == content_digest(
        b"{}", {"b": other, "a": FILE._replace(chunk_digests=())}
    )
    assert len(content_digest({}, {})) == 32
