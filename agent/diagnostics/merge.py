"""Two units' records of one incident: their clocks compared by the packets that both have, and whether two outputs were open."""

from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from agent.diagnostics.blind import Hole
from agent.diagnostics.outputs import Open, open_times
from agent.diagnostics.timeline import Timeline, Word
from agent.engine.timing import MS, SECOND

NEAR_NS = 15 * SECOND
"""Clocks drift up to 0.1 ms a second apart: the nearest packets say most."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The second unit's clock less the first one's. `doubt_ns`: it may be off by so much; None: known by wall clocks alone."""

    ns: int
    doubt_ns: int | None
    packets: int

    def __str__(self) -> str:
        if self.doubt_ns is None:
            return "no packet is in both records: compared by the units' wall clocks, which may be wrong by any amount"
        return f"the clocks were compared by {self.packets} packets, to ± {self.doubt_ns / MS:.3f} ms"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two outputs were open together; times on the first unit's clock."""

    outputs: tuple[str, str]
    start_ns: int
    end_ns: int

    @property
    def ms(self) -> float:
        """How long."""
        return (self.end_ns - self.start_ns) / MS


def offset_between(first: Timeline, second: Timeline, at_ns: int | None = None) -> Offset:
    """`at_ns`: the moment of interest, on the first unit's clock as the wall clocks see it.

    A packet takes its time: the quickest one each way bounds the difference of the clocks from both sides (as NTP has it).
    """
    by_wall_ns = (second.clock.monotonic_ns - second.clock.utc_ns) - (first.clock.monotonic_ns - first.clock.utc_ns)
    there, back = _ways(first, second), _ways(second, first)
    near = [(_near(ways, at)) for ways, at in ((there, at_ns), (back, None if at_ns is None else at_ns + by_wall_ns))]
    there_ns, back_ns = ([arrived - sent for sent, arrived in ways] for ways in near)
    count = len(there_ns) + len(back_ns)
    if there_ns and back_ns:
        high, low = min(there_ns), -min(back_ns)
        return Offset((high + low) // 2, abs(high - low) // 2 + 1, count)
    if there_ns or back_ns:
        ns = min(there_ns) if there_ns else -min(back_ns)
        return Offset(ns, 5 * MS, count)
    return Offset(by_wall_ns, None, 0)


def _ways(sender: Timeline, listener: Timeline) -> list[tuple[int, int]]:
    """(sent, arrived) of each packet that one sent and the other heard, each on its own clock."""
    sent = {_key(word): word.at_ns for word in sender.words if word.is_own}
    return [(sent[_key(word)], word.at_ns) for word in listener.words if not word.is_own and _key(word) in sent]


def _key(word: Word) -> tuple[int, int, int]:
    return word.message.unit_id, word.message.boot, word.message.sequence


def _near(ways: list[tuple[int, int]], at_ns: int | None) -> list[tuple[int, int]]:
    near = [way for way in ways if at_ns is not None and abs(way[0] - at_ns) <= NEAR_NS]
    return near or ways


def overlaps(first: Timeline, second: Timeline, offset: Offset) -> list[Overlap]:
    """Of every output of one with every output of the other that serves the same group."""
    found = []
    for one, other in product(open_times(first), open_times(second)):
        start_ns = max(one.start_ns, other.start_ns - offset.ns)
        end_ns = min(one.end_ns, other.end_ns - offset.ns)
        if start_ns < end_ns and _serve_together(first, second, one, other):
            names = (f"{first.name}:{one.device}", f"{second.name}:{other.device}")
            found.append(Overlap(names, start_ns, end_ns))
    return found


def _serve_together(first: Timeline, second: Timeline, one: Open, other: Open) -> bool:
    return bool(_groups(first, one) & _groups(second, other))


def _groups(timeline: Timeline, one: Open) -> set[int]:
    """The one that it was loaded for; else those that could be."""
    if one.group is not None:
        return {one.group}
    return {group for group, member in timeline.members.items() if member["device"] == one.device}


class Unseen(NamedTuple):
    """An output of `other` was open at that time, and the record of `unit` says nothing of it; on the first unit's clock."""

    unit: str
    other: str
    hole: Hole


def unseen(first: Timeline, second: Timeline, offset: Offset) -> list[Unseen]:
    """Where outputs may have been open together, or not: one record does not know."""
    found = [
        Unseen(second.name, first.name, hole)
        for hole in (Hole(start_ns - offset.ns, end_ns - offset.ns) for start_ns, end_ns in second.holes)
        if any(_meet(hole, one.start_ns, one.end_ns) for one in _shared(first, second))
    ]
    found += [
        Unseen(first.name, second.name, hole)
        for hole in first.holes
        if any(_meet(hole, one.start_ns - offset.ns, one.end_ns - offset.ns) for one in _shared(second, first))
    ]
    return sorted(found, key=lambda one: one.hole)


def _shared(timeline: Timeline, other: Timeline) -> list[Open]:
    """Its outputs that serve a group in which the other unit has a seat: one of its settings, or a pooled one that it took."""
    seats = set(other.members) | {change.group for change in other.changes}
    return [one for one in open_times(timeline) if _groups(timeline, one) & seats]


def _meet(hole: Hole, start_ns: int, end_ns: int) -> bool:
    return max(hole.start_ns, start_ns) < min(hole.end_ns, end_ns)


def merged(first: Timeline, second: Timeline, offset: Offset) -> Timeline:
    """All that both said and did, on the first unit's clock; what both have of a packet is its sender's word."""
    moved = [replace(word, at_ns=word.at_ns - offset.ns) for word in second.words if word.is_own]
    heard = {_key(word) for word in moved}
    words = [word for word in first.words if _key(word) not in heard] + moved
    facts = first.facts + [replace(fact, at_ns=fact.at_ns - offset.ns) for fact in second.facts]
    changes = first.changes + [replace(change, at_ns=change.at_ns - offset.ns) for change in second.changes]
    return Timeline(
        first.unit_id,
        first.name,
        first.clock,
        sorted(words, key=lambda word: word.at_ns),
        sorted(facts, key=lambda fact: fact.at_ns),
        sorted(changes, key=lambda change: change.at_ns),
        first.members,
        second.names | first.names,
    )
