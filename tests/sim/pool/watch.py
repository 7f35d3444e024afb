"""What an outsider sees of a pool, and what must hold after every event."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agent.engine.effects import Effect, GrantLease, LoadDevice, OpenDevice, Reply, Send, Transition
from agent.engine.events import Event
from agent.engine.reasons import State
from agent.wire.message import Kind, Message
from tests.sim import invariants as single
from tests.sim.pool import invariants
from tests.sim.watch import Watch

if TYPE_CHECKING:
    from tests.sim.pool.device import PoolDevice
    from tests.sim.pool.unit import PoolUnit
    from tests.sim.pool.world import PoolWorld
    from tests.sim.unit import SimUnit

_OF_A_MASTER = (Kind.ADVERT, Kind.CLAIM)
_FAREWELLS = (Kind.GIVE_UP, Kind.HANDOVER)


class PoolWatch(Watch):
    """Facts by group. The checks of outputs happen where an output can open, not after every packet: 24 units are many."""

    world: PoolWorld

    def __init__(self, world: PoolWorld, is_clean: bool) -> None:
        super().__init__(world, is_clean)
        self.devices: dict[int, list[tuple[PoolUnit, PoolDevice]]] = {}
        """By group: those that have loaded it."""
        self.heard_ns: dict[tuple[int, int], int] = {}
        """(unit, group): local kernel time of the last advert or claim."""
        self.claims_left: set[tuple[int, int]] = set()
        self.last_words: dict[int, tuple[PoolUnit, Transition]] = {}
        """By group: the last transition of a master that began to leave."""
        self.claimed: list[tuple[int, PoolUnit, Transition]] = []
        """(true time, unit, transition) of every claim."""
        self.opened_at: list[tuple[int, PoolUnit, int]] = []
        """(true time, unit, group) of every output that opened."""

    def unit_started(self, unit: SimUnit) -> None:
        """A new process knows nothing."""
        for key in [key for key in self.heard_ns if key[0] == unit.index]:
            del self.heard_ns[key]
        self.disturbed()

    def packet_arrived(self, unit: SimUnit, message: Message) -> None:
        """At the kernel."""
        if message.kind in _OF_A_MASTER:
            self.heard_ns[unit.index, message.group] = unit.now_ns()

    def packet_left(self, unit: SimUnit, message: Message, stamp_ns: int) -> None:
        """It is on the LAN now."""
        sender = cast("PoolUnit", unit)
        if message.kind in _OF_A_MASTER:
            sender.sent_at_ns[message.group] = stamp_ns
        if message.kind is Kind.CLAIM:
            self.claims_left.add((unit.index, message.group))

    def effect(self, unit: SimUnit, effect: Effect) -> None:
        """About to be carried out."""
        doer = cast("PoolUnit", unit)
        if self.effects is not None:
            self.effects.append((self.world.now_ns, unit.name, effect))
        if isinstance(effect, Send):
            single.packet_is_in_order(unit, effect.message)
            if effect.message.kind in _FAREWELLS:
                invariants.output_is_muted_before_the_farewell(doer, effect.group)
        elif isinstance(effect, GrantLease | OpenDevice):
            invariants.lease_counts_from_the_last_packet_that_left(doer, effect.device, effect.until_ns)
        elif isinstance(effect, LoadDevice):
            invariants.claim_leaves_before_anything_is_loaded(self, doer, effect.group)
        elif isinstance(effect, Transition):
            self._changed(doer, effect)
        elif isinstance(effect, Reply):
            single.answer_is_the_only_one(self, effect)
            self.unanswered.pop(effect.command_id, None)

    def _changed(self, unit: PoolUnit, change: Transition) -> None:
        self.transitions.append((unit, change))
        if change.after is State.YIELDING:
            self.last_words[change.group] = unit, change
        elif change.after is State.CLAIMING:
            self.claims_left.discard((unit.index, change.group))
            self.claimed.append((self.world.now_ns, unit, change))
            invariants.claimer_may_claim(unit, change)
            invariants.claim_is_not_before_t(self, unit, change)
            invariants.switchback_has_a_name(self, unit, change)

    def after_step(self, unit: SimUnit, _event: Event, effects: list[Effect]) -> None:
        """After every event that changed anything."""
        if effects and not all(isinstance(effect, Send | GrantLease) for effect in effects):
            invariants.pool_is_in_order(cast("PoolUnit", unit))

    def check_outputs(self) -> None:
        """Nothing opens by itself."""

    def loaded(self, unit: PoolUnit, device: PoolDevice) -> None:
        """It holds the configuration of a group now."""
        for known in self.devices.values():
            known[:] = [pair for pair in known if pair[1] is not device]
        self.devices.setdefault(device.group, []).append((unit, device))
        invariants.what_is_loaded_is_what_is_held(unit, device)

    def may_open(self, unit: PoolUnit, device: PoolDevice) -> None:
        """An output has opened, or stays open longer: nobody else may be open in its group."""
        if not device.is_open():
            return
        invariants.output_belongs_to_its_seat(unit, device)
        for other, rival in self.devices.get(device.group, ()):
            if rival is not device and rival.is_open():
                self.overlaps += 1
                invariants.nobody_else_is_open(self, device.group, unit, other)

    def opened(self, unit: PoolUnit, device: PoolDevice) -> None:
        """For the order of what happened."""
        self.opened_at.append((self.world.now_ns, unit, device.group))
        self.may_open(unit, device)
