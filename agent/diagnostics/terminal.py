"""The picture in a terminal: the sentence, a lane for each unit, the numbers, and what happened line by line."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.diagnostics.explain import Explanation
from agent.diagnostics.lanes import Lane, Picture, scale_ns
from agent.engine.timing import MS
from agent.wire.message import Kind

_SIGNS = {
    Kind.ADVERT: "|",
    Kind.CLAIM: "C",
    Kind.GIVE_UP: "G",
    Kind.HANDOVER: "H",
    Kind.QUESTION: "?",
    Kind.BEACON: "·",
    Kind.REQUEST: "R",
    Kind.REFUSAL: "N",
}
LEGEND = "| advert  C claim  G give-up  H handover  R request  N refusal  ? question  · beacon  x refused   ═ master  ─ claiming"
NUMBERS = {
    "silence_ms": "silence before the claim",
    "timeout_ms": "T",
    "margin_ms": "least margin in the minute before",
    "detect_ms": "phase detect",
    "claim_ms": "phase claim",
    "load_ms": "phase load",
    "open_ms": "phase open",
    "lock_ms": "phase lock (nothing waits for it)",
    "both_master_ms": "both were master",
}


def show(console: Console, explanation: Explanation, picture: Picture) -> None:
    """All of it."""
    console.print(f"[bold]{escape(explanation.sentence)}[/bold]", highlight=False)
    for text in explanation.unknown:
        console.print(f"Not known from this record: {escape(text)}.", style="dim", highlight=False)
    name_width = max((len(lane.name) for lane in picture.lanes), default=0) + 2
    width = max(20, min(console.width, 140) - name_width - 1)
    console.print()
    for lane in picture.lanes:
        console.print(f"{lane.name:<{name_width}}{drawn(lane, picture, width)}", markup=False, highlight=False, no_wrap=True)
    for line in (scale(picture, width), lease(picture, width)):
        if line:
            console.print(" " * name_width + line, style="dim", markup=False, highlight=False, no_wrap=True)
    console.print(LEGEND, style="dim", highlight=False, markup=False)
    console.print()
    for line in numbers(explanation.facts):
        console.print(line, highlight=False, markup=False)
    console.print(_lines(picture))


def drawn(lane: Lane, picture: Picture, width: int) -> str:
    """One character a piece of time; what is rarer hides what is not."""
    cells = [" "] * width
    for span in lane.spans:
        for column in range(column_of(span.start_ns, picture, width), column_of(span.end_ns, picture, width) + 1):
            cells[column] = "═" if span.is_master else "─"
    for word in sorted(lane.words, key=lambda word: word.message.kind is not Kind.BEACON):
        column = column_of(word.at_ns, picture, width)
        if cells[column] not in "CGHRNx":
            cells[column] = "x" if word.refused else _SIGNS[word.message.kind]
    return "".join(cells)


def column_of(at_ns: int, picture: Picture, width: int) -> int:
    """0..width-1."""
    share = (at_ns - picture.start_ns) / max(1, picture.end_ns - picture.start_ns)
    return min(width - 1, max(0, int(share * width)))


def scale(picture: Picture, width: int) -> str:
    """Milliseconds before and after the change."""
    cells = [" "] * width
    step = scale_ns(picture)
    first = -((picture.zero_ns - picture.start_ns) // step)
    for number in range(first, (picture.end_ns - picture.zero_ns) // step + 1):
        column = column_of(picture.zero_ns + number * step, picture, width)
        text = "^ change" if number == 0 else f"^ {number * step / MS:+g}"
        if column + len(text) <= width and all(cell == " " for cell in cells[column : column + len(text)]):
            cells[column : column + len(text)] = text
    return "".join(cells)


def lease(picture: Picture, width: int) -> str:
    """Where the old master's output was muted at the latest (F-8); empty: not in this picture, or not known."""
    if picture.lease_end_ns is None:
        return ""
    column, text = column_of(picture.lease_end_ns, picture, width), "lease ends"
    return " " * column + f"^ {text}" if column + len(text) + 2 <= width else " " * (column - len(text) - 1) + f"{text} ^"


def numbers(facts: Mapping[str, float]) -> list[str]:
    """Margin, phases and the rest, ms; the lease as a sentence (F-8)."""
    found = [f"{text}: {facts[name]:.1f} ms" for name, text in NUMBERS.items() if name in facts]
    left = facts.get("lease_left_ms")
    if left is not None:
        ended = f"ended {-left:.1f} ms before the claim" if left <= 0 else f"had {left:.1f} ms left at the claim"
        found.append(f"lease of the old master's output, counted from its last advert: {ended}")
    return found


def _lines(picture: Picture) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("ms", justify="right")
    table.add_column("unit")
    table.add_column("what")
    for at_ns, who, what in picture.lines:
        style = "bold" if "→" in what else ""
        table.add_row(f"{(at_ns - picture.zero_ns) / MS:+.3f}", escape(who), escape(what), style=style)
    return table
