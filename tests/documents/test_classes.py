"""Own values stay on their unit, whatever is handed over and whatever a document holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.documents.canonical import canonical
from agent.documents.check import check
from agent.documents.classes import class_of, join, split
from agent.documents.normal import normalised
from agent.documents.receiver import RECEIVER
from agent.documents.registry import SCHEMAS
from agent.documents.schema import Document, FieldClass
from tests.documents.strategies import KEYS, OWN_MARKS, receivers

UNITS = 4
EXAMPLES = 250
STEPS = 20
assert EXAMPLES * STEPS == 5000


def leaks(shared: Document) -> list[bytes]:
    """Marks of own values in what is handed over."""
    return [mark for mark in OWN_MARKS if mark in canonical(shared)]


def own_values(document: Document) -> dict[str, Any]:
    """The own values by path, taken from the document without the code under test."""
    unit = {f"unit.{name}": value for name, value in document.get("unit", {}).items()}
    return unit | {
        f"port.{row['name']}.{name}": value
        for row in document.get("port", [])
        for name, value in row.items()
        if name in {"interface", "address", "gateway", "mac"}
    }


edits = st.tuples(st.sampled_from(["none", "rename", "remove"]), st.sampled_from(KEYS))


def edited(document: Document, edit: tuple[str, str]) -> Document:
    """The first port renamed or removed; references are left as they are."""
    verb, name = edit
    ports = document.get("port", [])
    if not ports or verb == "none" or name in {row["name"] for row in ports}:
        return document
    return document | {"port": [ports[0] | {"name": name}, *ports[1:]] if verb == "rename" else ports[1:]}


@settings(max_examples=EXAMPLES)
@given(
    st.tuples(*(receivers(unit) for unit in range(1, UNITS + 1))),
    st.lists(st.tuples(st.integers(0, UNITS - 1), st.integers(1, UNITS - 1), edits), min_size=STEPS, max_size=STEPS),
)
def test_no_handover_leaks_or_changes_an_own_value(
    documents: tuple[Document, ...], steps: list[tuple[int, int, tuple[str, str]]]
) -> None:
    """S-31, Z-08, C-19: 5,000 handovers between units, with rows renamed and removed on the way, in 250 histories."""
    parts = [split(RECEIVER, document) for document in documents]
    for master, distance, edit in steps:
        backup = (master + distance) % UNITS
        shared, own = split(RECEIVER, edited(join(RECEIVER, *parts[master]).document, edit), parts[master][1])
        parts[master] = (shared, own)
        kept = parts[backup][1]
        joined = join(RECEIVER, shared, kept)
        parts[backup] = split(RECEIVER, joined.document, kept)
        assert not leaks(shared)
        assert parts[backup] == (shared, kept)
        assert own_values(joined.document).items() <= own_values(kept).items()
        assert {f"OWN{backup + 1}"} >= {value[:4] for name, value in own_values(joined.document).items() if name.endswith("face")}


@given(receivers())
def test_split_and_join_give_the_same_document(document: Document) -> None:
    """C-19: nothing is lost, and the strategy's documents are good ones, so that it proves something."""
    assert check(RECEIVER, document) == []
    shared, own = split(RECEIVER, document)
    assert join(RECEIVER, shared, own) == (normalised(RECEIVER, document), ())
    assert check(RECEIVER, shared, is_shared=True) == []


junk: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.just("OWN"), st.none(), st.integers(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["name", "interface", "x", "unit", "port"]), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(unit=junk, stranger=junk, rows=st.lists(st.dictionaries(st.sampled_from(["interface", "address", "x"]), junk), max_size=3))
def test_what_is_no_good_document_does_not_leak_either(unit: Any, stranger: Any, rows: list[Document]) -> None:
    """S-31: wrong types, unknown keys, rows without or with the same key. What the schema does not know stays here."""
    for ports in (rows, [row | {"name": "lan1"} for row in rows], {"lan1": rows}):
        shared, own = split(RECEIVER, {"unit": unit, "port": ports, "interface": stranger, "identity": [stranger]})
        assert not leaks(shared)
        join(RECEIVER, shared, own)


def test_a_master_that_sends_own_values_changes_none() -> None:
    """S-31: neither of a row that we have, nor of one that we have not; and check refuses it."""
    hostile = {"unit": {"name": "evil"}, "port": [{"name": "lan1", "interface": "evil0"}, {"name": "lan2", "mac": "evil"}]}
    own = {"unit": {"name": "rx-b"}, "port": [{"name": "lan1", "interface": "eth0"}]}
    joined = join(RECEIVER, hostile, own)
    assert joined.document == own | {"port": [{"name": "lan1", "interface": "eth0"}, {"name": "lan2"}]}
    assert joined.missing == ("port.lan2.interface",)
    assert [finding.path for finding in check(RECEIVER, hostile, is_shared=True)] == [
        "unit.name",
        "port.lan1.interface",
        "port.lan2.mac",
    ]


def test_own_values_of_a_row_that_is_gone_wait_for_its_return() -> None:
    """Z-08: the master drops a port and takes it back; the backup still knows its interface."""
    own: Document = {"port": [{"name": "lan1", "interface": "eth0"}, {"name": "lan2", "interface": "eth1"}]}
    without: Document = {"port": [{"name": "lan1"}]}
    document = join(RECEIVER, without, own).document
    assert document == {"port": [{"name": "lan1", "interface": "eth0"}]}
    assert split(RECEIVER, document, own) == (without, own)
    assert join(RECEIVER, {"port": [{"name": "lan1"}, {"name": "lan2"}]}, own).document == own


def test_an_acting_address_is_there_only_while_acting() -> None:
    """C-19: it is handed over, and left out by a unit that does not act."""
    shared = {"port": [{"name": "lan1", "acting_address": "192.0.2.9/24"}]}
    own = {"port": [{"name": "lan1", "interface": "eth0"}]}
    assert join(RECEIVER, shared, own).document["port"][0]["acting_address"] == "192.0.2.9/24"
    assert "acting_address" not in join(RECEIVER, shared, own, is_acting=False).document["port"][0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("identity.network_id", FieldClass.ALWAYS),
        ('port."lan 1.0".address', FieldClass.OWN),
        ("port.lan1.acting_address", FieldClass.ACTING),
        ("unit.serial", FieldClass.NEVER),
        ("ncc.anything.at.all", FieldClass.ALWAYS),
        ("carrier.c1.lnb.tone", FieldClass.ALWAYS),
        ("carrier.c1", FieldClass.ALWAYS),
        ("stranger.c1.x", FieldClass.NEVER),
        ("port.lan1.mac.x", FieldClass.NEVER),
    ],
)
def test_every_path_has_a_class(path: str, expected: FieldClass) -> None:
    """C-19: addresses are own-per-unit, and what is not known is not handed over."""
    assert class_of(RECEIVER, path) is expected


def test_a_driver_without_a_schema_shares_everything() -> None:
    """The schema `none` knows nothing that is a unit's own."""
    document = {"anything": [1, {"a": 2.5}]}
    assert split(SCHEMAS["none"], document) == (document, {})
    assert join(SCHEMAS["none"], document, {"x": 1}) == (document, ())
