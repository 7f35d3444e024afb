"""A master that says something else after its last advert, a question or a refusal, and then nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.diagnostics.causes import Cause
from agent.diagnostics.explain import Explanation, choose, explain
from agent.diagnostics.timeline import OF_A_MASTER, Timeline, Word, timeline_of
from agent.engine.timing import MS
from agent.wire.message import Kind
from tests.diagnostics.incidents import records

LATER_NS = 7 * MS


def with_question(timeline: Timeline) -> Timeline:
    """The master asks something just after the last advert before the claim; its later packets are numbered on."""
    claim = next(change for change in timeline.changes if change.after == "claiming")
    last = [word for word in timeline.since(0, claim.at_ns) if word.message.kind in OF_A_MASTER and not word.is_own][-1]
    message = last.message
    asked = message._replace(kind=Kind.QUESTION, sequence=message.sequence + 1, sent_at_us=message.sent_at_us + LATER_NS // 1000)
    words = [_moved_on(word, last) for word in timeline.words]
    words.insert(timeline.words.index(last) + 1, Word(last.at_ns + LATER_NS, asked))
    return replace(timeline, words=words)


def _moved_on(word: Word, last: Word) -> Word:
    message, before = word.message, last.message
    if (message.unit_id, message.boot) != (before.unit_id, before.boot) or message.sequence <= before.sequence:
        return word
    return replace(word, message=message._replace(sequence=message.sequence + 1))


def explained(kind: str, seed: int) -> Explanation:
    """As the unit that took over has it."""
    timeline = with_question(timeline_of(records(kind, seed)[1]))
    claim = next(change for change in timeline.changes if change.after == "claiming")
    change = choose(timeline, claim.at_ns)
    assert change is not None
    return explain(timeline, change)


@pytest.mark.parametrize("kind", ["crash", "stall", "partition", "delay", "loss"])
@pytest.mark.parametrize("seed", [3, 4])
def test_a_word_after_the_last_advert_hides_no_cause(kind: str, seed: int) -> None:
    """Issue 5: it was alive when it asked; what became of it afterwards is what is asked about."""
    found = explained(kind, seed)
    assert found.cause is Cause(kind), found.sentence
    assert "(no advert for " in found.sentence


def test_frozen_is_as_long_as_nothing_was_said_at_all() -> None:
    """Issue 5: 4668 ms after its last advert it spoke again, and 7 ms of them it had not been frozen yet."""
    assert "it said nothing for 4661 ms" in explained("stall", 3).sentence
