"""Why did the role change? One sentence, from a timeline. A pure function: the same record always gets the same answer."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

from agent.diagnostics.causes import Cause, Finding
from agent.diagnostics.circumstances import Also, Circumstance, circumstances
from agent.diagnostics.outside import TWO_MASTERS
from agent.diagnostics.silence import Silence, judge, silence_before
from agent.diagnostics.timeline import FAREWELLS, OF_A_MASTER, Change, Fact, Timeline, Word
from agent.engine.timing import MS, SECOND, lease_ns
from agent.wire.message import Kind, Why

FLAP_NS = 60 * SECOND
FLAP_CHANGES = 3
"""Takeovers by one unit within a minute."""
NEAR_NS = 3 * SECOND
MARGIN_NS = 60 * SECOND
OUTSIDE_UNKNOWN = (
    "whether the packets are genuine (there is no key here), what each unit really received, when outputs opened and muted, "
    "whether a process was frozen or its host dead: the units' own records know (understudy explain A.rec B.rec)"
)
_WHYS = {
    Why.COMMAND: (Cause.COMMAND, "a person ordered it"),
    Why.STOPPING: (Cause.STOP, "its agent was stopped in order"),
    Why.DEVICE_FAULT: (Cause.DEVICE_FAULT, "its device failed"),
    Why.PREEMPTED: (Cause.PREEMPTION, "the other has the higher priority, and preempts"),
    Why.YIELDED: (Cause.RIVAL, "it yielded to a rival master"),
    Why.RETURNED: (Cause.RETURN, "the group's own unit is back, and its return policy asked for the group"),
}
_BY_REASON = {
    "command": (Cause.COMMAND, "a person ordered it"),
    "forced": (Cause.FORCED, "a person forced it, although no other unit answered"),
    "successor_silent": (Cause.SUCCESSOR_SILENT, "the role was handed to a unit that was not heard for a full T"),
    "no_master_at_start": (Cause.START, "it had started, or had been cut off, and heard no master for a full T"),
    "device_failed": (Cause.DEVICE_FAULT, "its device failed"),
    "claim_timed_out": (Cause.DEVICE_FAULT, "its device did not open in time"),
    "link_lost": (Cause.LINK_LOST, "its link to the redundancy LAN lost carrier"),
    "stopping": (Cause.STOP, "its agent was stopped in order"),
    "preempted": (Cause.PREEMPTION, "the other has the higher priority, and preempts"),
    "returned": (Cause.RETURN, "the group's own unit is back, and its return policy asked for the group"),
    "stronger_claim": (Cause.CONTESTED_CLAIM, "a stronger unit claimed at the same time"),
}


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
    return change.before in ("claiming", "master", "off_on_air") and change.after != "master"


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
    finding = _flapping(timeline, change, _finding(timeline, change, silence, also))
    facts = _numbers(timeline, change, silence) | finding.facts
    unknown = (*finding.unknown, OUTSIDE_UNKNOWN) if timeline.is_outside else finding.unknown
    because = "; ".join([f"{finding.because}{_how_long(facts, finding)}", *(one.because for one in also)])
    sentence = f"{_what(timeline, change, silence)} because {because}."
    return Explanation(change, finding.cause, sentence, unknown, facts, also)


def _finding(timeline: Timeline, change: Change, silence: Silence | None, also: tuple[Also, ...]) -> Finding:
    if change.reason == TWO_MASTERS:
        return _two_masters(timeline, change)
    if change.after != "claiming":
        return _why_it_left(timeline, change)
    farewell = _farewell(timeline, change)
    if change.reason in ("named_successor", "master_gave_up") and farewell is not None:
        return _after_farewell(change, farewell)
    was_busy = any(one.what is Circumstance.BUSY for one in also)  # it listened anew when it was free
    if silence is not None and (change.reason == "master_silent" or was_busy):
        return judge(timeline, silence)
    if change.reason == "no_master_at_start":
        return _at_start(timeline, change)
    return _named(change)


def _two_masters(timeline: Timeline, change: Change) -> Finding:
    """Seen from outside: a second master appears."""
    word = next(one for one in timeline.since(change.at_ns, change.at_ns) if one.message.unit_id == change.unit_id)
    for_ms = word.message.master_for_ms
    if for_ms > word.message.interval_ms:
        why = f"the LAN was parted: it had been master for {for_ms} ms already, without being heard here, while another was"
        return Finding(Cause.PARTITION, why, facts={"both_master_ms": for_ms})
    return Finding(Cause.RIVAL, "two units said at once that they are master, and neither had claimed within hearing")


def _named(change: Change) -> Finding:
    cause, because = _BY_REASON.get(change.reason, (Cause.UNKNOWN, change.text or f"of {change.reason}"))
    author = change.text.partition(" by ")[2].partition(";")[0] if cause in (Cause.COMMAND, Cause.FORCED) else ""
    return Finding(cause, f"{because} ({author})" if author else because)


def _farewell(timeline: Timeline, change: Change) -> Word | None:
    """The last give-up or handover before it."""
    words = timeline.since(change.at_ns - 30 * SECOND, change.at_ns, change.group)
    found = [word for word in words if word.message.kind in FAREWELLS and not word.refused]
    return found[-1] if found else None


def _after_farewell(change: Change, farewell: Word) -> Finding:
    message = farewell.message
    cause, why = _WHYS.get(message.why, (Cause.UNKNOWN, "it gave no reason"))
    if message.kind is Kind.GIVE_UP:
        return Finding(Cause.GIVE_UP, f"{message.name} gave the group up without naming a successor: {why}")
    who = f", {change.text.partition('; ')[2]}" if cause is Cause.COMMAND and "; " in change.text else ""
    return Finding(cause, f"{message.name} handed the group over: {why}{who}")


def _at_start(timeline: Timeline, change: Change) -> Finding:
    """Wrong keys look like an empty LAN to those who start."""
    refused = [word for word in timeline.since(change.at_ns - 30 * SECOND, change.at_ns, change.group) if _is_unbelieved(word)]
    if refused:
        name, why = refused[-1].message.name, refused[-1].refused
        return Finding(Cause.WRONG_KEY, f"{len(refused)} packets of {name} were refused ({why}): the keys differ")
    return _named(change)


def _is_unbelieved(word: Word) -> bool:
    return word.refused in ("bad_mac", "unknown_key", "unsigned", "unexpected_mac") and word.message.kind in OF_A_MASTER


def _why_it_left(timeline: Timeline, change: Change) -> Finding:
    """This unit's own record of its own end as master, or of a claim that it took back."""
    if change.reason in ("handed_over", "gave_up"):
        farewell = next((w for w in timeline.words if w.is_own and w.at_ns >= change.at_ns and w.message.kind in FAREWELLS), None)
        cause, why = _WHYS.get(farewell.message.why if farewell else Why.NONE, (Cause.UNKNOWN, change.text))
        return Finding(Cause.GIVE_UP if change.reason == "gave_up" else cause, f"{why} ({change.text})")
    if change.reason == "lease_ended":
        return _lease_ended(timeline, change)
    if change.reason == "rival_won":
        return Finding(Cause.PARTITION, f"{change.text}: the two had not heard each other")
    if change.reason == "master_heard" and change.before == "claiming":
        return Finding(Cause.LOSS, "the master was alive after all: its adverts had been lost or late")
    return _named(change)


def _lease_ended(timeline: Timeline, change: Change) -> Finding:
    stalls = [fact for fact in _near(timeline, change) if fact.what == "stalled"]
    if stalls:
        gap_ms = stalls[-1].data["gap_ns"] / MS
        return Finding(Cause.STALL, f"its own process did not run for {gap_ms:.0f} ms, longer than its lease")
    if any(fact.what == "link" and not fact.data["is_up"] for fact in _near(timeline, change)):
        return Finding(Cause.LINK_LOST, "its link to the redundancy LAN lost carrier, so it could not advertise")
    return Finding(Cause.STALL, f"it could not advertise in time: {change.text}")


def _near(timeline: Timeline, change: Change) -> list[Fact]:
    return [fact for fact in timeline.facts if abs(fact.at_ns - change.at_ns) <= NEAR_NS]


def _flapping(timeline: Timeline, change: Change, finding: Finding) -> Finding:
    """The third takeover within a minute is no accident."""
    takeovers = [
        one
        for one in timeline.changes
        if one.after == "claiming" and one.group == change.group and 0 <= change.at_ns - one.at_ns <= FLAP_NS
    ]
    mine = [one for one in takeovers if one.unit_id == change.unit_id]
    if len(mine) < FLAP_CHANGES:
        return finding
    seconds = (change.at_ns - mine[0].at_ns) / SECOND
    because = f"the group is flapping: takeover number {len(mine)} within {seconds:.0f} s; this time {finding.because}"
    return replace(finding, cause=Cause.FLAP, because=because)


def _what(timeline: Timeline, change: Change, silence: Silence | None) -> str:
    who, group = timeline.name_of(change.unit_id), change.group
    at = datetime.fromtimestamp(timeline.clock.utc(change.at_ns) / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
    if change.after == "claiming":
        return f"At {at} UTC {who} took group {group}{f' over from {silence.last.message.name}' if silence else ''}"
    if change.reason == TWO_MASTERS:
        return f"At {at} UTC {who} was a second master of group {group}"
    if change.before == "claiming":
        return f"At {at} UTC {who} took its claim of group {group} back"
    return f"At {at} UTC {who} stopped being master of group {group}"


def _how_long(facts: dict[str, float], finding: Finding) -> str:
    if "silence_ms" not in facts or finding.cause in _ORDERLY:
        return ""
    return f" (silent for {facts['silence_ms']:.1f} ms, T = {facts['timeout_ms']:.1f} ms)"


_ORDERLY = (Cause.COMMAND, Cause.STOP, Cause.GIVE_UP, Cause.DEVICE_FAULT, Cause.PREEMPTION, Cause.RETURN, Cause.FORCED)


def _numbers(timeline: Timeline, change: Change, silence: Silence | None) -> dict[str, float]:
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
    times = [
        w.at_ns for w in words if w.message.unit_id == last.message.unit_id and w.message.kind is Kind.ADVERT and not w.refused
    ]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return {"margin_ms": (silence.timeout_ns - max(gaps)) / MS} if gaps else {}
