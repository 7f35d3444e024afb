"""How the flight recorder is, as core knows it: for status, the faces and an alarm."""

from time import monotonic_ns

from agent.core.channel import Json

AWAY_NS = 10 * 1_000_000_000
"""Without a recorder for so long, a person must know. One that has died is back within 2 s."""
MAX_FAULT_CHARACTERS = 200


class RecorderHealth:
    """`notes`: handed over or waiting; `dropped`: missing from the record, because it did not take them in time; of this boot.

    `bytes_on_disk` and `oldest_ns` (UTC ns; 0: nothing is there) are the recorder's own word.
    """

    def __init__(self, is_enabled: bool) -> None:
        self.is_enabled = is_enabled
        self.notes = self.dropped = self.bytes_on_disk = self.oldest_ns = 0
        self._fault_of_core = self._fault_of_recorder = ""
        self._is_connected = False
        self._since_ns = monotonic_ns()

    @property
    def is_off(self) -> bool:
        """Nothing is to be noted: a person wants it so, or noting has failed."""
        return not self.is_enabled or bool(self._fault_of_core)

    def connected(self, hello: Json) -> None:
        """A recorder has come."""
        self._is_connected, self._since_ns = True, monotonic_ns()
        self.hear(hello)

    def disconnected(self) -> None:
        """It has gone. What it said last stands until the next one speaks."""
        self._is_connected, self._since_ns = False, monotonic_ns()

    def hear(self, message: Json) -> None:
        """What the recorder says of itself: `{"fault": "…", "bytes": 123, "oldest": UTC ns}`; what is missing is as before."""
        fault, size, oldest_ns = (message.get(name) for name in ("fault", "bytes", "oldest"))
        if isinstance(fault, str):
            self._fault_of_recorder = fault[:MAX_FAULT_CHARACTERS]
        if isinstance(size, int) and isinstance(oldest_ns, int):
            self.bytes_on_disk, self.oldest_ns = max(0, size), max(0, oldest_ns)

    def failed(self, error: Exception) -> None:
        """Making notes has failed: a fault of ours, which must not end core."""
        self._fault_of_core = f"nothing is recorded until core starts again: {type(error).__name__}: {error}"

    @property
    def fault(self) -> str:
        """Why nothing is recorded although it should be, a sentence; empty: all is well, or it is not enabled."""
        if not self.is_enabled:
            return ""
        if said := self._fault_of_core or self._fault_of_recorder:
            return said
        is_away = not self._is_connected and monotonic_ns() - self._since_ns > AWAY_NS
        return "no recorder is running: see what the agent has printed" if is_away else ""

    @property
    def is_up(self) -> bool:
        """Is what happens now being written?"""
        return self.is_enabled and self._is_connected and not self.fault

    def as_json(self) -> Json:
        """For core's snapshot of the unit."""
        return {
            "enabled": self.is_enabled,
            "up": self.is_up,
            "fault": self.fault,
            "notes": self.notes,
            "dropped": self.dropped,
            "bytes": self.bytes_on_disk,
            "oldest_ns": self.oldest_ns,
        }
