"""Why did the role change? One sentence, from a timeline. A pure function: the same record always gets the same answer."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.diagnostics.causes import Cause, Finding
from agent.diagnostics.circumstances import Also, circumstances
from agent.diagnostics.findings import finding_of, flapping
from agent.diagnostics.numbers import numbers_of
from agent.diagnostics.outside import TWO_MASTERS, UNHEARD_CLAIM
from agent.diagnostics.silence import Silence, length_of, silence_before
from agent.diagnostics.timeline import CUT_SHORT, Change, Timeline

OUTSIDE_UNKNOWN = (
    "whether the packets are genuine (there is no key here), what each unit really received, when outputs opened and muted, "
    "whether a process was frozen or its host dead: the units' own records know (understudy explain A.rec B.rec)"
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """`sentence` is whole; `unknown`: what this record cannot say. Numbers in ms."""

    change: Change
    cause: Cause
    sentence: str
    unknown: tuple[str, ...]
    facts: dict[str, float]
    also: tuple[Also, ...] = ()


def interesting(timeline: Timeline, group: int | None = None) -> list[Change]:
    """Changes that a person asks about: the group has another master, or this unit is it no longer."""
    return [change for change in timeline.changes if (group is None or change.group == group) and _is_asked_about(change)]


def _is_asked_about(change: Change) -> bool:
    """A claim is where a takeover begins, the door out of `master` where a reign ends; what follows belongs to them."""
    if change.after == "claiming" or change.reason == TWO_MASTERS:
        return True
    is_cut_short = change.reason == CUT_SHORT
    return is_cut_short or (change.before in ("claiming", "master", "off_on_air") and change.after != "master")


def choose(timeline: Timeline, at_ns: int | None = None, group: int | None = None) -> Change | None:
    """The last one, or the one nearest to a moment (of the timeline's clock). None: nothing has changed."""
    found = interesting(timeline, group)
    if not found:
        return None
    return found[-1] if at_ns is None else min(found, key=lambda change: abs(change.at_ns - at_ns))


def explain(timeline: Timeline, change: Change) -> Explanation:
    """One change."""
    silence = silence_before(timeline, change) if change.after == "claiming" else None
    also = circumstances(timeline, silence) if silence is not None and not timeline.is_outside else ()
    single = finding_of(timeline, change, silence, also)
    finding = flapping(timeline, change, single)
    facts = numbers_of(timeline, change, silence) | finding.facts
    unknown = (*finding.unknown, OUTSIDE_UNKNOWN) if timeline.is_outside else finding.unknown
    because = "; ".join([f"{finding.because}{_how_long(silence, single)}", *(one.because for one in also)])
    sentence = f"{_what(timeline, change, silence)} because {because}."
    return Explanation(change, finding.cause, sentence, unknown, facts, also)


def nothing(timeline: Timeline) -> str:
    """A sentence too: what is in a capture beside packets of units may be what a person looks for."""
    base = "No role has changed in this record"
    if not timeline.is_outside:
        return f"{base}."
    refused = Counter(word.refused for word in timeline.words if word.refused)
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items()))
    counts = {
        "are malformed or of another protocol": timeline.foreign,
        f"are such as every unit refuses ({reasons})": refused.total(),
        "have a number that was used before (a recording, or forged)": timeline.repeated,
    }
    found = [f"{count} {what}" for what, count in counts.items() if count]
    return f"{base}; of its packets {', '.join(found)}." if found else f"{base}."


def _what(timeline: Timeline, change: Change, silence: Silence | None) -> str:
    who, group = timeline.name_of(change.unit_id), change.group
    at = datetime.fromtimestamp(timeline.clock.utc(change.at_ns) / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
    if change.after == "claiming" and change.text == UNHEARD_CLAIM:
        place = f" in place of {silence.last.message.name}" if silence else ""
        return f"At {at} UTC {who} was first heard as master of group {group}{place}"
    if change.after == "claiming":
        return f"At {at} UTC {who} took group {group}{f' over from {silence.last.message.name}' if silence else ''}"
    if change.reason == TWO_MASTERS:
        return f"At {at} UTC {who} was a second master of group {group}"
    if change.before == "claiming" and change.reason == CUT_SHORT:
        return f"At {at} UTC {who} ended while it claimed group {group}"
    if change.before == "claiming":
        return f"At {at} UTC {who} took its claim of group {group} back"
    return f"At {at} UTC {who} stopped being master of group {group}"


def _how_long(silence: Silence | None, finding: Finding) -> str:
    """Where a silence was the reason."""
    if silence is None or finding.cause in _ORDERLY or silence.change.reason in _AFTER_FAREWELL:
        return ""
    return f" ({length_of(silence)})"


_ORDERLY = (Cause.COMMAND, Cause.STOP, Cause.GIVE_UP, Cause.DEVICE_FAULT, Cause.PREEMPTION, Cause.RETURN, Cause.FORCED)
_AFTER_FAREWELL = ("named_successor", "master_gave_up")
