"""Cores of many seats without a moment's rest: what they note goes through queue and socket into a ring each."""

from __future__ import annotations

import socket
from collections import deque
from itertools import islice
from pathlib import Path
from random import Random

from agent.core.channel import Client
from agent.core.recorder_port import Heard, Noted, RecorderPort
from agent.diagnostics.header import Made
from agent.diagnostics.notes import whole_notes
from agent.diagnostics.ring import Ring
from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.effects import Effect, LoadDevice, OpenDevice, Send
from agent.engine.engine import Engine
from agent.engine.events import DeviceReport, DeviceReported, Event, LinkChanged, PacketReceived, Sent, Start, Tick
from agent.wire.codec import encode
from agent.wire.keys import Keyring
from agent.wire.message import Message

MS = 1_000_000
SECOND = 1_000_000_000
FLUSH_NS = SECOND
BEGIN_NS = 1000 * SECOND
CALL_NS, WAY_NS, LATE_NS = (10_000, 40_000), (40_000, 90_000), (20_000, 120_000)
"""How long the system takes to send, how long a packet is under way, and how late a process wakes: from, to."""


class BusyLan:
    """One clock; what one core sends, the others hear."""

    def __init__(self, keys: Keyring | None = None) -> None:
        self.keys = keys
        self.now_ns = BEGIN_NS
        self.rng = Random(1)
        self.cores: list[BusyCore] = []
        self._under_way = deque[tuple[int, BusyCore, Message, bytes]]()
        self._arrival_ns = 0

    def send(self, sender: BusyCore, message: Message, raw: bytes) -> None:
        """To all but the sender; no packet overtakes another."""
        self._arrival_ns = max(self._arrival_ns, self.now_ns + self.rng.randrange(*WAY_NS))
        self._under_way += [(self._arrival_ns, core, message, raw) for core in self.cores if core is not sender]

    def run(self, for_ns: int) -> None:
        """Let time pass: packets as they arrive, deadlines as they fall due, a little late."""
        end_ns = self.now_ns + for_ns
        while True:
            late_ns = self.rng.randrange(*LATE_NS)
            due = [(deadline_ns + late_ns, core) for core in self.cores if (deadline_ns := core.engine.next_deadline_ns())]
            core_at_ns, next_core = min(due, key=lambda one: one[0], default=(end_ns, self.cores[0]))
            next_ns = min([core_at_ns, *(one[0] for one in islice(self._under_way, 1))])
            if next_ns > end_ns:
                break
            if self._under_way and self._under_way[0][0] < core_at_ns:
                arrived_ns, core, message, raw = self._under_way.popleft()
                self.now_ns = max(self.now_ns, arrived_ns)
                core.feed(PacketReceived(message, arrived_ns, "10.77.0.1"), Heard(raw, "10.77.0.1"))
            else:
                self.now_ns = max(self.now_ns, core_at_ns)
                next_core.feed(Tick())
        self.now_ns = max(self.now_ns, end_ns)


class BusyCore:
    """Every seat has a device of its own, which obeys at once; the seats' starts are spread over an interval."""

    def __init__(self, lan: BusyLan, ring: Ring, priority: int, seats: int, interval_ms: int) -> None:
        self.lan, self.ring = lan, ring
        members = [MemberConfig(group, 1, priority, interval_ms, f"rx{group}") for group in range(seats)]
        made = Made(Identity(priority, 1, "busy", "1.0", bytes(16)), LanRules(lan.keys is not None), members)
        self.engine = Engine(made.identity, made.rules, members)
        self._port = RecorderPort(self.engine, made, {"target": "239.192.7.7"}, now_ns=lambda: lan.now_ns)
        ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, self._theirs):
            end.setblocking(False)
        self._client = Client(ours)
        self._port.connect(self._client, {"hello": "recorder"})
        self._flush_at_ns, self._rest = lan.now_ns, b""
        lan.cores.append(self)
        self.feed(Start())
        self.feed(LinkChanged(is_up=True))
        for member in members:
            lan.run(interval_ms * MS // seats)
            self.feed(DeviceReported(member.device, DeviceReport.READY))

    def feed(self, event: Event, heard: Heard = Heard()) -> None:  # noqa: B008
        """As core does: what an event leads to, before the next; the recorder reads, and writes every second."""
        noted, queue = list[Noted](), deque([event])
        while queue:
            told = queue.popleft()
            effects = self.engine.handle(told, self.lan.now_ns)
            noted.append(Noted(told, self.lan.now_ns, effects))
            for effect in effects:
                queue += self._reports(effect)
        self._port.note(noted, heard)
        self._record()

    def _reports(self, effect: Effect) -> list[Event]:
        if isinstance(effect, Send):
            raw = encode(effect.message, self.lan.keys or Keyring())
            self._port.sent.append(raw)
            self.lan.now_ns += self.lan.rng.randrange(*CALL_NS)
            self.lan.send(self, effect.message, raw)
            return [Sent(effect.group, effect.message, self.lan.now_ns)]
        if isinstance(effect, LoadDevice):
            return [DeviceReported(effect.device, DeviceReport.LOADED, effect.order)]
        return [DeviceReported(effect.device, DeviceReport.OPENED, effect.order)] if isinstance(effect, OpenDevice) else []

    def _record(self) -> None:
        while data := self._read():
            notes, self._rest = whole_notes(self._rest + data)
            for note in notes:
                self.ring.write(note)
            self._client.flush()
        if self.lan.now_ns >= self._flush_at_ns:
            self._flush_at_ns = self.lan.now_ns + FLUSH_NS
            self.ring.flush()

    def _read(self) -> bytes:
        try:
            return self._theirs.recv(1 << 20)
        except BlockingIOError:
            return b""

    def end(self) -> None:
        """The record is whole."""
        self.ring.close()
        self._client.close()
        self._theirs.close()


def size_of(folder: Path) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in folder.iterdir())
