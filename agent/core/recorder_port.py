"""Core's side of the flight recorder: what the engine was told and what came of it. Core never waits for it.

What the recorder does not take in time is dropped and counted; it is told how much, and then gets the engine's whole state, so
that replays can go on from there.
"""

from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic_ns
from typing import NamedTuple

from agent.core.channel import Client, Json
from agent.core.recorder_health import RecorderHealth
from agent.core.recorder_queue import NoteQueue
from agent.diagnostics.header import Made, both_clocks, header_of
from agent.diagnostics.notes import json_text, note_of, packed
from agent.diagnostics.state import packed_state
from agent.engine.effects import Effect
from agent.engine.engine import Engine
from agent.engine.events import Event, PacketReceived, PacketRejected, SendFailed, Sent
from agent.settings.model import LanSettings

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
    """`sent`: datagrams, in the order in which their Sent or SendFailed will be noted. One recorder at a time.

    `is_enabled` False: nothing is noted at all ([recorder] enabled).
    """

    def __init__(
        self, engine: Engine, made: Made, lan: Json, is_enabled: bool = True, now_ns: Callable[[], int] = monotonic_ns
    ) -> None:
        self._now_ns = now_ns
        self.client: Client | None = None
        self.health = RecorderHealth(is_enabled)
        self.sent: deque[bytes] = deque()
        self._engine, self._made = engine, made
        self._lan = {name: value for name, value in lan.items() if isinstance(value, str | int)}
        self._queue = NoteQueue(self._header())
        self._number = self._since_state = self._told_lost = 0
        """`_number`: of the next event in this boot, from 0, noted or dropped."""
        self._has_recorded = False
        self._state_at_ns = now_ns() + STATE_EVERY_NS

    def _header(self) -> bytes:
        return packed(json_text(header_of(self._made, both_clocks(self._now_ns), self._lan)))

    def connect(self, client: Client, hello: Json) -> None:
        """The recorder has come, perhaps again, and says what kept it from writing."""
        if self.client is not None:
            self.client.close()
        self.client = client
        self.health.connected(hello)
        if self._has_recorded:  # nobody knows what its predecessor did not write any more
            self._queue.begin_anew(self._header(), self._now_ns())
        self._has_recorded = True
        self._queue.flush(client)  # a unit without a link may have nothing to note for long

    def owns(self, client: Client) -> bool:
        """Is it the recorder that speaks?"""
        return client is self.client

    def forget(self, client: Client) -> None:
        """It has gone."""
        if client is self.client:
            self.client = None
            self.health.disconnected()

    def note(self, noted: Iterable[Noted], heard: Heard) -> None:
        """Everything that followed from one thing. Never raises: that would mute the output for a line in a file."""
        if self.health.is_off:
            self.sent.clear()
            return
        try:
            for one in noted:
                self._note(one, heard)
            self._queue.flush(self.client)
            if self._is_time_for_a_state():
                self._add_state()
        except Exception as error:
            self.health.failed(error)
            self.sent.clear()
            self._queue.clear()

    def _note(self, noted: Noted, heard: Heard) -> None:
        event = noted.event
        raw = b""
        address = ""
        if isinstance(event, Sent | SendFailed):
            raw = self.sent.popleft()
        elif isinstance(event, PacketReceived | PacketRejected):
            raw = heard.data
            address = heard.address if isinstance(event, PacketRejected) else ""
        self._number += 1
        if self._queue.has_room(noted.at_ns):
            self._since_state += 1
            self.health.notes += 1
            self._queue.add(packed(note_of(event, noted.at_ns, noted.effects, address), raw))
        else:
            self.health.dropped += 1

    def _is_time_for_a_state(self) -> bool:
        if self.client is None or not self._queue.is_empty:
            return False
        now_ns = self._now_ns()
        if not self._queue.is_holed and now_ns < self._state_at_ns and self._since_state < STATE_EVERY_NOTES:
            return False
        deadline_ns = self._engine.next_deadline_ns()
        quiet_ns = QUIET_NS + QUIET_PER_SEAT_NS * len(self._engine.members)
        return deadline_ns is None or deadline_ns - now_ns > quiet_ns

    def _add_state(self) -> None:
        """Nothing is in flight: all effects of all events are carried out, and what came of them is noted."""
        now_ns, lost = self._now_ns(), self.health.dropped - self._told_lost
        self._queue.add(self._header())
        text = f'{{"at":{now_ns},"event":"state","number":{self._number},"lost":{lost}}}'
        self._queue.add_state(packed(text, packed_state(self._engine)))
        self._since_state, self._told_lost = 0, self.health.dropped
        self._state_at_ns = now_ns + STATE_EVERY_NS
        self._queue.flush(self.client)


def lan_of(settings: LanSettings) -> Json:
    """What a record says of the LAN. A unicast LAN has many targets: none is named."""
    return {"target": settings.multicast_address or "", "port": settings.port}
