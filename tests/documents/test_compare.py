"""Nothing that both sides have changed is decided without a choice; and what is chosen fits together."""

from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from agent.documents.canonical import FileEntry, canonical
from agent.documents.classes import split
from agent.documents.compare import (
    StrayChoiceError,
    UnchosenError,
    UnfitError,
    items,
    merged,
    merged_files,
    three_way,
)
from agent.documents.normal import normalised
from agent.documents.paths import ancestors, is_within, names_of, path_of
from agent.documents.rebuild import rebuild
from agent.documents.receiver import RECEIVER
from agent.documents.registry import SCHEMAS
from agent.documents.schema import Document
from tests.documents.strategies import receivers
from tests.documents.test_text import tables

C1 = {"id": "c1", "input": "udp://239.1.1.1:5000", "frequency_khz": 11_000_000}
C2 = {"id": "c2", "input": "udp://239.1.1.2:5000"}
R1 = {"id": "r1", "carrier": "c1", "output": "udp://239.2.1.1:5000"}
BASE: Document = {"identity": {"network_id": 1}, "carrier": [C1, C2]}
shared_parts = receivers().map(lambda document: split(RECEIVER, document)[0])


def sides(base: Document | None, ours: Document, theirs: Document) -> dict[str, str]:
    """Path → who changed it."""
    found = three_way(None if base is None else items(RECEIVER, base), items(RECEIVER, ours), items(RECEIVER, theirs))
    return {difference.path: difference.side for difference in found}


@given(st.lists(st.text(), min_size=1))
def test_paths_tell_names_apart(names: list[str]) -> None:
    """Whatever stands in a name, a dot, a quote or nothing."""
    path = path_of(names)
    assert names_of(path) == tuple(names)
    assert all(is_within(path, parent) for parent in ancestors(path))
    assert not is_within(path_of([*names[:-1], names[-1] + "x"]), path)


@pytest.mark.parametrize("path", ["a.", ".a", "a..b", '"a', '"a"b', 'a"b', '"\\x"'])
def test_what_is_no_path_is_refused(path: str) -> None:
    """ValueError, for the one who typed it."""
    with pytest.raises(ValueError, match=r".+"):
        names_of(path)


@given(shared_parts)
def test_items_are_the_whole_document(document: Document) -> None:
    """Z-41: nothing is left out of the comparison, not even a row that is nothing but its name."""
    assert rebuild(RECEIVER, items(RECEIVER, document))[1] == []
    assert normalised(RECEIVER, rebuild(RECEIVER, items(RECEIVER, document))[0]) == document


@given(tables)
def test_items_of_free_documents_too(document: Document) -> None:
    """Empty tables, odd names, every type."""
    schema = SCHEMAS["none"]
    assert canonical(rebuild(schema, items(schema, document))[0]) == canonical(document)


def test_each_side_is_named_by_what_it_changed() -> None:
    """Z-41, C-09: three-way, against the common base."""
    ours = {"identity": {"network_id": 1}, "carrier": [C1 | {"frequency_khz": 12_000_000}, C2]}
    theirs = {"identity": {"network_id": 2}, "carrier": [C1 | {"frequency_khz": 13_000_000}, C2]}
    assert sides(BASE, ours, theirs) == {"carrier.c1.frequency_khz": "both", "identity.network_id": "theirs"}
    assert sides(None, ours, theirs) == {"carrier.c1.frequency_khz": "both", "identity.network_id": "both"}
    assert sides(BASE, ours, ours) == {}


def test_a_row_taken_away_here_and_changed_there_is_one_question() -> None:
    """Z-41: half a row is none."""
    ours, theirs = BASE | {"carrier": [C2]}, BASE | {"carrier": [C1 | {"frequency_khz": 13_000_000}, C2]}
    assert set(sides(BASE, ours, theirs).values()) == {"both"}
    assert merged(RECEIVER, BASE, ours, theirs, {"carrier.c1": "ours"}) == ours
    assert merged(RECEIVER, BASE, ours, theirs, {"carrier.c1": "theirs"}) == theirs
    assert sides(BASE, ours, BASE) == {"carrier.c1": "ours", "carrier.c1.frequency_khz": "ours", "carrier.c1.input": "ours"}


def test_a_row_that_both_have_made_is_one_question() -> None:
    """Z-41: two people added c3, each for another purpose."""
    c3 = {"id": "c3", "input": "udp://239.1.1.3:5000"}
    ours, theirs = BASE | {"carrier": [C1, C2, c3 | {"enabled": False}]}, BASE | {"carrier": [C1, C2, c3 | {"fec": "3/4"}]}
    assert sides(BASE, ours, theirs) == {"carrier.c3.enabled": "both", "carrier.c3.fec": "both"}


@given(shared_parts, shared_parts, shared_parts)
def test_taking_a_whole_side_gives_that_side(base: Document, ours: Document, theirs: Document) -> None:
    """Z-26, Z-27: one choice for everything, with or without a base."""
    for common in (base, None):
        assert merged(RECEIVER, common, ours, theirs, {"": "ours"}) == ours
        assert merged(RECEIVER, common, ours, theirs, {"": "theirs"}) == theirs


@given(shared_parts, shared_parts)
def test_what_one_side_alone_changed_needs_no_choice(base: Document, changed: Document) -> None:
    """Z-41: the side that changed is taken."""
    assert merged(RECEIVER, base, changed, base, {}) == changed
    assert merged(RECEIVER, base, base, changed, {}) == changed


@given(shared_parts, shared_parts, shared_parts)
def test_nothing_is_overwritten_in_silence(base: Document, ours: Document, theirs: Document) -> None:
    """Z-41: without choices either nothing was changed by both, or every such path is listed and there is no document."""
    both = {path for path, side in sides(base, ours, theirs).items() if side == "both"}
    asked: set[str] = set()
    try:
        merged(RECEIVER, base, ours, theirs, {})
    except UnchosenError as error:
        asked = set(error.paths)
    except UnfitError:
        event("the parts do not fit")
    assert asked == both


def test_the_longest_choice_counts() -> None:
    """Everything of the master, but one carrier of the backup."""
    ours = {"identity": {"network_id": 3}, "carrier": [C1 | {"frequency_khz": 12_000_000}, C2]}
    theirs = {"identity": {"network_id": 2}, "carrier": [C1 | {"frequency_khz": 13_000_000}, C2]}
    expected = theirs | {"carrier": ours["carrier"]}
    assert merged(RECEIVER, BASE, ours, theirs, {"": "theirs", "carrier.c1": "ours"}) == expected


def test_parts_that_do_not_fit_are_told() -> None:
    """Z-41: each side alone was good; together a route would name a carrier that is gone."""
    ours, theirs = BASE | {"carrier": [C2]}, BASE | {"route": [R1]}
    with pytest.raises(UnfitError) as caught:
        merged(RECEIVER, BASE, ours, theirs, {})
    assert [finding.path for finding in caught.value.findings] == ["route.r1.carrier"]
    assert merged(RECEIVER, BASE, ours, theirs, {"carrier": "theirs"}) == theirs


def test_a_choice_that_covers_nothing_is_told() -> None:
    """A slip of the pen would otherwise count for nothing, in silence."""
    with pytest.raises(StrayChoiceError, match=r"identity\.network_ib"):
        merged(RECEIVER, BASE, BASE | {"identity": {"network_id": 9}}, BASE, {"identity.network_ib": "ours"})


def test_a_value_here_and_a_table_there() -> None:
    """Free-form: ncc.a is a number for us and a table for them."""
    ours, theirs = {"ncc": {"a": 1}}, {"ncc": {"a": {"b": 2}}}
    assert set(sides({}, ours, theirs).values()) == {"both"}
    with pytest.raises(UnfitError, match="Take both from one side"):
        merged(RECEIVER, {}, ours, theirs, {"ncc.a": "ours", "ncc.a.b": "theirs"})
    assert merged(RECEIVER, {}, ours, theirs, {"ncc.a": "theirs"}) == theirs


def test_files_are_chosen_like_values() -> None:
    """Z-41: a show file is whole, its name is no path."""
    one, two, three = (FileEntry(1, bytes([number]) * 32, ()) for number in (1, 2, 3))
    base, ours, theirs = {"show": one, "old": one}, {"show": two, "show.bin": two, "old": one}, {"show": three, "old": three}
    assert items(RECEIVER, {}, base) == {"file:show": "01" * 32, "file:old": "01" * 32}
    with pytest.raises(UnchosenError) as caught:
        merged_files(base, ours, theirs, {})
    assert caught.value.paths == ("file:show",)
    assert merged_files(base, ours, theirs, {"file:show": "theirs"}) == {"show": three, "show.bin": two, "old": three}
    assert merged(RECEIVER, BASE, BASE, BASE, {"file:show": "theirs"}) == BASE
