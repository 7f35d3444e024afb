"""Who wins is a total order, so that two masters never both yield, and never both stay."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from agent.engine.election import Standing, beats

_STANDINGS = st.builds(
    Standing, st.integers(1, 255), st.integers(1, 5), st.sampled_from([0, 30, 49, 50, 99, 1000]), st.booleans()
)


@given(_STANDINGS, _STANDINGS)
def test_exactly_one_of_two_masters_wins(one: Standing, other: Standing) -> None:
    """C-02: antisymmetric and total; unit ids differ."""
    assume(one.unit_id != other.unit_id)
    assert beats(one, other) != beats(other, one)


@given(st.lists(_STANDINGS, min_size=3, max_size=5, unique_by=lambda standing: standing.unit_id))
def test_without_the_incumbent_policy_all_agree_on_one_winner(standings: list[Standing]) -> None:
    """C-02: a total order."""
    standings = [standing._replace(is_incumbent_healing=False) for standing in standings]
    winners = [one for one in standings if all(beats(one, other) for other in standings if other is not one)]
    assert len(winners) == 1


@given(_STANDINGS, _STANDINGS)
def test_255_beats_every_other_priority_whatever_the_policy(one: Standing, other: Standing) -> None:
    """S-05, C-02."""
    assume(other.priority < 255)
    assert beats(one._replace(priority=255), other)


def test_the_longer_mastership_wins_when_both_have_the_policy() -> None:
    """C-02, option incumbent: from 50 ms on; under that, priority."""
    young, old = Standing(200, 1, 1000, True), Standing(100, 2, 1050, True)
    assert beats(old, young)
    assert beats(young, old._replace(master_for_ms=1049))
    assert beats(young, old._replace(is_incumbent_healing=False))
    assert beats(young._replace(priority=255), old)


def test_the_unit_id_breaks_a_tie() -> None:
    """C-02, C-16."""
    assert beats(Standing(100, 2), Standing(100, 1))
