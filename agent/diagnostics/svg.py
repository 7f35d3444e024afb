"""The picture as SVG: for a report, a page, a ticket."""

from html import escape

from agent.diagnostics.explain import Explanation
from agent.diagnostics.lanes import Lane, Picture, scale_ns
from agent.diagnostics.terminal import numbers
from agent.engine.timing import MS
from agent.wire.message import Kind

WIDTH, LEFT, LANE, TOP = 1000, 130, 46, 70
_COLOURS = {
    Kind.ADVERT: "#2b7a3d",
    Kind.CLAIM: "#c8501e",
    Kind.GIVE_UP: "#8a2be2",
    Kind.HANDOVER: "#8a2be2",
    Kind.QUESTION: "#888888",
    Kind.BEACON: "#aaaaaa",
    Kind.REQUEST: "#1e64c8",
    Kind.REFUSAL: "#c81e1e",
}
_LETTERS = {
    Kind.CLAIM: "claim",
    Kind.GIVE_UP: "give-up",
    Kind.HANDOVER: "handover",
    Kind.REQUEST: "request",
    Kind.REFUSAL: "refusal",
}


def as_svg(explanation: Explanation, picture: Picture) -> str:
    """A whole file; readable on white and on dark, for it brings its own background."""
    facts = numbers(explanation.facts)
    bottom = TOP + LANE * len(picture.lanes)
    height = bottom + 50 + 16 * len(facts)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(explanation.sentence)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_heading(explanation.sentence),
        *_scale(picture, bottom),
        *_lease(picture, bottom),
    ]
    for number, lane in enumerate(picture.lanes):
        parts += _lane(lane, picture, TOP + number * LANE)
    parts += [_text(10, bottom + 44 + 16 * number, fact, "#333333") for number, fact in enumerate(facts)]
    return "\n".join([*parts, "</svg>", ""])


def _heading(sentence: str) -> list[str]:
    lines, line = [], ""
    for word in sentence.split():
        if len(line) + len(word) > 140:
            lines.append(line)
            line = ""
        line += f"{word} "
    return [_text(10, 20 + 16 * number, text, "#111111", "bold") for number, text in enumerate([*lines, line])]


def _x(at_ns: int, picture: Picture) -> float:
    share = (at_ns - picture.start_ns) / max(1, picture.end_ns - picture.start_ns)
    return round(LEFT + share * (WIDTH - LEFT - 20), 2)


def _lane(lane: Lane, picture: Picture, top: int) -> list[str]:
    parts = ['<g class="lane">', _text(10, top + 26, lane.name, "#111111", "bold")]
    for span in lane.spans:
        x, end = _x(span.start_ns, picture), _x(span.end_ns, picture)
        colour = "#bfe3c8" if span.is_master else "#f6d3b8"
        parts.append(f'<rect x="{x}" y="{top + 8}" width="{round(end - x, 2)}" height="26" fill="{colour}"/>')
    for word in lane.words:
        x, kind = _x(word.at_ns, picture), word.message.kind
        colour = "#c81e1e" if word.refused else _COLOURS[kind]
        low = top + (24 if kind in (Kind.BEACON, Kind.QUESTION) else 8)
        line = f'x1="{x}" y1="{low}" x2="{x}" y2="{top + 34}" stroke="{colour}" stroke-width="2"'
        parts.append(f'<line class="{kind.name.lower()}" {line}/>')
        if kind in _LETTERS:
            parts.append(_text(x + 3, top + 6, _LETTERS[kind], colour))
    return [*parts, "</g>"]


def _scale(picture: Picture, bottom: int) -> list[str]:
    step, parts = scale_ns(picture), []
    for number in range(-((picture.zero_ns - picture.start_ns) // step), (picture.end_ns - picture.zero_ns) // step + 1):
        x = _x(picture.zero_ns + number * step, picture)
        colour = "#c8501e" if number == 0 else "#cccccc"
        parts.append(f'<line x1="{x}" y1="{TOP - 10}" x2="{x}" y2="{bottom}" stroke="{colour}" stroke-dasharray="3 3"/>')
        parts.append(_text(x + 2, bottom + 14, "change" if number == 0 else f"{number * step / MS:+g} ms", "#666666"))
    return parts


def _lease(picture: Picture, bottom: int) -> list[str]:
    """When the old master's output was muted at the latest (F-8)."""
    if picture.lease_end_ns is None:
        return []
    x, colour = _x(picture.lease_end_ns, picture), "#8a6d00"
    line = f'<line class="lease" x1="{x}" y1="{TOP - 10}" x2="{x}" y2="{bottom}" stroke="{colour}" stroke-dasharray="1 3"/>'
    return [line, _text(x + 2, TOP - 12, "lease ends", colour)]


def _text(x: float, y: float, text: str, colour: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}">{escape(text)}</text>'
