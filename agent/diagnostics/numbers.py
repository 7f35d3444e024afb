"""A change of role in numbers, ms. Pure."""

from itertools import pairwise

from agent.diagnostics.silence import Silence
from agent.diagnostics.timeline import FAREWELLS, OF_A_MASTER, Change, Fact, Timeline, Word
from agent.engine.timing import MS, SECOND, lease_ns
from agent.wire.message import Kind

MARGIN_NS = 60 * SECOND


def numbers_of(timeline: Timeline, change: Change, silence: Silence | None) -> dict[str, float]:
    """Silence and T, the least margin before, the old master's lease, and the phases (F-1, F-7, F-8)."""
    facts: dict[str, float] = {}
    if silence is not None:
        facts |= {"silence_ms": silence.length_ns / MS, "timeout_ms": silence.timeout_ns / MS}
        facts["lease_left_ms"] = (lease_ns(silence.last.message.interval_ms) - silence.length_ns) / MS
        facts |= _margin(timeline, silence)
    return facts | _phases(timeline, change)


def _phases(timeline: Timeline, change: Change) -> dict[str, float]:
    """As the engine counted them (F-7); where a device does not tell its lock, it never has them all: then from the record."""
    if change.after != "claiming" or timeline.is_outside:
        return {}
    later = [fact for fact in timeline.facts if 0 <= fact.at_ns - change.at_ns <= 30 * SECOND]
    told = next((fact for fact in later if fact.what == "takeover" and fact.data["effect"][1] == change.group), None)
    if told is not None:
        found = {name: told.data["effect"][2].get(f"{name}_ns") for name in ("detect", "claim", "load", "open", "lock")}
        return {f"{name}_ms": value / MS for name, value in found.items() if value is not None}
    return _phases_seen(timeline, change, later)


def _phases_seen(timeline: Timeline, change: Change, later: list[Fact]) -> dict[str, float]:
    """Each from its first sign after the decision; a phase without one is left out."""
    claims = [w.at_ns for w in timeline.words if w.is_own and w.at_ns >= change.at_ns and w.message.kind is Kind.CLAIM]
    loaded, opened = (
        [f.at_ns for f in later if f.what == "device" and f.data["report"] == word] for word in ("loaded", "opened")
    )
    ordered = [fact.at_ns for fact in later if fact.what == "open"]
    found = {}
    for name, ends, starts in (("claim", claims, [change.at_ns]), ("load", loaded, [change.at_ns]), ("open", opened, ordered)):
        if ends and starts:
            found[f"{name}_ms"] = (ends[0] - starts[0]) / MS
    return found


def _margin(timeline: Timeline, silence: Silence) -> dict[str, float]:
    """How near the adverts of the minute before came to T."""
    last = silence.last
    words = timeline.since(last.at_ns - MARGIN_NS, last.at_ns, last.message.group)
    adverts = [w for w in words if w.message.unit_id == last.message.unit_id and w.message.kind is Kind.ADVERT and not w.refused]
    breaks = _breaks(timeline, silence.change, words, last.message.unit_id)
    gaps = [
        later.at_ns - earlier.at_ns
        for earlier, later in pairwise(adverts)
        if _rhythm(earlier) == _rhythm(later) and not any(earlier.at_ns <= at_ns <= later.at_ns for at_ns in breaks)
    ]
    return {"margin_ms": (silence.timeout_ns - max(gaps)) / MS} if gaps else {}


def _rhythm(word: Word) -> tuple[int, int, int]:
    return word.message.boot, word.message.interval_ms, word.message.priority


def _breaks(timeline: Timeline, change: Change, words: list[Word], unit_id: int) -> list[int]:
    """There the listener waited for no advert of it: its own role changed, another was master, or nothing was recorded."""
    changes = [one.at_ns for one in timeline.changes if one.group == change.group]
    others = [w.at_ns for w in words if w.message.kind in OF_A_MASTER and w.message.unit_id != unit_id and not w.refused]
    farewells = [w.at_ns for w in words if w.message.kind in FAREWELLS]
    return [*changes, *others, *farewells, *(at_ns for hole in timeline.holes for at_ns in hole)]
