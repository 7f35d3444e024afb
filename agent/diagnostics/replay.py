"""Recorded inputs through the engine again: the same transitions at the same times, or where they first differ.

The same events at the same times always give the same effects; so a record is a failover that can be looked at for ever, and a
bug report that shows the bug.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from agent.diagnostics.events import engine_of, event_of
from agent.diagnostics.notes import Json, Note, text_of
from agent.diagnostics.state import StateError, restored
from agent.engine.effects import Effect, Transition
from agent.engine.engine import Engine
from agent.engine.events import Event
from agent.wire.errors import DecodeError

Watcher = Callable[[Note, Event, list[Effect], Engine], None]
_OURS = frozenset({"header", "state", "clock", "gap"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the replay first did something else. `number` counts the notes from 1."""

    number: int
    at_ns: int
    event: str
    recorded: list[Any]
    replayed: list[Any]


@dataclass(slots=True)
class Outcome:
    """What came of a replay."""

    software: str = ""
    notes: int = 0
    events: int = 0
    skipped: int = 0
    """Events before the first header or state, or after a gap: nobody knows what the engine knew then."""
    transitions: int = 0
    lost: int = 0
    """Events that are missing: core had to drop them, or the disk has not kept them."""
    difference: Difference | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def is_identical(self) -> bool:
        """Everything that could be replayed was, and there was something."""
        return self.difference is None and self.events > 0 and not self.problems


class Replay:
    """Feed it with notes; it stops comparing at the first difference."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.outcome = Outcome()
        self.engine: Engine | None = None
        self._header: Json | None = None
        self._number = 0
        """Of the next event in its boot, from 0; as far as is known."""
        self._watcher = watcher

    def run(self, notes: Iterable[Note]) -> Outcome:
        """All of them."""
        for note in notes:
            self.outcome.notes += 1
            self._take(note)
            if self.outcome.difference is not None:
                break
        return self.outcome

    def _take(self, note: Note) -> None:
        word = note.text["event"]
        try:
            if word not in _OURS:
                self._handle(note)
            elif word == "header":
                self._meet(note.text)
            elif word == "state":
                self._restore(note)
            elif word == "gap":
                self.engine = None
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError, DecodeError) as error:
            self.outcome.problems.append(f"note {self.outcome.notes} ({word}) cannot be read: {error}")
            self.engine = None

    def _meet(self, header: Json) -> None:
        """The same header again is that of the next segment of one boot. It has a number where that was cut (`_goes_on`)."""
        if self._header is None or self._header["unit"] != header["unit"]:
            self._header, self.outcome.software = header, header["software"]
            self.engine, self._number = engine_of(header), 0
        self._goes_on(header.get("number", self._number))

    def _goes_on(self, number: int | None) -> None:
        """With that event (None: nobody knows which). When another should follow, something is missing, until a state."""
        if number == self._number:
            return
        self.engine = None
        if number is not None:
            self.outcome.lost += max(0, number - self._number) if self.outcome.events else 0
            self._number = number

    def _restore(self, note: Note) -> None:
        """Only where the way that led there is not known: something is missing before it, said or unsaid."""
        number = note.text.get("number", self._number)
        if self._header is None or (self.engine is not None and number == self._number and self.outcome.events):
            return
        if self.outcome.events:
            self.outcome.lost += max(0, number - self._number) or note.text.get("lost", 0)
        self._number = number
        try:
            self.engine = restored(self._header, note.raw)
        except StateError as error:
            self.engine = None
            self.outcome.problems.append(str(error))

    def _handle(self, note: Note) -> None:
        self._number += 1
        if self.engine is None:
            self.outcome.skipped += 1
            return
        event = event_of(note)
        effects = self.engine.handle(event, note.text["at"])
        self._compare(note, effects)
        if self._watcher is not None:
            self._watcher(note, event, effects, self.engine)

    def _compare(self, note: Note, effects: list[Effect]) -> None:
        outcome, recorded = self.outcome, note.text.get("effects", [])
        replayed = [json.loads(text_of(effect)) for effect in effects]
        outcome.events += 1
        outcome.transitions += sum(isinstance(effect, Transition) for effect in effects)
        if replayed != recorded:
            outcome.difference = Difference(outcome.notes, note.text["at"], note.text["event"], recorded, replayed)


def replay(notes: Iterable[Note], watcher: Watcher | None = None) -> Outcome:
    """Run them through an engine of this software. `watcher` sees each event with what came of it."""
    return Replay(watcher).run(notes)
