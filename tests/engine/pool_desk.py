"""An N:M backup on a desk: its own group, the groups that it protects, and two masters who speak when the test says so."""

from __future__ import annotations

from dataclasses import replace

from agent.engine.config import Identity, LanRules, MemberConfig, PoolRules, Seat
from agent.engine.effects import Effect, LoadDevice, OpenDevice, Reply
from agent.engine.engine import Engine
from agent.engine.events import (
    Command,
    ConfigChanged,
    DeviceReport,
    DeviceReported,
    Event,
    LinkChanged,
    PacketReceived,
    Start,
    Verb,
)
from agent.engine.member import Member
from agent.engine.pool import Pool
from agent.engine.reasons import State
from agent.wire.message import Designation, Flag, Kind, Message, Why
from tests.engine.desk import OWN_ID, SECOND, Desk

OWN_GROUP = 200
PRIORITY = 240
T_S = 2.6
HOME_ID = 1000
"""Plus the group: the unit id of its master."""


class PoolDesk(Desk):
    """`protects`: its groups. The device answers at once, whichever it is."""

    def __init__(
        self,
        protects: tuple[int, ...] = (1, 2),
        *,
        devices: tuple[str, ...] = ("rx1",),
        exclusive: bool = False,
        everywhere: bool = False,
    ) -> None:
        own = MemberConfig(OWN_GROUP, 1, PRIORITY, 1000, devices[0], Designation.NM_BACKUP, seat=Seat.RESTING, is_n_to_m=True)
        pooled = replace(own, seat=Seat.POOLED)
        seats = [replace(pooled, group=group) for group in protects]
        rules = PoolRules(exclusive, devices, OWN_GROUP, pooled if everywhere else None)
        self.engine = Engine(Identity(OWN_ID, 5, "pool", "1.0", bytes(16)), LanRules(), [own, *seats], rules)
        self.now_ns, self.effects, self.is_prompt, self.sequence = 10 * SECOND, [], True, 0
        self.devices = devices
        self.feed(Start())

    @property
    def pool(self) -> Pool:
        """What its seats share."""
        return self.engine.unit.pool

    def seat(self, group: int) -> Member:
        """One of its seats."""
        return self.engine.members[group]

    def state_of(self, group: int) -> State:
        """Of that seat."""
        return self.seat(group).state

    def _reports(self, effect: Effect) -> list[Event]:
        reports = super()._reports(effect)
        device = getattr(effect, "device", "")
        found = [replace(report, device=device) if isinstance(report, DeviceReported) else report for report in reports]
        if isinstance(effect, LoadDevice) and found:
            found.append(DeviceReported(device, DeviceReport.LOCKED, effect.order))
        return found

    def able(self) -> PoolDesk:
        """Link and all devices are there."""
        self.feed(LinkChanged(True, "up"))
        for device in self.devices:
            self.feed(DeviceReported(device, DeviceReport.READY))
        return self

    def holding(self, *groups: int, rank: int = 1000, readiness: int = 255, held: bool = True) -> PoolDesk:
        """The ledger says so."""
        for group in groups:
            reasons = () if readiness else ("another major version",)
            self.feed(ConfigChanged(group, 3, bytes([group]) * 32, held, readiness, rank, 4, reasons))
        return self

    def guarding(self, *groups: int) -> PoolDesk:
        """Able, holding everything, and all masters were heard just now."""
        chosen = groups or tuple(group for group in self.engine.members if group != OWN_GROUP)
        self.able().holding(*chosen)
        for group in chosen:
            self.home(group)
        self.effects.clear()
        return self

    def home(self, group: int, kind: Kind = Kind.ADVERT, **fields: int | Why | Flag | Designation) -> None:
        """The master of that group speaks."""
        self.speak(group, HOME_ID + group, kind, 254, **fields)

    def speak(self, group: int, unit_id: int, kind: Kind, rank: int, **fields: int | Why | Flag | Designation) -> None:
        """Any other unit does."""
        self.sequence += 1
        name, sent_us = f"unit-{unit_id}", self.now_ns // 1000
        made = Message(kind, 1, group, rank, 1000, unit_id, 9, self.sequence, sent_us, name, readiness=255)
        made = made._replace(**fields)  # type: ignore[arg-type]
        self.feed(PacketReceived(made, self.now_ns, "10.0.0.9"))

    def order(self, verb: Verb, group: int, *, forced: bool = False) -> str:
        """A command; the text of its answer so far."""
        self.feed(Command("c", verb, group, forced, author="ann"))
        return " ".join(reply.text for reply in self.all(Reply))

    def acting(self, group: int = 1) -> PoolDesk:
        """It has taken over that group; the other masters live."""
        others = [other for other in self.engine.members if other not in (group, OWN_GROUP)]
        for _ in range(4):
            self.pass_time(0.9)
            for other in others:
                self.home(other)
        assert self.state_of(group) is State.MASTER
        return self

    def loads(self) -> list[tuple[str, int]]:
        """(device, group) of every load, in order."""
        return [(effect.device, effect.group) for effect in self.all(LoadDevice)]

    def opens(self) -> list[str]:
        """Devices that were told to open."""
        return [effect.device for effect in self.all(OpenDevice)]

    def last(self, group: int, kind: Kind = Kind.BEACON) -> Message:
        """What it said last of that kind in that group."""
        return [message for message in self.sent(kind) if message.group == group][-1]
