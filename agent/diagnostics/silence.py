"""The silence of a master before a claim: from which word T counts, and what came from it before and after. Pure."""

from dataclasses import dataclass

from agent.diagnostics.blind import EVER_NS
from agent.diagnostics.outside import UNHEARD_CLAIM
from agent.diagnostics.timeline import OF_A_MASTER, Change, Timeline, Word
from agent.engine.timing import MS, SECOND, takeover_timeout_ns
from agent.wire.message import Message

LOOK_BACK_NS = 30 * SECOND
LATE_NS = 50 * MS
"""Longer on its way than the quickest by this much: late."""
NEAR_NS = 20 * MS


@dataclass(frozen=True, slots=True)
class Silence:
    """`last`: its last word as master before the claim, from which T counts; `later`: all that came from it after that, believed
    or not. `parting`: the last word of any kind before the claim, believed and of the same boot.
    """

    change: Change
    last: Word
    parting: Word
    later: tuple[Word, ...]
    timeout_ns: int
    interval_ms: int
    priority: int

    @property
    def length_ns(self) -> int:
        """From its last word as master to the claim."""
        return self.change.at_ns - self.last.at_ns


def silence_before(timeline: Timeline, change: Change) -> Silence | None:
    """None: no master was heard before."""
    before = [
        word
        for word in timeline.since(change.at_ns - LOOK_BACK_NS, change.at_ns, change.group)
        if word.message.kind in OF_A_MASTER and word.message.unit_id != change.unit_id and not word.refused
    ]
    if not before:
        return None
    last = before[-1]
    priority, interval_ms = _claimers(timeline, change, last.message)
    later = tuple(
        word for word in timeline.since(last.at_ns, EVER_NS) if word.message.unit_id == last.message.unit_id and word is not last
    )
    parting = next((word for word in reversed(later) if word.at_ns < change.at_ns and is_of_boot(word, last)), last)
    return Silence(change, last, parting, later, takeover_timeout_ns(interval_ms, priority), interval_ms, priority)


def is_of_boot(word: Word, last: Word) -> bool:
    """Believed, and said in the same boot."""
    return not word.refused and word.message.boot == last.message.boot


def _claimers(timeline: Timeline, change: Change, master: Message) -> tuple[int, int]:
    """Priority and interval of the unit that claimed: from its claim, else from its settings."""
    for word in timeline.since(change.at_ns - NEAR_NS, change.at_ns + SECOND, change.group):
        if word.message.unit_id == change.unit_id and word.message.kind in OF_A_MASTER:
            return word.message.priority, max(word.message.interval_ms, master.interval_ms)
    member = timeline.members.get(change.group, {})
    return int(member.get("priority", 255)), max(int(member.get("interval_ms", 0)), master.interval_ms)


def length_of(silence: Silence) -> str:
    """Beside T, which counts from the last advert; a master may have said something else since. A claim may come after T."""
    silent = "silent" if silence.parting is silence.last else "no advert"
    late_ns = silence.length_ns - silence.timeout_ns
    is_late = late_ns > LATE_NS and silence.change.text != UNHEARD_CLAIM
    late = f", claimed {late_ns / MS:.1f} ms after that" if is_late else ""
    return f"{silent} for {silence.length_ns / MS:.1f} ms, T = {silence.timeout_ns / MS:.1f} ms{late}"
