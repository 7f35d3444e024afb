"""While a reserve airs, the others see that it is busy, and with what (D-27, D-36 to D-39)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

from agent.engine.effects import Effect, Send
from agent.engine.events import Verb
from agent.wire.message import NOT_ACTING, Kind
from tests.sim.pool.registry import scenario
from tests.sim.pool.scenarios_takeover import pool_of
from tests.sim.pool.site import Site, digest_of


def _protection(site: Site, name: str, group: int) -> dict[str, object]:
    return cast(dict[str, object], site.snapshot(name, group)["protection"])


def _beacons(kept: list[tuple[int, str, Effect]]) -> list[int]:
    """When b0 said one."""
    mine = [(at_ns, effect) for at_ns, who, effect in kept if who == "b0" and isinstance(effect, Send)]
    return [at_ns for at_ns, effect in mine if effect.message.kind is Kind.BEACON]


@scenario
def busy_is_shown_at_the_others_and_cleared() -> None:
    """D-37, D-38, D-39: who, with which group, since when; protected again when it stands by."""
    site = pool_of(243)
    assert _protection(site, "m2", 2)["state"] == "protected"
    site.kill("m1")
    site.run(2.4)
    assert site.on_air(1) == "b0"
    site.run(3)
    busy = _protection(site, "m2", 2)
    [entry] = cast(list[dict[str, Any]], busy["busy"])
    assert (busy["state"], entry["name"], entry["acting_for"]) == ("busy", "b0", 1)
    assert 2_900 < entry["since_ms"] < 5_000
    assert site.snapshot("b0", 2)["busy"] == {"group": 1, "name": "b0", "since_ms": entry["since_ms"]}
    site["m1"].start()
    site.run(3)
    site.order("m1", Verb.SET_MASTER, 1)
    site.run(0.2)
    assert _protection(site, "m2", 2) == {"state": "protected", "able": ["b0"], "busy": []}
    assert site.snapshot("b0", 2)["busy"] is None


@scenario
def busy_is_told_at_once_and_not_by_the_next_beacon() -> None:
    """D-37: a planned changeover of another group does not name a unit that is busy."""
    site = pool_of(243, 240)
    site.kill("m1")
    while site.on_air(1) == "":
        site.run(0.001)
    site.run(0.005)
    assert _protection(site, "m2", 2)["able"] == ["b1"]
    site.order("m2", Verb.SET_BACKUP, 2)
    site.run(0.2)
    assert site.on_air(2) == "b1"


@scenario
def dead_busy_reserve_is_not_shown_as_busy() -> None:
    """D-38: unprotected is unprotected."""
    site = pool_of(243)
    site.kill("m1")
    site.run(4)
    site.kill("b0")
    site.run(10)
    assert _protection(site, "m2", 2) == {"state": "unprotected", "able": [], "busy": []}


@scenario
def busy_seats_wait_and_listen_when_they_are_free() -> None:
    """D-39, C-22: the second master died while the reserve was busy; when it is free it listens for a T, and takes it."""
    site = pool_of(243)
    site.kill("m1")
    site.run(4)
    site.kill("m2")
    site.run(10)
    assert site.on_air(2) == ""
    site["m1"].start()
    site.run(3)
    site.order("m1", Verb.SET_MASTER, 1)
    site.run(1)
    assert site.airing() == {1: "m1", 2: "", 3: "m3"}
    site.run(2)
    assert site.airing() == {1: "m1", 2: "b0", 3: "m3"}
    site.settled()


@scenario
def set_master_on_a_busy_seat_is_refused_with_the_reason() -> None:
    """D-27, D-37: forced or not."""
    site = pool_of(243)
    site.kill("m1")
    site.run(4)
    kept = site.keep()
    site.order("b0", Verb.SET_MASTER, 2)
    site.order("b0", Verb.SET_MASTER, 2, forced=True)
    site.run(1)
    assert str(kept).count("busy: this unit is airing group 1") == 2
    assert site.on_air(2) == "m2"


@scenario
def lost_spare_device_is_told_at_once() -> None:
    """D-34: of two devices one airs, the other dies: the rest is not protected any more."""
    site = pool_of(243, devices=2)
    site.kill("m1")
    site.run(4.3)
    assert _protection(site, "m2", 2)["state"] == "protected"
    site["b0"].devices["rx2"].die()
    site.run(0.005)
    assert _protection(site, "m2", 2)["state"] == "busy"
    site["b0"].devices["rx2"].connect()
    site.run(0.11)
    assert _protection(site, "m2", 2)["state"] == "protected"


@scenario
def flapping_device_does_not_flood_the_lan() -> None:
    """Packets out of turn are bounded: the seats of a pool speak at most once in 100 ms, and only if something has changed."""
    site = Site()
    for group in range(1, 65):
        site.master(group)
    site.backup(243, devices=2)
    site.ready()
    site.kill("m1")
    site.run(3)
    kept = site.keep()
    for _ in range(100):
        site["b0"].devices["rx2"].die()
        site["b0"].devices["rx2"].connect()
        site.run(0.01)
    assert len(_beacons(kept)) < 12 * 64


@scenario
def beacons_of_many_seats_come_in_turn() -> None:
    """Of 100 seats: 25 a second, not 100 at once every 4 s, in which a unit would be called silent."""
    site = Site(delay_ns=0)
    for group in range(1, 101):
        site.groups.append(group)
    site.master(150)
    site.backup(243)
    site.hold_everything().start().run(30)
    kept = site.keep()
    site.run(8)
    at_ns = _beacons(kept)
    gaps_ns = [later - earlier for earlier, later in pairwise(at_ns)]
    assert 150 < len(at_ns) < 260
    assert max(gaps_ns) < 500_000_000


@scenario
def beacon_of_a_busy_unit_says_with_what_and_since_when() -> None:
    """docs/protocol.md: readiness 0, acting for = the group that it airs, master for = since when."""
    site = pool_of(243)
    kept = site.keep()
    site.kill("m1")
    site.run(6)
    beacons = [effect.message for _, who, effect in kept if who == "b0" and isinstance(effect, Send) and effect.group == 2]
    last = [message for message in beacons if message.kind is Kind.BEACON][-1]
    assert (last.readiness, last.acting_for) == (0, 1)
    assert 2_000 < last.master_for_ms < 4_000
    assert last.config_digest == digest_of(2)
    assert beacons[0].acting_for == NOT_ACTING
