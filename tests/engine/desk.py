"""One engine on a desk: events in by hand, every effect kept. Packets leave at once, the device obeys when it is told to."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.controls import controls_of
from agent.engine.effects import Effect, LoadDevice, MuteDevice, OpenDevice, Reply, Send, Transition
from agent.engine.engine import Engine
from agent.engine.events import (
    Adjusted,
    Command,
    DeviceReport,
    DeviceReported,
    Event,
    LinkChanged,
    PacketReceived,
    Sent,
    Start,
    Tick,
    Verb,
)
from agent.engine.member import Member
from agent.engine.reasons import State
from agent.wire.message import Flag, Kind, Message, Why

MS = 1_000_000
SECOND = 1_000_000_000
GROUP = 7
OWN_ID = 100
PEER_ID = 50
_EffectKind = TypeVar("_EffectKind", bound=Effect)


class Desk:
    """`is_prompt`: the device answers every order at once; else the test reports."""

    def __init__(self, priority: int = 200, *, key: bool = False, preempt: bool = False, interval_ms: int = 1000) -> None:
        config = MemberConfig(GROUP, 1, priority, interval_ms, "rx", is_preempting=preempt)
        self.engine = Engine(Identity(OWN_ID, 5, "desk", "1.0", bytes(16)), LanRules(key), [config])
        self.now_ns = 10 * SECOND
        self.effects: list[Effect] = []
        self.is_prompt = True
        self.sequence = 0
        self.feed(Start())

    @property
    def member(self) -> Member:
        """Its one seat."""
        return self.engine.members[GROUP]

    @property
    def state(self) -> State:
        """Of that seat."""
        return self.member.state

    def feed(self, event: Event) -> list[Effect]:
        """One event, and all that the adapters would report because of it."""
        queue, first = [event], len(self.effects)
        while queue:
            effects = self.engine.handle(queue.pop(0), self.now_ns)
            self.effects += effects
            for effect in effects:
                queue += self._reports(effect)
        return self.effects[first:]

    def _reports(self, effect: Effect) -> list[Event]:
        if isinstance(effect, Send):
            return [Sent(effect.group, effect.message, self.now_ns)]
        if not self.is_prompt:
            return []
        if isinstance(effect, LoadDevice):
            return [DeviceReported("rx", DeviceReport.LOADED, effect.order)]
        if isinstance(effect, OpenDevice):
            return [DeviceReported("rx", DeviceReport.OPENED, effect.order)]
        if isinstance(effect, MuteDevice):
            return [DeviceReported("rx", DeviceReport.MUTED, effect.order)]
        return []

    def able(self) -> Desk:
        """Link and device are there: a backup that listens."""
        self.feed(LinkChanged(True, "up"))
        self.feed(DeviceReported("rx", DeviceReport.READY))
        return self

    def pass_time(self, seconds: float) -> Desk:
        """Tick at every deadline on the way."""
        until_ns = self.now_ns + round(seconds * SECOND)
        while (due_ns := self.engine.next_deadline_ns()) is not None and due_ns <= until_ns:
            self.now_ns = max(self.now_ns, due_ns)
            self.feed(Tick())
        self.now_ns = until_ns
        return self

    def as_master(self) -> Desk:
        """Nobody else was there."""
        self.able().pass_time(30)
        assert self.state is State.MASTER
        return self

    def packet(self, kind: Kind, priority: int = 100, **fields: int | Why | Flag) -> Message:
        """The next packet of the peer."""
        self.sequence += 1
        made = Message(kind, 1, GROUP, priority, 1000, PEER_ID, 9, self.sequence, self.now_ns // 1000, "peer", readiness=255)
        return made._replace(**fields)  # type: ignore[arg-type]

    def hear(self, kind: Kind, priority: int = 100, **fields: int | Why | Flag) -> list[Effect]:
        """The peer speaks now."""
        return self.feed(PacketReceived(self.packet(kind, priority, **fields), self.now_ns, "10.0.0.2"))

    def following(self, priority: int = 100) -> Desk:
        """A backup of the peer."""
        self.able()
        self.hear(Kind.ADVERT, priority)
        assert self.state is State.BACKUP
        return self

    def command(self, verb: Verb, *, forced: bool = False, override: bool = False) -> list[Effect]:
        """An order of a person."""
        return self.feed(Command("c1", verb, GROUP, forced, override, "ann"))

    def adjust(self, request_id: str = "", **changes: int | bool | None) -> list[Effect]:
        """The controls in force, but for these."""
        controls = replace(controls_of(self.member.config), **changes)  # type: ignore[arg-type]
        return self.feed(Adjusted(GROUP, controls, request_id))

    def reply(self) -> Reply:
        """The only answer so far."""
        [reply] = self.all(Reply)
        return reply

    def all(self, kind: type[_EffectKind]) -> list[_EffectKind]:
        """Every effect of one kind, in order."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def sent(self, kind: Kind) -> list[Message]:
        """Every packet of one kind."""
        return [effect.message for effect in self.all(Send) if effect.message.kind is kind]

    def changes(self) -> list[tuple[State, State]]:
        """Every use of the door."""
        return [(change.before, change.after) for change in self.all(Transition)]
