"""Labels of peers: unique whatever units call themselves."""

import pytest

from agent.management.exposition.naming import peer_names
from agent.model.view import Index, Row, View

A, B, C = "000000000000000a", "000000000000000b", "000000000000000c"


def named(*names: tuple[str, str], own: str = "me") -> list[str]:
    """Of one group: the peers as they call themselves, with their identity, and this unit."""
    peers: dict[Index, Row] = {(7, number): {"name": name, "unit_id": unit} for number, (name, unit) in enumerate(names, 1)}
    tables = {"unit": {(): {"name": own}}, "member": {(7,): {}}, "peer": peers}
    return list(peer_names(View(1, 1, is_stale=False, tables=tables)).values())  # type: ignore[arg-type]


@pytest.mark.parametrize("own", ["me", "x", f"x {A}"])
def test_no_two_peers_have_one_label(own: str) -> None:
    """Issue 5: two equal series would cost the whole scrape; a unit that is called like another told apart is no way to it."""
    found = named(("x", A), ("x", B), (f"x {A}", C), own=own)
    assert len(set(found)) == 4
    assert own in found


def test_a_name_of_its_own_stays_as_it_is() -> None:
    """Issue 5: dashboards show what people call the units."""
    assert named(("rx-a", A), ("rx-b", B)) == ["rx-a", "rx-b", "me"]
