"""A capture, replayed through the engine from one unit's point of view.

The observer's own packets in the capture are not fed but kept as the truth: the engine, told what the unit heard, must send the
same packets at the same times. What a capture cannot show (commands, a pulled cable, a frozen process) is in `inputs`.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.effects import Effect, LoadDevice, MuteDevice, OpenDevice, RaiseAlarm, Send, Transition
from agent.engine.engine import Engine
from agent.engine.events import (
    Command,
    DeviceReport,
    DeviceReported,
    Event,
    LinkChanged,
    PacketReceived,
    PacketRejected,
    SendFailed,
    Sent,
    Stalled,
    Start,
    Tick,
    Verb,
)
from agent.engine.peers import Peers
from agent.wire.codec import decode
from agent.wire.errors import DecodeError, Rejection
from agent.wire.keys import Keyring, make_key
from agent.wire.message import REQUIRED_TTL, Designation, Kind, Message
from tests.pcaps.pcapfile import Frame

MS = 1_000_000
BASE_NS = 1_000_000 * MS
"""Monotonic time of the first packet."""
STALL_NS = 100 * MS
DEVICE = "rx7"
Json = dict[str, Any]
_ANSWERS: dict[type, tuple[str, DeviceReport]] = {
    LoadDevice: ("load", DeviceReport.LOADED),
    OpenDevice: ("open", DeviceReport.OPENED),
    MuteDevice: ("mute", DeviceReport.MUTED),
}


class Told(NamedTuple):
    """A packet that the observer sent: in the capture, or in the replay."""

    at_ms: float
    message: Message

    def __str__(self) -> str:
        return f"{self.at_ms:9.3f} {self.message.kind.name}"


class RecordedNonces(Peers):
    """The recorded unit drew its nonces from a seed that nobody knows; the answers in the capture carry those.

    A question that is asked again carries the same one.
    """

    def __init__(self, is_authenticated: bool, nonces: list[int]) -> None:
        super().__init__(is_authenticated, b"replay")
        self._recorded = iter(nonces)

    def fresh_nonce(self) -> int:
        """The next that the unit asked with; an own one when the replay asks more than the unit did (which will show)."""
        return next(self._recorded, 0) or super().fresh_nonce()


class Replay:
    """Run it with `run`; then look at what came of it. `expected` is the content of NAME.expected.json."""

    def __init__(self, expected: Json, frames: list[Frame]) -> None:
        self._observer: Json = expected["observer"]
        self._device_ms: Json = expected["device_ms"]
        key = self._observer["key"]
        self._keyring = Keyring([make_key(bytes.fromhex(key))] if key else [])
        self._start_ns = frames[0].time_ns
        self._unit_id = int(self._observer["unit_id"], 16)
        self.truth: list[Told] = []
        self.sent: list[Told] = []
        self.transitions: list[Transition] = []
        self.alarms: list[str] = []
        self._numbers = count()
        self._queue: list[tuple[int, int, Event]] = []
        self._freezes: list[tuple[int, int]] = []
        for frame in frames:
            self._take(frame)
        for given in expected["inputs"]:
            self._give(given)
        self.engine = self._engine()
        self._now_ns = BASE_NS
        self._end_ns = self.ns(self.ms(frames[-1].time_ns - self._start_ns + BASE_NS)) + MS

    def ms(self, at_ns: int) -> float:
        """Monotonic to milliseconds since the first packet."""
        return (at_ns - BASE_NS) / MS

    def ns(self, at_ms: float) -> int:
        """And back."""
        return BASE_NS + round(at_ms * MS)

    def _engine(self) -> Engine:
        observer = self._observer
        identity = Identity(self._unit_id, observer["boot"], observer["name"], observer["software"], b"replay")
        member = MemberConfig(
            observer["group"],
            observer["device_type"],
            observer["priority"],
            observer["interval_ms"],
            DEVICE,
            Designation[observer["designation"].upper()],
            observer["preempt"],
        )
        engine = Engine(identity, LanRules(bool(self._keyring), observer["beacon"]), [member])
        nonces = dict.fromkeys(told.message.nonce for told in self.truth if told.message.kind is Kind.QUESTION)
        engine.unit.peers = RecordedNonces(bool(self._keyring), list(nonces))
        return engine

    def _take(self, frame: Frame) -> None:
        at_ns = frame.time_ns - self._start_ns + BASE_NS
        event = self._heard(frame, at_ns)
        if isinstance(event, PacketReceived) and frame.source == self._observer["address"]:
            self.truth.append(Told(self.ms(at_ns), event.message))
        else:
            self._push(at_ns, event)

    def _heard(self, frame: Frame, at_ns: int) -> Event:
        if frame.ttl < REQUIRED_TTL:
            return PacketRejected(Rejection.TTL)
        try:
            return PacketReceived(decode(frame.payload, self._keyring), at_ns, frame.source)
        except DecodeError as error:
            return PacketRejected(error.reason)

    def _give(self, given: Json) -> None:
        at_ns, what = self.ns(given["at_ms"]), given["what"]
        if what == "freeze":
            self._freezes.append((at_ns, self.ns(given["until_ms"])))
        elif what == "link":
            self._push(at_ns, LinkChanged(given["up"], "as recorded"))
        elif what == "device ready":
            self._push(at_ns, DeviceReported(DEVICE, DeviceReport.READY))
        else:
            self._push(at_ns, Command("recorded", Verb(given["verb"]), self._observer["group"]))

    def _push(self, at_ns: int, event: Event) -> None:
        heapq.heappush(self._queue, (at_ns, next(self._numbers), event))

    def run(self) -> None:
        """From the first packet to the last."""
        self._handle(Start())
        self._handle(LinkChanged(True, "recorded"))
        while (at_ns := self._next_ns()) <= self._end_ns:
            frozen = next((freeze for freeze in self._freezes if freeze[0] <= at_ns < freeze[1]), None)
            if frozen:
                self._thaw(frozen[1])
            else:
                self._now_ns = at_ns
                self._drain()
                self._handle(Tick())

    def _next_ns(self) -> int:
        deadline_ns = self.engine.next_deadline_ns()
        times = [self._queue[0][0]] if self._queue else []
        times += [] if deadline_ns is None else [deadline_ns]
        return max(min(times, default=self._end_ns + 1), self._now_ns)

    def _thaw(self, at_ns: int) -> None:
        """As the loop does it: everything that waits is read before the clock is believed."""
        deadline_ns = self.engine.next_deadline_ns()
        self._now_ns = at_ns
        self._drain()
        if deadline_ns is not None and at_ns - deadline_ns > STALL_NS:
            self._handle(Stalled(at_ns - deadline_ns))
        self._handle(Tick())

    def _drain(self) -> None:
        while self._queue and self._queue[0][0] <= self._now_ns:
            self._handle(heapq.heappop(self._queue)[2])

    def _handle(self, event: Event) -> None:
        """As core does: all effects of one event before the next event."""
        events: deque[Event] = deque([event])
        while events:
            for effect in self.engine.handle(events.popleft(), self._now_ns):
                events.extend(self._carry_out(effect))

    def _carry_out(self, effect: Effect) -> Iterator[Event]:
        if isinstance(effect, Send):
            yield self._send(effect)
        elif isinstance(effect, Transition):
            self.transitions.append(effect)
        elif isinstance(effect, RaiseAlarm):
            self.alarms.append(effect.name)
        elif isinstance(effect, LoadDevice | OpenDevice | MuteDevice):
            order, report = _ANSWERS[type(effect)]
            self._push(self._now_ns + round(self._device_ms[order] * MS), DeviceReported(DEVICE, report, effect.order))

    def _send(self, effect: Send) -> Event:
        if not self.engine.unit.is_link_up:
            return SendFailed(effect.group, effect.message, "no link")
        self.sent.append(Told(self.ms(self._now_ns), effect.message))
        return Sent(effect.group, effect.message, self._now_ns)

    def rejected(self) -> dict[str, int]:
        """All counters, as `understudy status` shows them."""
        member = self.engine.members[self._observer["group"]]
        return dict(self.engine.unit.rejected) | member.rejected
