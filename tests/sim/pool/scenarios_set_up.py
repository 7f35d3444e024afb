"""Mistakes in the set-up, all masters of a type, power cuts, and partitions."""

from __future__ import annotations

from dataclasses import replace

from agent.engine.config import PoolRules
from agent.engine.events import Verb
from agent.engine.reasons import AlarmName, State
from tests.sim.pool.registry import scenario
from tests.sim.pool.reserves import reserve_host
from tests.sim.pool.scenarios_takeover import pool_of
from tests.sim.pool.site import OWN_GROUP, Site, digest_of


def _conflicts(site: Site) -> set[tuple[str, int]]:
    """(unit, group) where the alarm is up."""
    return {
        (unit.name, group)
        for unit in site.world.pool
        if unit.engine is not None
        for group, member in unit.members.items()
        if AlarmName.POOL_CONFLICT in member.alarms
    }


@scenario
def right_set_up_raises_no_alarm() -> None:
    """S-21, S-22: masters may share a priority, backups may share their group."""
    site = Site()
    for group in (1, 2, 3):
        site.master(group, 254)
    site.backup(243)
    site.backup(240)
    site.ready().run(5)
    assert not _conflicts(site)


@scenario
def backup_that_is_not_below_its_master_is_a_conflict() -> None:
    """S-23: an alarm on both, and gone a minute after the backup is."""
    site = Site()
    site.master(1, 240)
    site.master(2, 254)
    site.backup(240)
    site.ready().run(3)
    assert _conflicts(site) == {("m1", 1), ("b0", 1)}
    assert "S-23" in site.alarms("m1", 1)[AlarmName.POOL_CONFLICT]
    site.kill("b0")
    site.run(130)
    assert not _conflicts(site)


@scenario
def two_masters_of_one_group_are_a_conflict() -> None:
    """S-20: an alarm on both, and neither yields silently."""
    site = Site()
    site.master(1, 254)
    site.master(1, 253, name="twin")
    site.backup(240)
    site.hold_everything().start().run(8)
    assert _conflicts(site) == {("m1", 1), ("twin", 1)}
    assert site.on_air(1) == "m1"


@scenario
def preempt_and_255_are_conflicts() -> None:
    """S-24, C-16."""
    site = Site()
    site.master(1, 254, preempt=True)
    site.master(2, 255)
    site.backup(240)
    site.hold_everything().start().run(8)
    assert _conflicts(site) == {("b0", 1), ("b0", 2)}


@scenario
def equal_backups_are_a_conflict_until_one_is_changed() -> None:
    """C-16: told on both, in every group; cleared by the news."""
    site = Site()
    site.master(1, 254)
    site.backup(240)
    site.backup(240)
    site.ready().run(2)
    assert _conflicts(site) == {("b0", 1), ("b1", 1), ("b0", OWN_GROUP), ("b1", OWN_GROUP)}
    site.kill("b1")
    unit = site["b1"]
    unit.configs = [replace(config, priority=239) for config in unit.configs]
    unit.start()
    site.run(3)
    assert not _conflicts(site)


@scenario
def equal_backups_never_air_one_group_twice() -> None:
    """C-16, C-02: their claims cross; the unit id decides before anybody opens."""
    site = Site(delay_ns=1_000_000)
    site.master(1, 254)
    site.master(2, 254)
    site.backup(240)
    site.backup(240)
    site.ready()
    site.kill("m1")
    site.run(5)
    assert site.on_air(1) == "b1"
    site.kill("m2")
    site.run(5)
    assert site.on_air(2) == "b0"
    site.settled()


@scenario
def protects_all_takes_a_seat_in_every_group_that_it_hears() -> None:
    """S-19: with a snapshot it protects it; without one it never claims it (C-08)."""
    site = Site()
    for group in (1, 2, 3):
        site.master(group)
    site.backup(243, everywhere=True)
    site.start().run(4)
    assert set(site["b0"].members) == {1, 2, 3, OWN_GROUP}
    site["b0"].hold(2, digest_of(2))
    site.kill("m1", "m2")
    site.run(6)
    assert site.airing() == {1: "", 2: "b0", 3: "m3"}


@scenario
def protects_all_is_bounded_in_a_flood_of_groups() -> None:
    """A group is 0..255: at most 256 seats, other types and backups make none, and none is made while it stops."""
    site = Site(beacons=False)
    site.master(1)
    site.backup(243, everywhere=True)
    site.ready()
    unit = site["b0"]
    assert unit.engine is not None
    heard = next(message for message in reversed(site.world.lan.recorded) if message.group == 1)
    for group in range(256):
        for sender in range(4):
            fake = heard._replace(group=group, unit_id=5000 + group * 4 + sender, sequence=1, device_type=1 + sender % 2)
            unit.receive(fake, None, is_replay=True)
    assert len(unit.members) == 256
    assert len(unit.engine.unit.neighbours) <= 256
    site.run(20)
    assert not [group for group in unit.members if unit.state(group) is State.MASTER]


@scenario
def power_cut_brings_every_master_home() -> None:
    """C-22: everything starts at once; the pool claims nothing."""
    site = pool_of(243, 240, 236)
    names = [unit.name for unit in site.world.pool]
    site.kill(*names)
    site.run(5)
    site.world.pool_watch.claimed.clear()
    site.start().run(6)
    assert site.airing() == {1: "m1", 2: "m2", 3: "m3"}
    assert {name for name, _ in site.claims()} == {"m1", "m2", "m3"}
    site.settled()


@scenario
def partition_of_a_pool_member_ends_in_order() -> None:
    """C-02: it may air what it does not hear meanwhile; afterwards every group is on the air once, at home."""
    site = Site(is_clean=False)
    for group in (1, 2, 3):
        site.master(group)
    site.backup(243)
    site.backup(240)
    site.ready()
    site.inflict("partition", "b0", 8, amount=1 << site["b0"].index)
    site.run(20)
    assert site.airing() == {1: "m1", 2: "m2", 3: "m3"}
    assert site["b0"].engine is not None
    assert not site["b0"].engine.unit.pool.engaged
    site.settled()


@scenario
def lost_link_of_an_acting_unit_moves_its_group() -> None:
    """C-02: it cannot send, so it mutes; another takes over, and it parks."""
    site = pool_of(243, 240)
    site.kill("m1")
    site.run(4)
    site.inflict("unplug", "b0", 10)
    site.run(4)
    assert site.on_air(1) == "b1"
    site.run(10)
    assert site.on_air(1) == "b1"
    assert site["b0"].state(1) is State.BACKUP
    site.settled()


@scenario
def ordinary_reserves_can_be_exclusive() -> None:
    """D-36, D-37, D-42: two 1:1 reserves on one host, one at a time."""
    site = reserve_host(PoolRules(is_exclusive=True))
    site.kill("m1")
    site.run(4)
    assert site.on_air(1) == "r"
    site.run(1)
    assert site.snapshot("m2", 2)["protection"] != {}
    protection = site.snapshot("m2", 2)["protection"]
    assert isinstance(protection, dict)
    assert protection["state"] == "busy"
    site.kill("m2")
    site.run(8)
    assert site.airing() == {1: "r", 2: ""}
    site["m1"].start()
    site.run(6)
    site.order("m1", Verb.SET_MASTER, 1)
    site.run(6)
    assert site.airing() == {1: "m1", 2: "r"}


@scenario
def ordinary_reserves_are_independent_unless_told_otherwise() -> None:
    """D-33: 2 failures at once, both covered."""
    site = reserve_host(PoolRules())
    site.kill("m1", "m2")
    site.run(6)
    assert site.airing() == {1: "r", 2: "r"}
