"""N:M: what else there was about a takeover. Why the master fell silent is one thing; who took it, and when, hangs on the pool.

Several masters failed together; a better-ranked group was let go first (C-16); a better backup was busy, or this one was (D-37).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from agent.diagnostics.silence import Silence
from agent.diagnostics.timeline import OF_A_MASTER, Timeline, Word
from agent.engine.rules_pool import NO_RANK
from agent.engine.timing import MS, SECOND
from agent.wire.message import NOT_ACTING, Kind

LATE_NS = 2 * MS
"""A claim that is later than T by more than this has waited for something."""
LOOK_BACK_NS = 60 * SECOND
_ON_AIR = ("claiming", "master", "yielding")


class Circumstance(StrEnum):
    """A closed list; the sentence that goes with it is made here."""

    SEVERAL = "several masters failed"
    WAITED = "waited for a better rank"
    BUSY_OTHER = "a better backup was busy"
    BUSY = "was busy itself"


@dataclass(frozen=True, slots=True)
class Also:
    """`groups`: which others had to do with it."""

    what: Circumstance
    because: str
    groups: tuple[int, ...]


def circumstances(timeline: Timeline, silence: Silence) -> tuple[Also, ...]:
    """Of a takeover from a silent master, in the record of the unit that took over."""
    failed = _failed_together(timeline, silence)
    return tuple(
        found for found in (_several(failed), *_what_kept_it(timeline, silence, failed), _busy_other(timeline, silence)) if found
    )


def _failed_together(timeline: Timeline, silence: Silence) -> dict[int, Word]:
    """By group: the last word of other masters that fell silent within an interval and a half of this one."""
    end_ns, near_ns = silence.change.at_ns + silence.interval_ms * MS, silence.interval_ms * MS * 3 // 2
    last: dict[int, Word] = {}
    for word in timeline.since(silence.last.at_ns - LOOK_BACK_NS, end_ns):
        if not word.is_own and not word.refused:
            last[word.message.unit_id] = word
    return {
        word.message.group: word
        for unit_id, word in last.items()
        if unit_id != silence.last.message.unit_id
        and word.message.kind in OF_A_MASTER
        and abs(word.at_ns - silence.last.at_ns) <= near_ns
        and silence.change.at_ns - word.at_ns > word.message.interval_ms * MS * 9 // 8
    }


def _several(failed: dict[int, Word]) -> Also | None:
    if not failed:
        return None
    names = _listed([f"{word.message.name} (group {group})" for group, word in sorted(failed.items())])
    return Also(Circumstance.SEVERAL, f"{names} fell silent with it", tuple(sorted(failed)))


def _what_kept_it(timeline: Timeline, silence: Silence, failed: dict[int, Word]) -> Iterator[Also]:
    """It claimed later than T."""
    due_ns = silence.last.at_ns + silence.timeout_ns
    if silence.change.at_ns - due_ns <= LATE_NS:
        return
    left = [
        change
        for change in timeline.changes
        if change.unit_id == silence.change.unit_id
        and change.group != silence.change.group
        and change.before in _ON_AIR
        and change.after not in _ON_AIR
        and due_ns < change.at_ns <= silence.change.at_ns
    ]
    if left:
        yield Also(Circumstance.BUSY, f"it was airing group {left[-1].group} until just before", (left[-1].group,))
        return
    own = _place(timeline, silence.change.group)
    before = [group for group in sorted(failed) if _place(timeline, group) < own]
    if before:
        waited_ms = (silence.change.at_ns - due_ns) / MS
        names = _listed([f"group {group}" for group in before])
        why = f"it let {names} go first, which ranks better, and so claimed {waited_ms:.0f} ms later"
        yield Also(Circumstance.WAITED, why, tuple(before))


def _place(timeline: Timeline, group: int) -> tuple[int, int]:
    """Service rank, then group, as its configuration says (C-16)."""
    ranks = [fact.data.get("rank", NO_RANK) for fact in timeline.facts if fact.what == "config" and fact.data["group"] == group]
    return (ranks[-1] if ranks else NO_RANK), group


def _busy_other(timeline: Timeline, silence: Silence) -> Also | None:
    """The last beacon of a better backup of this group says that it airs another."""
    last: dict[int, Word] = {}
    for word in timeline.since(silence.change.at_ns - LOOK_BACK_NS, silence.change.at_ns, silence.change.group):
        if word.message.kind is Kind.BEACON and not word.is_own and not word.refused:
            last[word.message.unit_id] = word
    busy = [word.message for word in last.values() if word.message.priority > silence.priority]
    busy = [message for message in busy if message.acting_for not in (NOT_ACTING, message.group)]
    if not busy:
        return None
    names = _listed(
        [f"{message.name} (priority {message.priority}) was busy with group {message.acting_for}" for message in busy]
    )
    return Also(Circumstance.BUSY_OTHER, names, tuple(sorted({message.acting_for for message in busy})))


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
