"""What a backup has measured of its master's adverts, as faces show it."""

from typing import Any

import pytest

from agent.diagnostics.advise import advice
from agent.management.viewer import Sources, Viewer
from agent.model.kinds import Value
from tests.model.conformity import complaints
from tests.model.statuses import OTHER, backup, master, status


def timing(**more: Any) -> dict[str, Any]:
    """1000 adverts, 100 more lost: at P=253 and 1 s each run of losses is a takeover."""
    quiet = {"interval_ms": 1000, "adverts": 1000, "lost": 100, "runs": [80, 10], "longest_run": 2, "late": [], "latest_ms": 0.4}
    more_of_it = {
        "latest_way_ms": 0.1,
        "longest_ms": 1000.4,
        "least_margin_ms": 299.6,
        "master": OTHER,
        "distances": [0] * 7 + [1000],
    }
    return {**quiet, **more_of_it, "distances_sum_ms": 1e6, "margins": [0] * 6 + [1000], "margins_sum_ms": 3e5} | more


def row(member: dict[str, Any]) -> Any:
    """Of the member table, allowed by the model."""
    view = Viewer().view(Sources(status([member])))
    assert complaints(view) == []
    return view.tables["member"][7,]


@pytest.mark.parametrize(("least_ms", "shown_us"), [(299.6, 299_600), (-12.0, 0), (None, None)])
def test_least_margin_is_shown(least_ms: float | None, shown_us: Value) -> None:
    """F-1: 0 when an advert came after T; not known while no master is heard."""
    assert row(backup(timing=timing(least_margin_ms=least_ms)))["margin_least_us"] == shown_us


def test_chance_of_a_false_takeover_is_what_advise_says() -> None:
    """F-2, S-15: the gauge and the sentence come from one calculation."""
    member = backup(timing=timing(lost=3, runs=[3], longest_run=1, adverts=990_000), takeover_timeout_us=1_300_000)
    shown, found = row(member)["false_takeover_ppm"], advice(member).chance
    assert found is not None
    assert shown == pytest.approx(found.within_a_day * 1e6, rel=0.05)
    assert 100_000 < shown < 400_000
    assert row(backup(timing=timing(), takeover_timeout_us=1_300_000))["false_takeover_ppm"] == 1_000_000


def test_little_measured_and_other_roles_say_nothing() -> None:
    """Issue 5: not known is not the same as unlikely."""
    assert row(backup(timing=timing(adverts=90, lost=3, runs=[3])))["false_takeover_ppm"] is None
    assert row(backup(timing=None))["false_takeover_ppm"] is None
    assert row(backup())["margin_least_us"] is None
    assert row(master(timing=timing()))["false_takeover_ppm"] is None


def test_odd_measures_are_not_known_and_no_error() -> None:
    """C-14: another version of core."""
    for odd in ("fast", [1], {"adverts": True}, timing(adverts="many"), timing(runs="none", late=7), timing(latest_ms=None)):
        assert row(backup(timing=odd))["role"] == 3


def test_loss_is_shown_of_the_master_alone() -> None:
    """F-2: a beacon that is lost harms nobody, and how many there were is not known."""
    view = Viewer().view(Sources(status([backup(timing=timing())])))
    assert [one["loss_ppm"] for one in view.tables["peer"].values()] == [90_909]
    view = Viewer().view(Sources(status([master(timing=timing(master="00"))])))
    assert [one["loss_ppm"] for one in view.tables["peer"].values()] == [None]
