"""A 1:1 site with one host that carries the reserves of two mains (D-32)."""

from __future__ import annotations

from agent.engine.config import MemberConfig, PoolRules
from agent.wire.message import Designation
from tests.sim.pool.site import Site


def reserve_host(rules: PoolRules) -> Site:
    """Mains m1 and m2, and the host r with a device for each."""
    site = Site()
    for group in (1, 2):
        site.add(f"m{group}", [MemberConfig(group, 1, 254, 1000, "rx")], PoolRules())
        site.groups.append(group)
    seats = [MemberConfig(group, 1, 240, 1000, f"rx{group}", Designation.RESERVE) for group in (1, 2)]
    site.add("r", seats, rules)
    site.start("m1", "m2").run(2)
    site.start("r").run(2)
    assert site.airing() == {1: "m1", 2: "m2"}
    return site
