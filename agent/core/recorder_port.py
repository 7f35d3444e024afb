"""Core's side of the flight recorder: what the engine was told and what came of it. Core never waits for it.

What the recorder does not take in time is dropped and counted; it is told how much, and then gets the engine's whole state, so
that replays can go on from there.
"""

from collections import deque
from collections.abc import Iterable
from time import monotonic_ns, time_ns
from typing import NamedTuple

from agent.core.channel import Client, Json
from agent.diagnostics.header import Made, header_of
from agent.diagnostics.notes import json_text, note_of, packed
from agent.diagnostics.state import packed_state
from agent.engine.effects import Effect
from agent.engine.engine import Engine
from agent.engine.events import Event, PacketReceived, PacketRejected, SendFailed, Sent
from agent.settings.model import LanSettings

MAX_WAITING = 4096
"""Notes; a recorder that restarts misses none of them at 1,000 a second."""
MAX_PACKET_BYTES = 48 * 1024
STATE_EVERY_NS = 600 * 1_000_000_000
STATE_EVERY_NOTES = 200_000
QUIET_NS = 5_000_000
QUIET_PER_SEAT_NS = 100_000
"""A state is made when no deadline is nearer than this."""


class Noted(NamedTuple):
    """One event, when the engine was told, and what came of it."""

    event: Event
    at_ns: int
    effects: Iterable[Effect]


class Heard(NamedTuple):
    """The datagram that an event was made of, and who sent it."""

    data: bytes = b""
    address: str = ""


class RecorderPort:
    """`sent`: datagrams, in the order in which their Sent or SendFailed will be noted. One recorder at a time."""

    def __init__(self, engine: Engine, made: Made, lan: Json) -> None:
        self.client: Client | None = None
        self.lost = 0
        self.fault = ""
        """Why nothing is recorded any more: a fault of ours, which must not end core."""
        self.sent: deque[bytes] = deque()
        self._engine, self._made, self._lan = (
            engine,
            made,
            {name: value for name, value in lan.items() if isinstance(value, str | int)},
        )
        self._waiting: deque[bytes] = deque([self._header()])
        self._untold = self._since_state = 0
        self._has_recorded = False
        self._is_holed = False
        """Something is missing since the last state."""
        self._state_at_ns = monotonic_ns() + STATE_EVERY_NS

    def _header(self) -> bytes:
        return packed(json_text(header_of(self._made, (monotonic_ns(), time_ns()), self._lan)))

    @property
    def state(self) -> str:
        """For `status`."""
        return self.fault or ("recording" if self.client else "no recorder is connected")

    def connect(self, client: Client) -> None:
        """The recorder has come, perhaps again."""
        if self.client is not None:
            self.client.close()
        self.client = client
        if self._has_recorded:  # nobody knows what its predecessor did not write any more
            self._waiting.extendleft([self._gap(), self._header()])
        self._has_recorded = True

    def forget(self, client: Client) -> None:
        """It has gone."""
        if client is self.client:
            self.client = None

    def note(self, noted: Iterable[Noted], heard: Heard) -> None:
        """Everything that followed from one thing. Never raises: that would mute the output for a line in a file."""
        if self.fault:
            return
        try:
            for one in noted:
                self._note(one, heard)
            self._flush()
            if self._is_time_for_a_state():
                self._add_state()
        except Exception as error:
            self.fault = f"nothing is recorded until core starts again: {type(error).__name__}: {error}"
            self.sent.clear()
            self._waiting.clear()

    def _note(self, noted: Noted, heard: Heard) -> None:
        event = noted.event
        raw = b""
        address = ""
        if isinstance(event, Sent | SendFailed):
            raw = self.sent.popleft()
        elif isinstance(event, PacketReceived | PacketRejected):
            raw = heard.data
            address = heard.address if isinstance(event, PacketRejected) else ""
        if len(self._waiting) >= MAX_WAITING:
            if not self._is_holed:
                self._waiting.append(self._gap())
            self._untold += 1
            self.lost += 1
            return
        self._since_state += 1
        self._waiting.append(packed(note_of(event, noted.at_ns, noted.effects, address), raw))

    def _gap(self) -> bytes:
        """From here on a replay does not know what the engine knew, until the next state."""
        self._is_holed = True
        return packed(f'{{"at":{monotonic_ns()},"event":"gap"}}')

    def _flush(self) -> None:
        client, waiting = self.client, self._waiting
        while client is not None and waiting and client.has_room:
            packet = [waiting.popleft()]
            size = len(packet[0])
            while waiting and size + len(waiting[0]) <= MAX_PACKET_BYTES:
                size += len(waiting[0])
                packet.append(waiting.popleft())
            client.send_bytes(b"".join(packet))

    def _is_time_for_a_state(self) -> bool:
        if self.client is None or self._waiting:
            return False
        now_ns = monotonic_ns()
        if not self._is_holed and now_ns < self._state_at_ns and self._since_state < STATE_EVERY_NOTES:
            return False
        deadline_ns = self._engine.next_deadline_ns()
        quiet_ns = QUIET_NS + QUIET_PER_SEAT_NS * len(self._engine.members)
        return deadline_ns is None or deadline_ns - now_ns > quiet_ns

    def _add_state(self) -> None:
        now_ns = monotonic_ns()
        self._waiting.append(self._header())
        self._waiting.append(packed(f'{{"at":{now_ns},"event":"state","lost":{self._untold}}}', packed_state(self._engine)))
        self._untold, self._since_state, self._is_holed = 0, 0, False
        self._state_at_ns = now_ns + STATE_EVERY_NS
        self._flush()


def lan_of(settings: LanSettings) -> Json:
    """What a record says of the LAN. A unicast LAN has many targets: none is named."""
    return {"target": settings.multicast_address or "", "port": settings.port}
