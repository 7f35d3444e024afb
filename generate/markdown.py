"""Tables of Markdown."""

from collections.abc import Iterable, Sequence

from agent.model.kinds import Choice, Counter, Flag, Kind, Moment, Number, Octets, Text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """With a line for each row."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def range_of(kind: Kind) -> str:
    """What a value can be, in short."""
    if isinstance(kind, Number):
        return "0..2³²−1" if (kind.low, kind.high) == (0, 2**32 - 1) else f"{kind.low}..{kind.high}"
    if isinstance(kind, Choice):
        return ", ".join(f"{number} {word}" for word, number in kind.words.items())
    if isinstance(kind, Text):
        return f"text, {kind.max_bytes} bytes"
    if isinstance(kind, Octets):
        return f"{kind.size} octets"
    return _WORDS[type(kind)]


_WORDS: dict[type, str] = {Counter: "counter", Flag: "true, false", Moment: "time of day"}


def unit_of(kind: Kind) -> str:
    """Empty: a plain number."""
    return kind.unit if isinstance(kind, Number) else ""
