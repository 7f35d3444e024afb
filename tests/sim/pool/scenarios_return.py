"""A repaired master comes back: it waits, and somebody with a name brings its group home (C-09, C-10, S-32, S-33)."""

from __future__ import annotations

from typing import cast

from agent.engine.effects import ParkDevice
from agent.engine.events import Verb
from agent.engine.reasons import AlarmName, Reason, State
from tests.sim.pool.registry import scenario
from tests.sim.pool.scenarios_takeover import pool_of
from tests.sim.pool.site import OWN_GROUP, Site, digest_of

_DAY_S = 86_400


def _returned(hold_s: float | None = None, backups: tuple[int, ...] = (243, 240), *, is_clean: bool = True) -> Site:
    """Master 1 has died and is back; b0 airs its group."""
    site = Site(is_clean=is_clean)
    for group in (1, 2):
        site.master(group, rank=group, hold_s=hold_s)
    for priority in backups:
        site.backup(priority)
    site.ready()
    site.kill("m1")
    site.run(4)
    assert site.on_air(1) == "b0"
    site["m1"].start()
    site.run(1.5)
    site.world.watch.transitions.clear()
    return site


@scenario
def returned_master_stays_backup_and_both_say_so() -> None:
    """S-32, C-09: muted, state returned, an alarm on both sides."""
    site = _returned()
    assert site.on_air(1) == "b0"
    assert site["m1"].state(1) is State.BACKUP
    assert site.snapshot("m1", 1)["returned"] is True
    assert "b0" in site.alarms("m1", 1)[AlarmName.RETURNED]
    assert "m1" in site.alarms("b0", 1)[AlarmName.RETURNED]
    assert AlarmName.RETURNED not in site.alarms("b1", 1)


@scenario
def returned_master_waits_for_24_hours() -> None:
    """S-32, Z-37."""
    site = Site(beacons=False, interval_ms=40_000)
    site.master(1)
    site.backup(240)
    site.ready()
    site.kill("m1")
    site.run(50)
    assert site.on_air(1) == "b0"
    site["m1"].start()
    site.run(_DAY_S)
    assert site.on_air(1) == "b0"
    assert site.snapshot("m1", 1)["returned"] is True
    assert AlarmName.RETURNED in site.alarms("m1", 1)


@scenario
def set_master_on_it_brings_the_group_home() -> None:
    """S-25, S-33, C-09, D-39: the acting unit mutes, hands over, parks, returns to the pool and can take another."""
    site = _returned()
    kept = site.keep()
    site.order("m1", Verb.SET_MASTER, 1)
    site.run(0.3)
    assert site.on_air(1) == "m1"
    assert [effect for _, who, effect in kept if who == "b0" and isinstance(effect, ParkDevice)] == [ParkDevice("rx1", OWN_GROUP)]
    assert site["b0"].devices["rx1"].parked_group == OWN_GROUP
    assert site.reasons("b0", 1) == [Reason.COMMAND, Reason.COMMAND]
    assert "set-master by sim" in next(change.text for who, change in site.world.watch.transitions if who.name == "m1")
    site.run(2)
    assert AlarmName.RETURNED not in site.alarms("m1", 1)
    assert AlarmName.RETURNED not in site.alarms("b0", 1)
    site.kill("m2")
    site.run(4)
    assert site.on_air(2) == "b0"
    assert site["b0"].devices["rx1"].digest == digest_of(2)


@scenario
def after_hold_brings_it_home_with_the_policys_name() -> None:
    """C-10, S-33."""
    site = _returned(hold_s=10)
    site.run(7)
    assert site.on_air(1) == "b0"
    site.run(4)
    assert site.on_air(1) == "m1"
    texts = [change.text for _, change in site.world.watch.transitions if change.group == 1]
    assert any("return policy" in text for text in texts)
    assert site["b0"].member.state is State.BACKUP


@scenario
def after_hold_counts_without_a_break() -> None:
    """C-10: a home that fails again begins anew."""
    site = _returned(hold_s=10)
    site.run(7)
    site["m1"].devices["rx"].die()
    site.run(0.5)
    site["m1"].devices["rx"].connect()
    site.run(8)
    assert site.on_air(1) == "b0"
    site.run(4)
    assert site.on_air(1) == "m1"


@scenario
def after_hold_survives_lost_packets() -> None:
    """C-10: requests and handovers are said again."""
    site = _returned(hold_s=5, is_clean=False)
    home, acting = site["m1"].index, site["b0"].index
    site.run(2.8)
    site.world.watch.excuse(site.world.now_ns + 60_000_000_000)
    site.world.lan.to_drop[home, acting] = 5
    site.world.lan.to_drop[acting, home] = 2
    site.run(6)
    assert site.on_air(1) == "m1"
    site.settled()


@scenario
def after_hold_waits_for_a_person_when_the_home_is_not_steady() -> None:
    """C-10, C-14: readiness below 128 (a decision is pending) is for a person."""
    site = _returned(hold_s=5)
    site["m1"].hold(1, digest_of(1), readiness=100)
    site.run(60)
    assert site.on_air(1) == "b0"
    site.order("m1", Verb.SET_MASTER, 1)
    site.run(1)
    assert site.on_air(1) == "m1"


@scenario
def after_hold_does_not_undo_what_a_person_ordered() -> None:
    """C-10, S-33: set-backup on the home, or set-master on a pool member, stays until a person says so."""
    for unit, verb in (("m1", Verb.SET_BACKUP), ("b1", Verb.SET_MASTER)):
        site = Site()
        site.master(1, hold_s=5)
        site.backup(240)
        site.backup(243)
        site.ready()
        site.order(unit, verb, 1)
        site.run(60)
        assert site.on_air(1) == "b1"
        assert AlarmName.RETURNED in site.alarms("b1", 1)
        site.order("m1", Verb.SET_MASTER, 1)
        site.run(2)
        assert site.on_air(1) == "m1"
        assert AlarmName.RETURNED not in site.alarms("b1", 1)


@scenario
def planned_takeover_of_a_living_master_and_back() -> None:
    """S-25: without a timer, both ways."""
    site = pool_of(243, 240)
    site.order("b1", Verb.SET_MASTER, 2)
    site.run(0.3)
    assert site.airing() == {1: "m1", 2: "b1", 3: "m3"}
    assert site.snapshot("m2", 2)["returned"] is True
    site.run(0.5)
    assert AlarmName.RETURNED in site.alarms("b1", 2)
    site.order("b1", Verb.SET_BACKUP, 2)
    site.run(0.3)
    assert site.on_air(2) == "m2"


@scenario
def set_backup_on_a_home_hands_over_to_the_best_of_the_pool() -> None:
    """S-25, C-07."""
    site = pool_of(240, 243)
    site.order("m3", Verb.SET_BACKUP, 3)
    site.run(0.3)
    assert site.on_air(3) == "b1"


@scenario
def acting_unit_dies_while_the_home_waits() -> None:
    """S-08: the home is the best of those who can; no other backup gets in between."""
    site = _returned()
    site.kill("b0")
    site.run(3)
    assert site.on_air(1) == "m1"
    assert AlarmName.RETURNED not in site.alarms("m1", 1)


@scenario
def acting_unit_that_restarts_finds_the_home_on_the_air() -> None:
    """C-22: it comes back into the pool, muted, and is free."""
    site = _returned()
    site.inflict("kill", "b0", 0.5)
    site.run(5)
    assert site.on_air(1) == "m1"
    assert site.snapshot("b0", 2)["busy"] is None
    protection = cast(dict[str, object], site.snapshot("m2", 2)["protection"])
    assert protection["able"] == ["b0", "b1"]
    assert site["b0"].devices["rx1"].is_open() is False


@scenario
def alarm_of_the_acting_unit_ends_when_the_home_is_gone_again() -> None:
    """Z-39: nobody is told to order what cannot be done."""
    site = _returned()
    site.kill("m1")
    site.run(70)
    assert site.on_air(1) == "b0"
    assert AlarmName.RETURNED not in site.alarms("b0", 1)


@scenario
def switchback_leaves_the_next_failure_to_the_pool() -> None:
    """D-39, D-41: home, out, home, out."""
    site = pool_of(243)
    for group, home in ((1, "m1"), (2, "m2"), (1, "m1"), (3, "m3")):
        site.kill(home)
        site.run(4)
        assert site.on_air(group) == "b0"
        assert site["b0"].devices["rx1"].digest == digest_of(group)
        site[home].start()
        site.run(3)
        site.order(home, Verb.SET_MASTER, group)
        site.run(1)
        assert site.on_air(group) == home
    site.settled()
