"""Labels of peers: unique whatever units call themselves."""

import pytest

from agent.management.exposition.naming import PeerLabels
from agent.model.view import Index, Row, View

A, B, C = "000000000000000a", "000000000000000b", "000000000000000c"


def view(*peers: tuple[int, str, str], own: str = "me") -> View:
    """Of one group: number, name and identity of each, and this unit."""
    rows: dict[Index, Row] = {(7, number): {"name": name, "unit_id": unit} for number, name, unit in peers}
    return View(1, 1, is_stale=False, tables={"unit": {(): {"name": own}}, "member": {(7,): {}}, "peer": rows})


def named(*names: tuple[str, str], own: str = "me") -> list[str]:
    """The labels of peers that call themselves so, and of this unit."""
    return list(PeerLabels().of(view(*((number, *one) for number, one in enumerate(names, 1)), own=own)).values())


@pytest.mark.parametrize("own", ["me", "x", f"x {A}", f"x {B}"])
def test_no_two_peers_have_one_label(own: str) -> None:
    """Issue 5: two equal series would cost the whole scrape; a unit that is called like another told apart is no way to it."""
    found = named(("x", A), ("x", B), (f"x {A}", C), (f"x {B}", C.replace("c", "d")), own=own)
    assert len(set(found)) == 5
    assert own in found


def test_a_name_of_its_own_stays_as_it_is() -> None:
    """Issue 5: dashboards show what people call the units."""
    assert named(("rx-a", A), ("rx-b", B)) == ["rx-a", "rx-b", "me"]


def test_who_takes_the_name_of_another_does_not_rename_its_series() -> None:
    """Issue 5: heard later, or heard before under another name: whoever had it first keeps it, the other has its identity."""
    assert named(("x", B), ("x", A)) == ["x", f"x {A}", "me"]
    labels = PeerLabels()
    assert list(labels.of(view((1, "y", A), (2, "x", B))).values()) == ["y", "x", "me"]
    for _ in range(2):
        assert list(labels.of(view((1, "x", A), (2, "x", B))).values()) == [f"x {A}", "x", "me"]
    assert list(labels.of(view((1, "x", A))).values()) == ["x", "me"], "who is gone holds nothing"


def test_this_unit_keeps_its_name_whoever_takes_it() -> None:
    """Issue 5: there is no other whose name it is."""
    assert named(("me", A)) == [f"me {A}", "me"]
