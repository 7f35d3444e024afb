"""When the capacity is short, the last ranks are lost, and are named (C-15)."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.documents.check import check
from agent.documents.receiver import RECEIVER
from agent.documents.schema import Document
from agent.documents.services import NO_RANK, Service, needed_capacity, rank, services, within
from tests.documents.strategies import receivers

DOCUMENT: Document = {
    "carrier": [{"id": "c", "input": "udp://239.1.1.1:5000"}],
    "route": [{"id": name, "carrier": "c", "output": f"udp://239.2.1.1:500{number}"} for number, name in enumerate("abcd")],
    "service": [
        {"name": "last", "rank": 30, "routes": ["b", "c"]},
        {"name": "best", "rank": 10, "routes": ["a", "b"]},
        {"name": "also last", "rank": 30},
    ],
}


def test_services_come_by_rank_then_name() -> None:
    """C-15: the same order on every unit."""
    assert services(DOCUMENT) == [Service(10, "best", ("a", "b")), Service(30, "also last", ()), Service(30, "last", ("b", "c"))]
    assert (rank(DOCUMENT), needed_capacity(DOCUMENT)) == (10, 3)
    assert (rank({}), needed_capacity({})) == (NO_RANK, 0)


def test_what_does_not_fit_is_left_out_and_named() -> None:
    """C-15: route c leaves with its service; b is also used by a better one; d belongs to no service and is always carried."""
    before = copy.deepcopy(DOCUMENT)
    document, lost = within(DOCUMENT, 1)
    assert [service.name for service in lost] == ["also last", "last"]
    assert [row["id"] for row in document["route"]] == ["a", "b", "d"]
    assert [row["name"] for row in document["service"]] == ["best"]
    assert before == DOCUMENT


def test_a_capacity_that_is_not_stated_loses_nothing() -> None:
    """C-15: 0 in the settings means that nobody has said."""
    assert within(DOCUMENT, 0) == (DOCUMENT, [])
    assert within(DOCUMENT, 3) == (DOCUMENT, [])


@given(receivers(), st.integers(1, 4))
def test_a_part_of_a_good_document_is_good(document: Document, capacity: int) -> None:
    """C-15: it can be applied as it is; kept and lost together are all, and none that is kept has a worse rank."""
    part, lost = within(document, capacity)
    assert check(RECEIVER, part) == []
    assert services(part) + lost == services(document)
    assert needed_capacity(part) == min(capacity, needed_capacity(document))


@given(
    st.one_of(st.none(), st.lists(st.one_of(st.none(), st.dictionaries(st.sampled_from(["rank", "name", "routes"]), st.none()))))
)
def test_rows_that_are_none_are_left_out(rows: Any) -> None:
    """What check would refuse is no service, and no failure."""
    assert services({"service": rows}) == []
