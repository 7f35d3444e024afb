"""What an outsider who sees everything knows: facts for the invariants, gathered without asking an engine."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from agent.engine.effects import Effect, GrantLease, LoadDevice, OpenDevice, Reply, Send, Transition
from agent.engine.events import Event
from agent.engine.reasons import State
from agent.wire.message import Kind, Message
from tests.sim import invariants

if TYPE_CHECKING:
    from tests.sim.unit import SimUnit
    from tests.sim.world import World

NEVER = -(1 << 62)
_OF_A_MASTER = (Kind.ADVERT, Kind.CLAIM)
_ANSWERS = (Kind.ADVERT, Kind.CLAIM, Kind.BEACON)


class Heard:
    """What one unit's kernel received from another, by fresh sequence numbers."""

    def __init__(self) -> None:
        self.boot = 0
        self.sequence = 0
        self.last_ns = NEVER
        """Local kernel time of the last advert or claim."""


class Watch:
    """Facts and the calls of the invariants. `is_clean`: nothing in this history excuses two open outputs."""

    def __init__(self, world: World, is_clean: bool) -> None:
        self.world = world
        self.is_clean = is_clean
        self.has_false_silence = False
        """Some packet may have been later than a lease, or stamped long before it left: the last one heard is not clear."""
        self.excused_until_ns = NEVER
        """Until then a partition, or its healing, excuses two open outputs (true time)."""
        self.failed_on_air_at_ns: dict[int, int] = {}
        """When a unit last lost its device as master: it does not preempt for a while."""
        self.disturbed_at_ns = 0
        """The last time at which something was done to units or LAN."""
        self.heard: dict[tuple[int, int], Heard] = {}
        self.times: dict[int, deque[int]] = {}
        self.has_claim_left: dict[int, bool] = {}
        self.open: list[SimUnit] = []
        self.covered_at_ns = 0
        """When an output was last seen open."""
        self.commands = 0
        self.unanswered: dict[str, SimUnit] = {}
        """Commands that a running unit has got."""
        self.has_preempting = False
        """Preempt was on somewhere."""
        self.overlaps = 0
        self.changes: list[tuple[int, SimUnit]] = []
        """(true time, unit) whenever the master is another."""
        self.transitions: list[tuple[SimUnit, Transition]] = []
        self.effects: list[tuple[int, str, Effect]] | None = None
        """Set to [] to keep them all."""

    def unit_started(self, unit: SimUnit) -> None:
        """A new process knows nothing."""
        for key in [key for key in self.heard if key[0] == unit.index]:
            del self.heard[key]
        self.times[unit.index] = deque(maxlen=256)
        self.disturbed()

    def unit_died(self, unit: SimUnit) -> None:
        """A process is gone, and whoever waits for its answer knows it."""
        self.unanswered = {command: asked for command, asked in self.unanswered.items() if asked is not unit}
        self.has_claim_left[unit.index] = False
        self.disturbed()

    def ordered(self, unit: SimUnit) -> str:
        """The number of the next command, to this unit."""
        self.commands += 1
        number = f"c{self.commands}"
        if unit.engine is not None:
            self.unanswered[number] = unit
        return number

    def disturbed(self) -> None:
        """Something was done to units or LAN."""
        self.disturbed_at_ns = self.world.now_ns

    def excuse(self, until_ns: int) -> None:
        """A partition: both may be master until then."""
        self.excused_until_ns = max(self.excused_until_ns, until_ns)

    def packet_arrived(self, unit: SimUnit, message: Message) -> None:
        """At the kernel, and no replay. With a key, a boot counts once it has answered a question of this unit."""
        heard = self.heard.setdefault((unit.index, message.unit_id), Heard())
        if self.world.is_authenticated and heard.boot != message.boot:
            if not (message.nonce and message.target == unit.unit_id and message.kind in _ANSWERS):
                return
        elif (message.boot, message.sequence) <= (heard.boot, heard.sequence):
            return
        heard.boot, heard.sequence = message.boot, message.sequence
        if message.kind in _OF_A_MASTER:
            heard.last_ns = unit.now_ns()
            self.times[unit.index].append(heard.last_ns)

    def packet_left(self, unit: SimUnit, message: Message, stamp_ns: int) -> None:
        """It is on the LAN now."""
        if message.kind in _OF_A_MASTER:
            unit.last_sent_at_ns = stamp_ns
            unit.said_ms.append(message.interval_ms)
        if message.kind is Kind.CLAIM:
            self.has_claim_left[unit.index] = True

    def effect(self, unit: SimUnit, effect: Effect) -> None:
        """About to be carried out."""
        if self.effects is not None:
            self.effects.append((self.world.now_ns, unit.name, effect))
        if isinstance(effect, GrantLease | OpenDevice):
            invariants.lease_counts_from_the_last_packet_that_left(unit, effect.until_ns)
        elif isinstance(effect, LoadDevice):
            invariants.claim_leaves_before_anything_is_loaded(self, unit)
        elif isinstance(effect, Send):
            invariants.packet_is_in_order(unit, effect.message)
            if effect.message.kind in (Kind.GIVE_UP, Kind.HANDOVER):
                invariants.output_is_muted_before_the_farewell(unit)
        elif isinstance(effect, Transition):
            self._transition(unit, effect)
        elif isinstance(effect, Reply):
            invariants.answer_is_the_only_one(self, effect)
            self.unanswered.pop(effect.command_id, None)

    def _transition(self, unit: SimUnit, change: Transition) -> None:
        self.transitions.append((unit, change))
        if change.after is State.CLAIMING:
            self.has_claim_left[unit.index] = False
            unit.said_ms.clear()
            invariants.takeover_is_exactly_at_t_after_the_last_advert(self, unit, change)
            invariants.unit_without_link_never_claims(unit, change)
        if change.after is State.MASTER and (not self.changes or self.changes[-1][1] is not unit):
            self.changes.append((self.world.now_ns, unit))
        if change.before is State.YIELDING and change.after is State.FAULT:
            self.failed_on_air_at_ns[unit.index] = self.world.now_ns
        invariants.nobody_is_preempted_when_preempt_is_off(self, change)

    def after_step(self, unit: SimUnit, _event: Event, _effects: list[Effect]) -> None:
        """After every single event."""
        invariants.only_a_master_is_open(unit)
        self.check_outputs()

    def check_outputs(self) -> None:
        """Who is on the air now?"""
        self.open = [unit for unit in self.world.units if unit.device.is_open()]
        if self.open:
            self.covered_at_ns = self.world.now_ns
            if len(self.open) > 1:
                invariants.outputs_never_overlap_without_a_partition(self)
        else:
            invariants.no_group_is_orphaned(self)
