"""A master dies, and the pool takes its group."""

from __future__ import annotations

from agent.engine.effects import LoadDevice, ParkDevice, Send, TakenOver
from agent.engine.events import LinkChanged, Verb
from agent.engine.reasons import Reason, State
from agent.wire.message import NOT_ACTING, Designation, Kind, Message
from tests.sim.pool.registry import scenario
from tests.sim.pool.site import OWN_GROUP, Site, digest_of
from tests.sim.world import MS


def pool_of(*priorities: int, masters: int = 3, devices: int = 1, exclusive: bool = False) -> Site:
    """Groups 1..n with their masters, backups with these priorities, everything quiet."""
    site = Site()
    for group in range(1, masters + 1):
        site.master(group, 255 - group, rank=group)
    for priority in priorities:
        site.backup(priority, devices=devices, exclusive=exclusive)
    return site.ready()


def _adverts(site: Site, group: int, seconds: float) -> list[Message]:
    kept = site.keep()
    site.run(seconds)
    sent = [effect.message for _, _, effect in kept if isinstance(effect, Send) and effect.group == group]
    return [message for message in sent if message.kind is Kind.ADVERT]


@scenario
def best_backup_takes_the_group_with_its_own_priority() -> None:
    """S-19, S-29, C-09: acting for the group, with the master's configuration; the others stand by for the rest."""
    site = pool_of(240, 243, 236)
    site.kill("m2")
    site.run(5)
    assert site.airing() == {1: "m1", 2: "b1", 3: "m3"}
    advert = _adverts(site, 2, 1.5)[-1]
    assert (advert.priority, advert.acting_for, advert.designation) == (243, 2, Designation.NM_BACKUP)
    assert advert.config_digest == digest_of(2)
    assert site["b1"].devices["rx1"].digest == digest_of(2)
    assert [site.snapshot(name, 1)["withheld"] is None for name in ("b0", "b1", "b2")] == [True, False, True]
    site.kill("m3")
    site.run(5)
    assert site.airing() == {1: "m1", 2: "b1", 3: "b0"}
    site.settled()


@scenario
def claim_comes_t_after_the_last_advert_and_before_the_load() -> None:
    """S-12, F-5, C-26: at T to the nanosecond, whatever ranks better and lives; and the phases are told (F-7)."""
    site = pool_of(243)
    kept = site.keep()
    site.kill("m3")
    last_ns = site["m3"].clock.true_ns(site["m3"].sent_at_ns[3])
    site.run(4)
    [(at_ns, _, _)] = site.world.pool_watch.claimed
    assert at_ns - last_ns == 2_300 * MS
    mine = [effect for _, who, effect in kept if who == "b0"]
    claim = next(n for n, effect in enumerate(mine) if isinstance(effect, Send) and effect.message.kind is Kind.CLAIM)
    load = next(n for n, effect in enumerate(mine) if isinstance(effect, LoadDevice))
    assert claim < load
    [told] = [effect for effect in mine if isinstance(effect, TakenOver)]
    assert told.phases.are_known
    assert told.phases.detect_ns == 2_300 * MS


@scenario
def acting_backup_dies_and_the_next_takes_over() -> None:
    """S-08, S-19: again and again, while there is one."""
    site = pool_of(243, 240, 237)
    site.kill("m1")
    site.run(4)
    for name, other in (("b0", "b1"), ("b1", "b2"), ("b2", "")):
        assert site.on_air(1) == name
        site.kill(name)
        site.run(5)
        assert site.on_air(1) == other
    site.settled()


@scenario
def backup_without_a_snapshot_never_claims() -> None:
    """C-08, C-16: it withdraws; the weaker one takes the group, and the first only when it holds it."""
    site = pool_of(243, 240)
    site["b0"].hold(1, b"", held=False)
    site.run(1)
    assert site["b0"].engine is not None
    assert site.snapshot("b0", 1)["withheld"]
    site.kill("m1")
    site.run(5)
    assert site.on_air(1) == "b1"
    site["b0"].hold(1, digest_of(1))
    site.run(1)
    site.kill("b1")
    site.run(4)
    assert site.on_air(1) == "b0"


@scenario
def snapshot_that_arrives_late_is_followed_by_one_full_t() -> None:
    """C-08, C-22: the only backup gets it when the master is long dead; it listens for a full T, then takes it."""
    site = pool_of(243)
    site["b0"].hold(2, b"", held=False)
    site.kill("m2")
    site.run(20)
    assert site.on_air(2) == ""
    site["b0"].hold(2, digest_of(2))
    now_ns = site.world.now_ns
    site.run(5)
    assert site.on_air(2) == "b0"
    assert site.world.pool_watch.claimed[-1][0] - now_ns == 2_300 * MS


@scenario
def readiness_0_withdraws_and_back_means_listening() -> None:
    """C-14, C-16: a red backup does not claim; when it is green again it listens first."""
    site = pool_of(243, 240)
    site["b0"].hold(1, digest_of(1), readiness=0)
    site.run(0.5)
    able = site.snapshot("m1", 1)["protection"]
    assert isinstance(able, dict)
    assert able["able"] == ["b1"]
    site.kill("m1", "b1")
    site.run(20)
    assert site.on_air(1) == ""
    site["b0"].hold(1, digest_of(1), readiness=200)
    now_ns = site.world.now_ns
    site.run(4)
    assert site.on_air(1) == "b0"
    assert site.world.pool_watch.claimed[-1][0] - now_ns == 2_300 * MS


@scenario
def own_group_never_claims() -> None:
    """S-22: backups share a group of their own; nobody is master there, whatever dies."""
    site = pool_of(243, 240)
    site.kill("b0")
    site.run(30)
    assert site["b1"].state(OWN_GROUP) is State.BACKUP
    kept = site.keep()
    site.order("b1", Verb.SET_MASTER, OWN_GROUP, forced=True)
    site.run(5)
    assert "own group" in str(kept)
    assert site["b1"].state(OWN_GROUP) is State.BACKUP


@scenario
def device_that_dies_on_the_air_hands_over() -> None:
    """S-08: another backup is named; the seat is at fault until its device is back."""
    site = pool_of(243, 240)
    site.kill("m1")
    site.run(4)
    site["b0"].devices["rx1"].die()
    site.run(3)
    assert site.on_air(1) == "b1"
    assert site["b0"].state(1) is State.FAULT
    site["b0"].devices["rx1"].connect()
    site.run(1)
    assert site["b0"].state(1) is State.BACKUP
    site.kill("m2")
    site.run(5)
    assert site.on_air(2) == "b0"


@scenario
def pool_with_another_device_goes_on_with_that_one() -> None:
    """D-32: there is no other backup, but another device; it takes the group back at T."""
    site = pool_of(243, devices=2)
    site.kill("m1")
    site.run(4)
    site["b0"].devices["rx1"].die()
    site.run(0.5)
    assert site["b0"].state(1) is State.BACKUP
    site.run(4)
    assert site.on_air(1) == "b0"
    assert site["b0"].members[1].device == "rx2"
    site.settled()


@scenario
def device_that_hangs_is_tried_last() -> None:
    """C-16: the claim is given up after 5 s, the next one takes the other device."""
    site = pool_of(243, devices=2)
    site["b0"].devices["rx1"].is_hung = True
    site.kill("m1")
    site.run(25)
    assert site.on_air(1) == "b0"
    assert site["b0"].members[1].device == "rx2"


@scenario
def parked_device_goes_back_to_its_home_group() -> None:
    """C-09: whatever ends the airing, the unit's own configuration comes back."""
    site = pool_of(243, 240)
    site.kill("m1")
    site.run(4)
    kept = site.keep()
    site["b0"].report(LinkChanged(False, "unplugged"))
    site.world.lan.no_carrier.add(site["b0"].index)
    site.run(3)
    assert [effect.group for _, who, effect in kept if who == "b0" and isinstance(effect, ParkDevice)] == [OWN_GROUP]
    assert site["b0"].devices["rx1"].parked_group == OWN_GROUP
    assert site.on_air(1) == "b1"


@scenario
def stalled_backup_asks_first() -> None:
    """C-22, docs/architecture: a backup that slept through T asks who is master, and waits its skew."""
    site = pool_of(243, 240)
    site.inflict("stall_core", "b0", 5)
    site.run(1)
    site.kill("m1")
    site.run(3.9)
    assert site.on_air(1) == "b1"
    site.run(4)
    assert site.on_air(1) == "b1"
    assert site.claims() == [("b1", 1)]


@scenario
def backup_stopped_in_order_says_so_and_the_group_moves() -> None:
    """S-07: stop on an acting unit names another."""
    site = pool_of(243, 240)
    site.kill("m1")
    site.run(4)
    for group in (1, 2, 3, OWN_GROUP):
        site.order("b0", Verb.STOP, group)
    site.run(0.5)
    assert site.on_air(1) == "b1"
    assert Reason.NAMED_SUCCESSOR in site.reasons("b1", 1)
    assert site.snapshot("b1", 1)["acting_for"] == 1
    assert site["b1"].members[1].config.priority == 240
    adverts = _adverts(site, 2, 1.2)
    assert all(advert.acting_for == NOT_ACTING for advert in adverts)
