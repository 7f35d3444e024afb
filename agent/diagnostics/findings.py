"""What a change of role is put down to: half a sentence, from the reason it gave and the packets and events around it. Pure."""

from dataclasses import replace

from agent.diagnostics.causes import Cause, Finding, counted
from agent.diagnostics.circumstances import Also, Circumstance
from agent.diagnostics.outside import TWO_MASTERS
from agent.diagnostics.silence import Silence, length_of, silence_before
from agent.diagnostics.timeline import CUT_SHORT, FAREWELLS, OF_A_MASTER, Change, Fact, Timeline, Word
from agent.diagnostics.verdict import judge
from agent.engine.timing import MS, SECOND
from agent.wire.message import Kind, Why

FLAP_NS = 60 * SECOND
FLAP_CHANGES = 3
"""Takeovers by one unit within a minute."""
NEAR_NS = 3 * SECOND
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
    CUT_SHORT: (Cause.CRASH, "its own core ended without an order, and has started again since: it crashed, or its host did"),
    "stronger_claim": (Cause.CONTESTED_CLAIM, "a stronger unit claimed at the same time"),
}


def finding_of(timeline: Timeline, change: Change, silence: Silence | None, also: tuple[Also, ...]) -> Finding:
    """Of any change. `silence`: before a claim; `also`: what else there was about it."""
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
    taken = _taken_before(timeline, change)
    if taken is not None:
        claim, silence = taken
        found = judge(timeline, silence)
        when = f"{(change.at_ns - claim.at_ns) / MS:.0f} ms before ({length_of(silence)})"
        why = f"it went on although {timeline.name_of(claim.unit_id)} had taken the group over {when}: {found.because}"
        return replace(found, because=why)
    word = next(one for one in timeline.since(change.at_ns, change.at_ns) if one.message.unit_id == change.unit_id)
    for_ms = word.message.master_for_ms
    if for_ms > word.message.interval_ms:
        why = f"the LAN was parted: it had been master for {for_ms} ms already, without being heard here, while another was"
        return Finding(Cause.PARTITION, why, facts={"both_master_ms": for_ms})
    return Finding(Cause.RIVAL, "two units said at once that they are master, and neither had claimed within hearing")


def _taken_before(timeline: Timeline, change: Change) -> tuple[Change, Silence] | None:
    """The claim of another while this unit, master until then, was silent: the second master is the first one that is back."""
    claims = [
        one for one in timeline.changes if one.group == change.group and one.after == "claiming" and one.at_ns < change.at_ns
    ]
    silence = silence_before(timeline, claims[-1]) if claims and claims[-1].reason == "master_silent" else None
    if silence is None or silence.last.message.unit_id != change.unit_id:
        return None
    return claims[-1], silence


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
        count = counted(len(refused), f"packet of {name} was", f"packets of {name} were")
        return Finding(Cause.WRONG_KEY, f"{count} refused ({why}): the keys differ")
    if timeline.is_outside:
        why = "no other master is heard in this capture before: it had started, had been cut off, or the capture begins late"
        return Finding(Cause.START, why)
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


def flapping(timeline: Timeline, change: Change, finding: Finding) -> Finding:
    """The third takeover within a minute is no accident; what a person ordered, a start and a return are none of them."""
    mine = [
        one
        for one in timeline.changes
        if one.after == "claiming"
        and (one.group, one.unit_id) == (change.group, change.unit_id)
        and 0 <= change.at_ns - one.at_ns <= FLAP_NS
        and not _is_meant(timeline, one)
    ]
    if len(mine) < FLAP_CHANGES or change not in mine:
        return finding
    seconds = (change.at_ns - mine[0].at_ns) / SECOND
    because = f"the group is flapping: takeover number {len(mine)} within {seconds:.0f} s; this time {finding.because}"
    return replace(finding, cause=Cause.FLAP, because=because)


def _is_meant(timeline: Timeline, change: Change) -> bool:
    if change.reason in ("command", "forced", "returned", "no_master_at_start"):
        return True
    farewell = _farewell(timeline, change) if change.reason in ("named_successor", "master_gave_up") else None
    return farewell is not None and farewell.message.why in (Why.COMMAND, Why.STOPPING, Why.RETURNED)
