"""A timeline from packets alone: who was master is read from what was said, and decisions are guessed as the rule has them."""

from collections import Counter
from dataclasses import dataclass, field, replace

from agent.diagnostics.timeline import FAREWELLS, OF_A_MASTER, Change, Timeline, Word
from agent.engine.timing import MS
from agent.wire.errors import Rejection
from agent.wire.message import Kind

REIGN_INTERVALS = 3
"""Who has not advertised for so long is master no longer, as far as can be heard."""
TWO_MASTERS = "two_masters"
UNHEARD_CLAIM = "it was master already when it was first heard"


@dataclass(slots=True)
class _Group:
    """`last`: of each unit, its last word as a master. `farewell`: since then the master has left."""

    master: int = 0
    last: dict[int, Word] = field(default_factory=dict)
    farewell: Word | None = None

    def take(self, word: Word) -> str:
        """The reason of the change that this word shows; empty: none."""
        message, unit_id = word.message, word.message.unit_id
        if message.kind in FAREWELLS:
            self.last.pop(unit_id, None)
            if unit_id == self.master:
                self.farewell = word
            return ""
        reigned = self._reigns(unit_id, word.at_ns)
        self.last[unit_id] = word
        if unit_id == self.master:
            return ""
        others = self._reigns(self.master, word.at_ns) and self.farewell is None
        if reigned and others:
            return ""  # two masters, as was said already
        reason = "" if reigned and message.kind is not Kind.CLAIM else self._reason(word, others)
        self.master, self.farewell = unit_id, None
        return reason

    def hear(self, word: Word) -> None:
        """A word that is no master's: who was a second master, and says that it is none, has yielded."""
        if word.message.master_for_ms == 0 and word.message.unit_id != self.master:
            self.last.pop(word.message.unit_id, None)

    def _reigns(self, unit_id: int, at_ns: int) -> bool:
        last = self.last.get(unit_id)
        return last is not None and at_ns - last.at_ns <= REIGN_INTERVALS * last.message.interval_ms * MS

    def _reason(self, word: Word, is_other_there: bool) -> str:
        """As the engine of the unit that took over would call it."""
        if not self.master:
            return "no_master_at_start" if word.message.kind is Kind.CLAIM else ""
        if self.farewell is not None:
            message = self.farewell.message
            if message.kind is Kind.GIVE_UP:
                return "master_gave_up"
            return "named_successor" if message.target == word.message.unit_id else "successor_silent"
        return TWO_MASTERS if is_other_there and word.message.kind is Kind.ADVERT else "master_silent"


def outside(words: list[Word], foreign: int = 0) -> Timeline:
    """Words in any order; times on one clock."""
    found = Timeline(words=_judged(sorted(words, key=lambda word: word.at_ns)), foreign=foreign)
    groups: dict[int, _Group] = {}
    for word in found.words:
        message = word.message
        found.names.setdefault(message.unit_id, message.name)
        if word.refused:
            continue
        if message.kind not in (*OF_A_MASTER, *FAREWELLS):
            groups.setdefault(message.group, _Group()).hear(word)
            continue
        reason = groups.setdefault(message.group, _Group()).take(word)
        if reason:
            after = "master" if reason == TWO_MASTERS else "claiming"
            text = "" if message.kind is Kind.CLAIM else UNHEARD_CLAIM
            found.changes.append(Change(word.at_ns, message.group, message.unit_id, "backup", after, reason, text))
    return found


def _judged(words: list[Word]) -> list[Word]:
    """What every unit of a group refuses, whatever its key: the packets of another device type."""
    types = {group: _usual_type(words, group) for group in {word.message.group for word in words}}
    return [
        replace(word, refused=Rejection.OTHER_TYPE.value)
        if not word.refused and word.message.device_type != types[word.message.group]
        else word
        for word in words
    ]


def _usual_type(words: list[Word], group: int) -> int:
    """That of most packets."""
    return Counter(word.message.device_type for word in words if word.message.group == group).most_common(1)[0][0]
