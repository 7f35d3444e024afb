"""The LAN: who hears whom, how late, how often. Silent partitions and one bad link as well as lost carrier."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from agent.wire.codec import encode
from agent.wire.keys import Keyring, make_key
from agent.wire.message import Message

if TYPE_CHECKING:
    from tests.sim.unit import SimUnit
    from tests.sim.world import World

RECORDED = 200
"""Packets that an attacker keeps for a replay."""

KEYRING = Keyring([make_key(bytes(range(32)))])
NO_KEYS = Keyring()


class Lan:
    """One broadcast domain. Settings are plain fields; faults set them and set them back."""

    def __init__(self, world: World, delay_ns: int, jitter_ns: int, *, is_wired: bool, has_loopback: bool) -> None:
        self.world = world
        self.delay_ns = delay_ns
        self.jitter_ns = jitter_ns
        self.is_wired = is_wired
        """Packets travel as bytes, through the codec."""
        self.has_loopback = has_loopback
        self.loss = 0.0
        self.duplication = 0.0
        self.reordering_ns = 0
        self.blocked: set[tuple[int, int]] = set()
        """(sender, receiver): silently lost."""
        self.no_carrier: set[int] = set()
        self.held: dict[tuple[int, int], int] = {}
        """(sender, receiver): a queue in a switch lets nothing through before that time."""
        self.slower_ns: dict[tuple[int, int], int] = {}
        """(sender, receiver): so much longer is the way."""
        self.to_drop: dict[tuple[int, int], int] = {}
        """(sender, receiver): so many of the next packets are lost."""
        self._last_ns: dict[tuple[int, int], int] = {}
        """(sender, receiver): jitter alone does not let packets overtake each other."""
        self.recorded: deque[Message] = deque(maxlen=RECORDED)
        self.keyring = KEYRING if world.is_authenticated else NO_KEYS

    def transmit(self, sender: SimUnit, message: Message) -> None:
        """A packet leaves a unit whose carrier is up."""
        self.recorded.append(message)
        datagram = encode(message, self.keyring) if self.is_wired else None
        for unit in self.world.units:
            if unit is not sender or self.has_loopback:
                self._carry(sender, unit, message, datagram)

    def _carry(self, sender: SimUnit, unit: SimUnit, message: Message, datagram: bytes | None) -> None:
        rng, link = self.world.rng, (sender.index, unit.index)
        if link in self.blocked or unit.index in self.no_carrier or (self.loss and rng.random() < self.loss):
            return
        if self.to_drop.get(link, 0) > 0:
            self.to_drop[link] -= 1
            return
        copies = 2 if self.duplication and rng.random() < self.duplication else 1
        for _ in range(copies):
            delay_ns = self.delay_ns + self.slower_ns.get(link, 0) + (rng.randrange(self.jitter_ns) if self.jitter_ns else 0)
            at_ns = max(self.world.now_ns + delay_ns, self.held.get(link, 0), self._last_ns.get(link, 0))
            if self.reordering_ns:
                at_ns += rng.randrange(self.reordering_ns)
            else:
                self._last_ns[link] = at_ns
            self.world.at(at_ns, unit.receive, message, datagram)

    def hears(self, sender: int, receiver: int) -> bool:
        """Does a packet get there, as things are?"""
        return (sender, receiver) not in self.blocked and sender not in self.no_carrier and receiver not in self.no_carrier
