"""What waits for the recorder: bounded, and where something is missing it says so."""

from collections import deque

from agent.core.channel import Client
from agent.diagnostics.notes import packed

MAX_WAITING = 4096
"""Notes; a recorder that restarts misses none of them at 1,000 a second."""
MAX_PACKET_BYTES = 48 * 1024
"""Sent at once. A longer note (a state of 256 seats: 0.5 MB) goes in pieces: the kernel of another machine may take no more."""


class NoteQueue:
    """Notes as they leave, the oldest first. `is_holed`: something is missing since the last state."""

    def __init__(self, header: bytes) -> None:
        self._waiting: deque[bytes] = deque([header])
        self._is_dropping = False
        self.is_holed = False

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return not self._waiting

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def has_room(self, at_ns: int) -> bool:
        """For one more. False: it is missing from the record, and the first of a row that is missing leaves a gap."""
        if len(self._waiting) < MAX_WAITING:
            self._is_dropping = False
            return True
        if not self._is_dropping:
            self._is_dropping = self.is_holed = True
            self._waiting.append(_gap(at_ns))
        return False

    def add(self, note: bytes) -> None:
        """See `has_room` before, of an event."""
        self._waiting.append(note)

    def add_state(self, state: bytes) -> None:
        """From here on a replay knows again what the engine knows."""
        self._waiting.append(state)
        self.is_holed = self._is_dropping = False

    def begin_anew(self, header: bytes, at_ns: int) -> None:
        """Another recorder: what its predecessor was sent may be lost."""
        self._waiting.extendleft([_gap(at_ns), header])
        self.is_holed = True

    def flush(self, client: Client | None) -> None:
        """Hand over as much as there is room for; small notes together, long ones in pieces."""
        waiting = self._waiting
        while client is not None and waiting and client.has_room:
            packet = [waiting.popleft()]
            size = len(packet[0])
            while waiting and size + len(waiting[0]) <= MAX_PACKET_BYTES:
                size += len(waiting[0])
                packet.append(waiting.popleft())
            data = b"".join(packet)
            for start in range(0, size, MAX_PACKET_BYTES):
                client.send_bytes(data[start : start + MAX_PACKET_BYTES])


def _gap(at_ns: int) -> bytes:
    """From here on a replay does not know what the engine knew, until the next state."""
    return packed(f'{{"at":{at_ns},"event":"gap"}}')
