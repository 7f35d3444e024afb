"""Where a unit's own record says nothing: before it begins, where notes are missing, after a boot that ended without an order."""

from typing import NamedTuple

from agent.diagnostics.notes import Json

EVER_NS = 1 << 62


class Hole(NamedTuple):
    """[start, end] on the unit's own clock; -EVER_NS: before the record, EVER_NS: after it."""

    start_ns: int
    end_ns: int


class Holes:
    """Give it all notes of a record, in their order, then `end`."""

    def __init__(self) -> None:
        self._found: list[Hole] = []
        self._last_ns: int | None = None
        self._unit: Json = {}
        self._is_missing = False
        self._is_stopping = False
        self._states: dict[int, str] = {}
        """By group."""

    def take(self, text: Json) -> None:
        """Headers are written again in each segment, and clocks are the recorder's own: neither says that core was heard."""
        word = text["event"]
        if word == "header":
            self._meet(text["unit"])
        elif word == "gap":
            self._is_missing = True
        elif word != "clock":
            self._hear(text)

    def _meet(self, unit: Json) -> None:
        if self._unit and unit != self._unit:
            self._is_missing = not self._has_stopped()
            self._states, self._is_stopping = {}, False
        self._unit = unit

    def _hear(self, text: Json) -> None:
        at_ns = text["at"]
        if self._last_ns is None and text["event"] != "start":
            self._found.append(Hole(-EVER_NS, at_ns))
        elif self._last_ns is not None and self._is_missing:
            self._found.append(Hole(self._last_ns, at_ns))
        self._last_ns, self._is_missing = at_ns, False
        self._is_stopping |= text["event"] == "command" and text.get("verb") == "stop"
        for effect in text.get("effects", ()):
            if effect[0] == "transition":
                self._states[effect[1]] = effect[3]

    def _has_stopped(self) -> bool:
        """In order: nothing opens after that."""
        return self._is_stopping and set(self._states.values()) <= {"off"}

    def end(self) -> list[Hole]:
        """All of them."""
        if self._last_ns is not None and not self._has_stopped():
            self._found.append(Hole(self._last_ns, EVER_NS))
        return self._found
