"""Several masters at once: in order of rank, then group (C-16)."""

from __future__ import annotations

from agent.engine.events import Verb
from tests.sim.pool.registry import scenario
from tests.sim.pool.scenarios_takeover import pool_of
from tests.sim.pool.site import Site
from tests.sim.world import MS, SECOND


def _phased(*priorities: int, first: int, second: int, ranks: tuple[int, int] = (5, 1), devices: int = 1) -> Site:
    """Group `first` advertises 0.6 s before `second`; both masters die just after the second has spoken."""
    site = Site()
    for group, rank in zip((first, second), ranks, strict=True):
        site.master(group, rank=rank)
    for priority in priorities:
        site.backup(priority, devices=devices)
    site.hold_everything()
    site.start(f"m{first}").run(0.6)
    site.start(f"m{second}").run(2.4)
    site.start(*(unit.name for unit in site.backups)).run(2.0)
    site.world.pool_watch.claimed.clear()
    unit = site[f"m{second}"]
    last_ns = unit.sent_at_ns[second]
    while unit.sent_at_ns[second] == last_ns:
        site.run(0.01)
    site.kill(f"m{first}", f"m{second}")
    return site


@scenario
def better_rank_is_taken_first_though_it_falls_due_later() -> None:
    """C-16: one backup for two; the group that is due first waits, at most an interval, for the one that matters more."""
    site = _phased(236, first=1, second=2).run(6)
    assert site.claims() == [("b0", 2)]
    assert site.airing() == {1: "", 2: "b0"}


@scenario
def with_equal_ranks_the_lower_group_is_taken_first() -> None:
    """C-16."""
    site = _phased(236, first=9, second=3, ranks=(7, 7)).run(6)
    assert site.claims() == [("b0", 3)]


@scenario
def worse_rank_does_not_hold_up_what_is_due() -> None:
    """C-16: no waiting for what matters less."""
    site = _phased(236, first=1, second=2, ranks=(1, 5)).run(6)
    assert site.claims() == [("b0", 1)]
    last_s = site["m1"].clock.true_ns(site["m1"].sent_at_ns[1]) / SECOND
    assert abs(site.world.pool_watch.claimed[0][0] / SECOND - last_s - 3.0) < 0.001


@scenario
def second_backup_takes_what_the_first_has_left() -> None:
    """C-16, D-33: it waited as well, and looks again when the better-ranked group is claimed."""
    site = _phased(240, 237, first=1, second=2).run(6)
    assert site.airing() == {1: "b1", 2: "b0"}
    (first_ns, _, _), (second_ns, _, _) = site.world.pool_watch.claimed
    assert second_ns - first_ns == 1900 * MS // 12
    site.settled()


@scenario
def many_that_waited_claim_one_after_another() -> None:
    """C-16: three backups wait for one claim; they do not all claim at once when it is heard."""
    site = _phased(236, 234, 232, first=1, second=2).run(7)
    assert site.airing() == {1: "b1", 2: "b0"}
    assert site.claims() == [("b0", 2), ("b1", 1)]


@scenario
def master_that_is_heard_again_is_waited_for_no_longer() -> None:
    """C-16: it only missed an advert; the other one is taken at once."""
    site = _phased(236, first=1, second=2)
    last_s = site["m1"].clock.true_ns(site["m1"].sent_at_ns[1]) / SECOND
    site.run(last_s + 3.05 - site.world.now_ns / SECOND)
    assert site.claims() == []
    site["m2"].start()
    site.run(0.6)
    site.order("m2", Verb.SET_MASTER, 2, forced=True)
    site.run(0.2)
    assert site.claims()[-1] == ("b0", 1) or site.on_air(2) == "m2"
    site.run(3)
    assert site.airing() == {1: "b0", 2: "m2"}


@scenario
def two_masters_give_up_at_once() -> None:
    """D-33, C-07: both name the best backup; it takes one, the other group finds the next."""
    site = pool_of(243, 240)
    site.order("m1", Verb.STOP, 1)
    site.order("m2", Verb.STOP, 2)
    site.run(5)
    assert {site.on_air(1), site.on_air(2)} == {"b0", "b1"}
    site.settled()


@scenario
def two_devices_take_two_groups() -> None:
    """D-32, D-33, D-34: independent; the third group is left to the next backup."""
    site = pool_of(243, 240, devices=2, masters=4)
    site.kill("m1", "m2", "m3")
    site.run(6)
    assert sorted(site.airing().items()) == [(1, "b0"), (2, "b0"), (3, "b1"), (4, "m4")]
    assert {device.group for device in site["b0"].open_devices()} == {1, 2}
    site.settled()


@scenario
def exclusive_reserve_takes_one_group_whatever_devices_it_has() -> None:
    """D-36: the second failure is not taken."""
    site = pool_of(243, devices=2, exclusive=True)
    site.kill("m1")
    site.run(4)
    site.kill("m2")
    site.run(10)
    assert site.airing() == {1: "b0", 2: "", 3: "m3"}
    assert site.claims() == [("b0", 1)]


@scenario
def everything_dies_and_four_devices_serve_the_four_best() -> None:
    """C-16: with more failures than devices the ranks decide, as far as the deadlines lie within an interval."""
    site = Site()
    for group in range(1, 9):
        site.master(group, rank=9 - group)
    for number in range(4):
        site.backup(236 - number)
    site.ready()
    site.kill(*(f"m{group}" for group in range(1, 9)))
    site.run(8)
    assert {group for group, name in site.airing().items() if name} == {5, 6, 7, 8}


@scenario
def enough_devices_wait_for_nothing() -> None:
    """C-16: two devices for two groups; each is claimed at its own T."""
    site = _phased(236, first=1, second=2, devices=2).run(6)
    for at_ns, _, change in site.world.pool_watch.claimed:
        home = site[f"m{change.group}"]
        assert at_ns - home.clock.true_ns(home.sent_at_ns[change.group]) == 3 * SECOND
    assert site.claims() == [("b0", 1), ("b0", 2)]
