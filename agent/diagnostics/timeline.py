"""What is known of a piece of time, from a unit's own record: packets, what it decided, and what happened to it.

Times are ns on one clock: the recording unit's monotonic one, or UTC of an outsider's capture; `utc` says which UTC that is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agent.diagnostics.blind import Hole, Holes
from agent.diagnostics.blocks import Clock
from agent.diagnostics.events import message_of
from agent.diagnostics.notes import Json, Note
from agent.wire.errors import DecodeError
from agent.wire.message import Kind, Message

OF_A_MASTER = (Kind.ADVERT, Kind.CLAIM)
CUT_SHORT = "cut_short"
"""The reason of a change that no engine decided: its process had gone."""
_ON_AIR = ("claiming", "master", "yielding", "off_on_air")
FAREWELLS = (Kind.GIVE_UP, Kind.HANDOVER)


@dataclass(frozen=True, slots=True)
class Word:
    """A packet. `is_own`: sent by the unit whose record this is. `refused`: why it was not believed; empty: it was."""

    at_ns: int
    message: Message
    address: str = ""
    is_own: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Anything else: `what` is a word of agent.diagnostics.notes (stalled, link, device, command, …), or that of an effect."""

    at_ns: int
    what: str
    data: Json
    who: str = ""
    """The unit whose record says so."""


@dataclass(frozen=True, slots=True)
class Change:
    """A member's role changed. `unit_id` 0: an outsider does not know whose."""

    at_ns: int
    group: int
    unit_id: int
    before: str
    after: str
    reason: str
    text: str = ""


@dataclass(slots=True)
class Timeline:
    """`unit_id` 0: an outsider's view, in which no decision is known and changes are read from packets."""

    unit_id: int = 0
    name: str = ""
    clock: Clock = field(default_factory=lambda: Clock(0, 0))
    words: list[Word] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    members: dict[int, Json] = field(default_factory=dict)
    """By group: priority, interval and so on of the recording unit."""
    names: dict[int, str] = field(default_factory=dict)
    foreign: int = 0
    """Packets of nobody here."""
    repeated: int = 0
    """Of an outsider's capture: packets that came again, as recordings do."""
    goes_on: bool = False
    """The record has more, after this piece of it."""
    holes: list[Hole] = field(default_factory=list)
    """Of the recording unit nothing is known then."""

    @property
    def is_outside(self) -> bool:
        """Was it seen from outside?"""
        return not self.unit_id

    def name_of(self, unit_id: int) -> str:
        """As people call it."""
        return self.names.get(unit_id) or (f"unit {unit_id:016x}" if unit_id else "an unknown unit")

    def since(self, start_ns: int, end_ns: int, group: int | None = None) -> list[Word]:
        """The words of a time, of one group or all."""
        return [
            word for word in self.words if start_ns <= word.at_ns <= end_ns and (group is None or word.message.group == group)
        ]


_FACTS = {"stalled", "link", "device", "command", "adjusted", "config", "not_sent", "start", "gap"}
_TOLD = {"alarm", "alarm_cleared", "reply", "takeover", "lease", "open", "mute", "load"}


def timeline_of(notes: Iterable[Note]) -> Timeline:
    """From a unit's own record; of several boots, all."""
    found, holes, last_ns = Timeline(), Holes(), 0
    for note in notes:
        word = note.text["event"]
        holes.take(note.text)
        if word == "header":
            _meet(found, note.text)
        elif word == "start":
            found.changes += _cut_short(found, last_ns)
        elif word in ("heard", "sent", "refused"):
            _add_word(found, note)
        if word in _FACTS:
            found.facts.append(Fact(note.text["at"], word, note.text, found.name))
        for effect in note.text.get("effects", ()):
            _add_effect(found, note.text["at"], effect)
        last_ns = last_ns if word in ("header", "clock") else note.text["at"]
    found.words.sort(key=lambda word: word.at_ns)
    found.holes = holes.end()
    return found


def _cut_short(found: Timeline, last_ns: int) -> list[Change]:
    """Core starts: what the boot before had been until its last note, it is no longer. An orderly stop ends in `off`."""
    ends = {change.group: change for change in found.changes if change.unit_id == found.unit_id}
    text = "core ended without an order, and has started again"
    return [
        Change(last_ns, group, found.unit_id, end.after, "init", CUT_SHORT, text)
        for group, end in ends.items()
        if end.after in _ON_AIR
    ]


def _meet(found: Timeline, header: Json) -> None:
    found.unit_id, found.name = header["unit"]["unit_id"], header["unit"]["name"]
    found.names[found.unit_id] = found.name
    found.clock = Clock(header["at"], header["utc"])
    found.members = {member["group"]: member for member in header["members"]}


def _add_word(found: Timeline, note: Note) -> None:
    text = note.text
    at_ns: int = text.get("received") or text.get("sent") or text["at"]
    try:
        message = message_of(note.raw)
    except DecodeError:
        found.foreign += 1
        return
    is_own = text["event"] == "sent"
    if not is_own and message.unit_id == found.unit_id:
        return  # a unit hears its own multicast
    if text["event"] != "refused":
        found.names[message.unit_id] = message.name
    found.words.append(Word(at_ns, message, text.get("from", ""), is_own, text.get("reason", "")))


def _add_effect(found: Timeline, at_ns: int, effect: list[Any]) -> None:
    if effect[0] == "transition":
        _, group, before, after, reason, text, _ = effect
        found.changes.append(Change(at_ns, group, found.unit_id, before, after, reason, text))
    elif effect[0] in _TOLD:
        found.facts.append(Fact(at_ns, effect[0], {"effect": effect}, found.name))
