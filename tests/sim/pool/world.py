"""The world of the 1:1 simulator with a watch for pools."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, cast

from agent.wire.message import Message
from tests.sim.lan import Lan
from tests.sim.pool.unit import PoolUnit, pool_units
from tests.sim.pool.watch import PoolWatch
from tests.sim.world import World

if TYPE_CHECKING:
    from tests.sim.unit import SimUnit

MAX_STEPS = 3_000_000


class PoolLan(Lan):
    """`is_switched`: units that have no seat in a group do not get its packets; they would only count them. For long runs."""

    is_switched = False

    def _carry(self, sender: SimUnit, unit: SimUnit, message: Message, datagram: bytes | None) -> None:
        if not self.is_switched or message.group in cast("PoolUnit", unit).groups:
            super()._carry(sender, unit, message, datagram)


class PoolWorld(World):
    """All units of one site."""

    def __init__(
        self, seed: int = 0, *, key: bool = True, is_clean: bool = True, delay_ns: int = 100_000, jitter_ns: int = 0
    ) -> None:
        super().__init__(seed, is_authenticated=key, is_clean=is_clean, delay_ns=delay_ns, jitter_ns=jitter_ns)
        self.max_steps = MAX_STEPS
        self.lan: PoolLan = PoolLan(self, delay_ns, jitter_ns, is_wired=False, has_loopback=False)
        self.pool_watch = PoolWatch(self, is_clean)
        self.watch = self.pool_watch

    @property
    def pool(self) -> list[PoolUnit]:
        """The units."""
        return pool_units(self.units)

    def freeze(self) -> bytes:
        """All of it, to be thawed often: histories with the same past. Nothing that is planned may be a closure."""
        self.transcript.clear()
        return pickle.dumps(self, pickle.HIGHEST_PROTOCOL)


def thaw(frozen: bytes) -> PoolWorld:
    """Another history with that past."""
    world = pickle.loads(frozen)
    assert isinstance(world, PoolWorld)
    return world
