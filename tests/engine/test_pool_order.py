"""Several groups fall silent: in which order one backup claims them (C-16)."""

from __future__ import annotations

import pytest

from agent.engine.effects import Transition
from agent.engine.reasons import State
from agent.wire.message import Kind
from tests.engine.desk import MS
from tests.engine.pool_desk import T_S, PoolDesk

RIVAL = 60


def _silent(apart_s: float = 0.6, *, ranks: tuple[int, int] = (9, 1), devices: tuple[str, ...] = ("rx1",)) -> PoolDesk:
    """Group 1 was heard `apart_s` before group 2; neither will be again. It is just after T of group 1."""
    desk = PoolDesk(devices=devices).able()
    for group, rank in zip((1, 2), ranks, strict=True):
        desk.holding(group, rank=rank)
    desk.home(1)
    desk.pass_time(apart_s)
    desk.home(2)
    desk.pass_time(T_S - apart_s + 0.001)
    return desk


def test_better_ranked_group_that_is_about_to_fall_due_is_waited_for() -> None:
    """Then it is claimed, and the other one is left: there is one device."""
    desk = _silent()
    assert desk.pool.deferred.keys() == {1}
    desk.pass_time(0.6)
    assert desk.loads() == [("rx1", 2)]
    desk.pass_time(10)
    assert desk.loads() == [("rx1", 2)]


@pytest.mark.parametrize(("apart_s", "ranks"), [(0.6, (1, 9)), (0.6, (5, 5)), (1.2, (9, 1))])
def test_nothing_is_waited_for_that_ranks_no_better_or_comes_later_than_an_interval(
    apart_s: float, ranks: tuple[int, int]
) -> None:
    """Of equal rank the lower group goes first; nobody waits longer than an interval."""
    assert _silent(apart_s, ranks=ranks).loads() == [("rx1", 1)]


def test_with_a_device_for_each_nobody_waits() -> None:
    """D-33."""
    assert _silent(devices=("rx1", "rx2")).loads() == [("rx1", 1)]


def test_living_masters_are_not_waited_for() -> None:
    """An advert that is not overdue by an eighth of an interval is no silence."""
    desk = PoolDesk().able().holding(1, rank=9).holding(2, rank=1)
    desk.home(1)
    for _ in range(3):
        desk.pass_time(0.8)
        desk.home(2)
    desk.pass_time(T_S - 2.4)
    assert desk.loads() == [("rx1", 1)]


@pytest.mark.parametrize("kind", [Kind.CLAIM, Kind.ADVERT])
def test_claim_of_another_unit_wakes_what_waited(kind: Kind) -> None:
    """(256 - 240) * 100 / 12 ms later."""
    desk = _silent()
    desk.speak(2, RIVAL, kind, 242)
    desk.pass_time(0.133)
    assert desk.loads() == []
    desk.pass_time(0.001)
    assert desk.loads() == [("rx1", 1)]


def test_word_in_a_group_that_nobody_waits_for_wakes_nobody() -> None:
    """The hot path: adverts of the living."""
    desk = PoolDesk((1, 2, 3)).able().holding(1, rank=9).holding(2, rank=1).holding(3, rank=1)
    desk.home(1)
    desk.home(3)
    desk.pass_time(0.6)
    desk.home(2)
    for _ in range(2):
        desk.pass_time(0.9)
        desk.home(3)
    desk.pass_time(T_S - 2.4 + 0.001)
    until_ns = desk.pool.deferred[1].until_ns
    desk.home(3)
    assert desk.pool.deferred[1].until_ns == until_ns
    desk.pass_time(0.1)
    assert desk.loads() == []


def test_seat_that_waited_and_hears_its_master_is_awake_to_it_alone() -> None:
    """Its deadline is the new one; the claim of what it had waited for does not shorten it."""
    desk = _silent()
    desk.home(1)
    desk.speak(2, RIVAL, Kind.CLAIM, 242)
    desk.pass_time(1)
    assert desk.state_of(1) is State.BACKUP
    assert desk.loads() == []


def test_wait_never_goes_beyond_one_interval() -> None:
    """Masters that die one after another: what was due first is not put off for ever."""
    groups = (5, 4, 3, 2, 1)
    desk = PoolDesk(groups).able()
    for group in groups:
        desk.holding(group, rank=group)
    for group in groups:
        desk.home(group)
    for group in groups:
        desk.home(group)
        desk.pass_time(0.6)
        for living in range(1, group):
            desk.home(living)
    first_ns = desk.now_ns - 5 * 600 * MS
    desk.pass_time(5)
    assert desk.loads() == [("rx1", 5)]
    claimed_ns = next(change.at_ns for change in desk.all(Transition) if change.after is State.CLAIMING)
    assert claimed_ns - first_ns <= 3_600 * MS
