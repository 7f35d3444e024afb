"""The picture on a terminal. 80 columns and 24 lines are enough; what does not fit is counted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agent.cli.line import Line
from agent.cli.picture import Picture, Row
from agent.cli.watch_text import COLUMNS, body_of, cells_of, events_of, title_of

_TONES = {"critical": "bold red", "warning": "yellow"}
_ROLES = {
    "master": "bold green",
    "backup": "cyan",
    "claiming": "bold yellow",
    "init": "yellow",
    "fault": "bold red",
    "off": "dim",
}
_ROLE, _READY = COLUMNS.index("role"), COLUMNS.index("ready")
_COLOURS = frozenset({"red", "yellow", "green"})
_HINT = "q ends"


@contextmanager
def screen() -> Iterator[Callable[[Picture], None]]:
    """The whole terminal until the end of the block; then it is as it was."""
    console = Console()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield lambda picture: live.update(rendered(picture, console.width, console.height), refresh=True)


def rendered(picture: Picture, width: int, height: int) -> RenderableType:
    """At most `height` lines."""
    title, members, events = title_of(picture), picture.rows("member"), events_of(picture)
    room = max(height - 4, 4)  # title, heading, one line between, the hint
    shown_members = members[: max(room - len(events) - 3, room // 2)]
    left = room - len(shown_members) - len(events)
    parts: list[RenderableType] = [_text(title, width, "bold"), _members(shown_members)]
    hidden = len(members) - len(shown_members)
    body = [*([Line(f"… and {hidden} more groups: understudy status")] if hidden else []), *body_of(picture)]
    parts += [_text(line, width) for line in _cut(body, left)]
    parts.append(Text(_HINT if not events else f"last events ({_HINT})", "dim"))
    parts += [_text(Line(event), width, "dim") for event in events]
    return Group(*parts)


def _cut(lines: list[Line], room: int) -> list[Line]:
    if len(lines) <= room:
        return lines
    kept = max(room - 1, 0)
    return [*lines[:kept], Line(f"… and {len(lines) - kept} more lines: understudy status")]


def _text(line: Line, width: int, style: str = "") -> Text:
    text = Text(line.text, _TONES.get(line.tone, style), no_wrap=True, overflow="ellipsis")
    text.truncate(width, overflow="ellipsis")
    return text


def _members(members: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in COLUMNS:
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=16 if name == "master" else None)
    for member in members:
        cells = cells_of(member)
        texts = [Text(cell) for cell in cells]
        texts[_ROLE].stylize(_ROLES.get(cells[_ROLE], ""))
        colour = cells[_READY].partition(" ")[0]
        texts[_READY].stylize(f"bold {colour}" if colour in _COLOURS else "")
        texts[-1].stylize("yellow")
        table.add_row(*texts)
    return table
