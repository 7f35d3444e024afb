"""The simulator with a flight recorder in every unit: what core would note, noted."""

from __future__ import annotations

import json

from agent.diagnostics.header import Made, header_of
from agent.diagnostics.notes import Note, note_of
from agent.engine.effects import Effect
from agent.engine.events import Event, PacketReceived, PacketRejected, SendFailed, Sent
from agent.wire.codec import encode
from agent.wire.message import Message
from tests.sim.history import build
from tests.sim.plan import Plan
from tests.sim.pool.unit import PoolUnit
from tests.sim.unit import SimUnit
from tests.sim.world import World

UTC_NS = 1_700_000_000_000_000_000


class Recording:
    """Of one unit: all of its boots."""

    def __init__(self, world: World, utc_error_ns: int = 0) -> None:
        self._world, self._utc_error_ns, self._boot = world, utc_error_ns, 0
        self.notes: list[Note] = []
        self.heard: dict[int, tuple[Event, bytes, str]] = {}
        """By identity of the event: the event, so that it lives, its datagram, and who sent it."""

    def take(self, unit: SimUnit, event: Event, effects: list[Effect]) -> None:
        """One event has been handled."""
        if unit.engine is None:
            return
        if unit.boot != self._boot:
            self._boot = unit.boot
            self._begin(unit)
        raw, address = self._raw(event)
        self.notes.append(Note(json.loads(note_of(event, unit.now_ns(), effects, address)), raw))

    def _begin(self, unit: SimUnit) -> None:
        assert unit.engine is not None
        clocks = (unit.now_ns(), UTC_NS + self._world.now_ns + self._utc_error_ns)
        made = Made(unit.engine.unit.identity, unit.rules, [unit.saved])
        if isinstance(unit, PoolUnit):
            made = Made(unit.engine.unit.identity, unit.rules, unit.configs, unit.pool, unit.controls)
        self.notes.append(Note(json.loads(json.dumps(header_of(made, clocks, {})))))

    def _raw(self, event: Event) -> tuple[bytes, str]:
        if isinstance(event, Sent | SendFailed):
            return encode(event.message, self._world.lan.keyring), ""
        _, raw, address = self.heard.pop(id(event), (None, b"", ""))
        if isinstance(event, PacketReceived):
            return raw or encode(event.message, self._world.lan.keyring), ""
        return raw, address if isinstance(event, PacketRejected) else ""


class RecordedWorld(World):
    """A world of which everything is noted."""

    recordings: dict[int, Recording]

    def stepped(self, unit: SimUnit, event: Event, effects: list[Effect]) -> None:
        """As ever, and noted."""
        super().stepped(unit, event, effects)
        if unit.index not in self.recordings:
            self.recordings[unit.index] = Recording(self)
        self.recordings[unit.index].take(unit, event, effects)

    def note_datagram(self, unit: SimUnit, event: Event, datagram: bytes, message: Message) -> None:
        """What an event was made of."""
        recording = self.recordings.setdefault(unit.index, Recording(self))
        recording.heard[id(event)] = (event, datagram, f"host-{message.unit_id}")


def recorded(world: World) -> RecordedWorld:
    """The same world; from now on it records."""
    world.__class__ = RecordedWorld
    assert isinstance(world, RecordedWorld)
    world.recordings = {}
    return world


def record_plan(plan: Plan) -> list[list[Note]]:
    """Run a history of the simulator; the records of its units."""
    world = recorded(build(plan))
    world.run_until(plan.ends_ns)
    return [recording.notes for recording in world.recordings.values()]
