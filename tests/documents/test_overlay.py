"""One own part over another: what an N:M backup says once, and what it says for one group alone (C-19, S-31)."""

from hypothesis import given, settings

from agent.documents.classes import join, split
from agent.documents.overlay import beyond, overlaid
from agent.documents.receiver import RECEIVER
from agent.documents.registry import SCHEMAS
from agent.documents.schema import Document
from tests.documents.strategies import receivers


def own_of(document: Document) -> Document:
    return split(RECEIVER, document)[1]


@settings(max_examples=40)
@given(receivers(1), receivers(2))
def test_what_is_said_for_the_group_goes_before_what_is_said_for_all(home: Document, special: Document) -> None:
    """C-19: item by item, rows by their key; and nothing else is made up."""
    under, over = own_of(home), own_of(special)
    both = overlaid(RECEIVER, under, over)
    ports = {name: {row["name"]: row for row in part.get("port", [])} for name, part in (("u", under), ("o", over), ("b", both))}
    assert ports["b"] == {name: {**ports["u"].get(name, {}), **ports["o"].get(name, {})} for name in ports["u"] | ports["o"]}
    assert both.get("unit", {}) == {**under.get("unit", {}), **over.get("unit", {})}


@settings(max_examples=40)
@given(receivers(1), receivers(2))
def test_what_is_said_already_is_not_kept_twice(home: Document, special: Document) -> None:
    """C-19: so a later change of what holds for all groups is in force in this one too."""
    under, over = own_of(home), own_of(special)
    both = overlaid(RECEIVER, under, over)
    assert beyond(RECEIVER, under, under) == {}
    assert beyond(RECEIVER, {}, over) == over
    assert overlaid(RECEIVER, under, beyond(RECEIVER, under, both)) == both
    assert join(RECEIVER, {}, overlaid(RECEIVER, under, {})) == join(RECEIVER, {}, under)


def test_a_free_form_document_is_laid_over_by_name() -> None:
    """Nothing of it is a unit's own; the two functions are each other's answer all the same."""
    free = SCHEMAS["none"]
    assert overlaid(free, {"a": 1, "b": 1}, {"b": 2}) == {"a": 1, "b": 2}
    assert beyond(free, {"a": 1, "b": 1}, {"a": 1, "b": 2}) == {"b": 2}
