"""`python -m tests.diagnostics.golden`: what `explain` prints of the record in docs/pictures, into failover.txt beside this.

For whoever changes the picture on purpose: look at the difference, and commit it.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from agent.diagnostics.explain import Explanation, choose, explain
from agent.diagnostics.lanes import Picture, picture_of
from agent.diagnostics.sources import load
from agent.diagnostics.terminal import show
from agent.diagnostics.timeline import Timeline

RECORD = Path(__file__).parents[2] / "docs" / "pictures" / "failover.pcapng.gz"
GOLDEN = Path(__file__).parent / "failover.txt"
COLUMNS = 110


def drawn_from(timeline: Timeline, at_ns: int | None = None) -> tuple[Explanation, Picture]:
    """Of the last change, or the one nearest to a moment."""
    change = choose(timeline, at_ns)
    assert change is not None
    explanation = explain(timeline, change)
    return explanation, picture_of(timeline, explanation)


def printed(explanation: Explanation, picture: Picture) -> str:
    """On a terminal of 110 columns without colours; nothing at the ends of lines."""
    page = StringIO()
    show(Console(file=page, width=COLUMNS, color_system=None), explanation, picture)
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


if __name__ == "__main__":
    GOLDEN.write_text(printed(*drawn_from(load(RECORD))))
