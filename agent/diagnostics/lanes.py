"""A picture as data: one lane a unit, with what it was and what it said; both the terminal and SVG draw it."""

from dataclasses import dataclass, field

from agent.diagnostics.explain import Explanation
from agent.diagnostics.timeline import OF_A_MASTER, Timeline, Word
from agent.engine.timing import MS, SECOND
from agent.wire.message import Kind

BEFORE_T = 1.6
AFTER_T = 1.2
MIN_NS = 300 * MS
LONGEST_INTERVAL_NS = 40_950 * MS
MAX_LINES = 40
_NAMES = {kind: kind.name.lower().replace("_", "-") for kind in Kind}


@dataclass(frozen=True, slots=True)
class Span:
    """A unit was master (True) or claiming (False) so long, as far as its packets say."""

    start_ns: int
    end_ns: int
    is_master: bool


@dataclass(slots=True)
class Lane:
    """One unit."""

    unit_id: int
    name: str
    words: list[Word] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Picture:
    """Times as in the timeline. `lines`: what happened, (time, who, what). `lease_end_ns`: of the old master's output."""

    start_ns: int
    end_ns: int
    zero_ns: int
    lanes: list[Lane]
    lines: list[tuple[int, str, str]]
    title: str
    lease_end_ns: int | None = None


def picture_of(timeline: Timeline, explanation: Explanation) -> Picture:
    """From some time before the last advert until the new master advertises."""
    change = explanation.change
    timeout_ns = max(MIN_NS, round(explanation.facts.get("timeout_ms", 0) * MS))
    start_ns, end_ns = change.at_ns - round(BEFORE_T * timeout_ns), change.at_ns + round(AFTER_T * timeout_ns)
    words = timeline.since(start_ns, end_ns, change.group)
    lanes: dict[int, Lane] = {}
    for word in words:
        lane = lanes.setdefault(word.message.unit_id, Lane(word.message.unit_id, timeline.name_of(word.message.unit_id)))
        lane.words.append(word)
    earlier = timeline.since(start_ns - 3 * LONGEST_INTERVAL_NS, end_ns, change.group)
    for lane in lanes.values():
        lane.spans = _spans([word for word in earlier if word.message.unit_id == lane.unit_id], start_ns)
    ordered = sorted(lanes.values(), key=lambda lane: (lane.unit_id == change.unit_id, lane.name))
    lines = sorted([*_said(timeline, words), *_happened(timeline, start_ns, end_ns, change.group)], key=lambda line: line[0])
    left_ms = explanation.facts.get("lease_left_ms")
    ended_ns = None if left_ms is None else change.at_ns + round(left_ms * MS)
    lease_end_ns = ended_ns if ended_ns is not None and start_ns <= ended_ns <= end_ns else None
    nearest = _nearest(lines, change.at_ns)
    return Picture(start_ns, end_ns, change.at_ns, ordered, nearest, explanation.sentence, lease_end_ns)


def _spans(words: list[Word], start_ns: int) -> list[Span]:
    """Master from advert to advert; a pause of more than three intervals is none of it. Nothing before the start."""
    found: list[Span] = []
    before: Word | None = None
    for word in words:
        if word.message.kind in OF_A_MASTER:
            if before is not None and word.at_ns - before.at_ns <= 3 * word.message.interval_ms * MS:
                found.append(Span(max(before.at_ns, start_ns), word.at_ns, before.message.kind is Kind.ADVERT))
            before = word
        elif word.message.kind in (Kind.GIVE_UP, Kind.HANDOVER):
            before = None
    return [span for span in found if span.end_ns > start_ns]


def _said(timeline: Timeline, words: list[Word]) -> list[tuple[int, str, str]]:
    found = []
    for word in words:
        message = word.message
        text = _NAMES[message.kind]
        if message.target:
            text += f" to {timeline.name_of(message.target)}"
        if message.why:
            text += f" ({message.why.name.lower().replace('_', ' ')})"
        if word.refused:
            text += f", refused here: {word.refused}"
        found.append((word.at_ns, timeline.name_of(message.unit_id), text))
    return found


def _happened(timeline: Timeline, start_ns: int, end_ns: int, group: int) -> list[tuple[int, str, str]]:
    found = [
        (change.at_ns, timeline.name_of(change.unit_id), f"{change.before} → {change.after}: {change.text or change.reason}")
        for change in timeline.changes
        if start_ns <= change.at_ns <= end_ns and change.group == group
    ]
    for fact in timeline.facts:
        text = _FACTS[fact.what](fact.data) if fact.what in _FACTS and start_ns <= fact.at_ns <= end_ns else ""
        if text:
            found.append((fact.at_ns, fact.who, text))
    return found


_FACTS = {
    "stalled": lambda data: f"this process had not run for {data['gap_ns'] / MS:.0f} ms",
    "link": lambda data: "link is there" if data["is_up"] else f"link lost: {data['detail']}",
    "device": lambda data: f"device {data['device']} {data['report']}{': ' + data['error'] if data['error'] else ''}",
    "command": lambda data: f"command {data['verb']} by {data['author'] or 'an operator'}",
    "not_sent": lambda data: f"could not send: {data['error']}",
    "alarm": lambda data: f"alarm {data['effect'][2]}: {data['effect'][4]}",
    "open": lambda data: f"order to open {data['effect'][1]}",
    "mute": lambda data: f"order to mute {data['effect'][1]}, lease ended",
}


def _nearest(lines: list[tuple[int, str, str]], at_ns: int) -> list[tuple[int, str, str]]:
    """Those nearest to the change, in their order."""
    if len(lines) <= MAX_LINES:
        return lines
    limit = sorted(abs(line[0] - at_ns) for line in lines)[MAX_LINES - 1]
    return [line for line in lines if abs(line[0] - at_ns) <= limit][:MAX_LINES]


def scale_ns(picture: Picture) -> int:
    """A round distance between two marks of the scale, about a fifth of the whole."""
    whole = picture.end_ns - picture.start_ns
    steps = (step * 10**power * MS for power in range(6) for step in (1, 2, 5))
    return next((step for step in steps if step >= whole / 6), SECOND)
