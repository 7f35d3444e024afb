"""The scene as rich draws it: both units side by side, the common output, the figures, the events."""

from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agent.cli.demo.figures import Figure
from agent.cli.demo.ground import PARTS, Part
from agent.cli.demo.scene import GONE, Happening, Observed, OutputScene, Scene, UnitScene

WIDTH = 100
_STYLES = {"master": "bold green", "backup": "cyan", "claiming": "bold yellow", GONE: "bold red", "fault": "bold red"}
_OTHER_STYLE = "yellow"
_SILENT_NS = 100_000_000
_FIXED_LINES = 14
_MIN_EVENTS = 3
_COLUMNS = ("step", "rule", "measured", "output gap", "packets lost", "cc errors", "overlap")
_SHORT_COLUMNS = ("step", "rule", "measured", "gap", "lost", "cc", "overlap")


def picture_of(scene: Scene, width: int, height: int) -> RenderableType:
    """The whole screen, of so many characters and lines; 80 by 24 is enough."""
    units = Table.grid(expand=True, padding=(0, 0))
    for _ in PARTS:
        units.add_column(ratio=1)
    units.add_row(*(_unit(part, scene.units[part.name]) for part in PARTS))
    room = max(_MIN_EVENTS, height - _FIXED_LINES - len(scene.figures))
    return Group(
        Text.assemble(("Understudy demo  ", "bold"), (scene.title, "bold yellow"), no_wrap=True, overflow="ellipsis"),
        units,
        _output(scene.output),
        table_of(scene.figures, width),
        *map(_event, scene.happenings[-room:]),
        Text(scene.hint, style="dim", no_wrap=True, overflow="ellipsis"),
    )


def table_of(figures: list[Figure], width: int) -> Table:
    """One row a step."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), pad_edge=False, show_edge=False)
    for index, column in enumerate(_COLUMNS if width >= WIDTH else _SHORT_COLUMNS):
        table.add_column(column, justify="left" if index < 2 else "right", no_wrap=True)
    for one in figures:
        cells = (one.step, one.rule, one.measured, one.gap, one.lost, str(one.continuity_errors), str(one.overlapping))
        table.add_row(*cells, style="bold red" if one.faults else "")
    return table


def observed_table(observed: list[Observed]) -> Table:
    """One row a question."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for column in ("", "before", "after", "query"):
        table.add_column(column, overflow="fold")
    for one in observed:
        table.add_row(one.name, one.before, one.after, Text(one.query, style="dim"))
    return table


def clock(at_ns: int) -> str:
    """Time of day, to the ms."""
    return datetime.fromtimestamp(at_ns / 1e9).astimezone().strftime("%H:%M:%S.%f")[:-3]


def _unit(part: Part, unit: UnitScene) -> Panel:
    style = _STYLES.get(unit.role, _OTHER_STYLE)
    what = f"   {part.designation}, priority {part.priority}"
    words, words_style = (unit.alarms[0], "red") if unit.alarms else (unit.reason, "dim")
    lines = Group(
        Text.assemble((unit.role.upper(), style), what),
        _countdown(unit),
        Text.assemble("output  ", (f"{unit.rate} packets/s", "green" if unit.rate else "dim")),
        Text(words, style=words_style, no_wrap=True, overflow="ellipsis"),
    )
    return Panel(lines, title=part.name, border_style=style)


def _countdown(unit: UnitScene) -> RenderableType:
    if unit.left_ns is None:
        return Text("no timer runs", style="dim")
    is_master = unit.role == "master"
    what = "lease ends in" if is_master else "takes over in"
    bar = ProgressBar(total=unit.whole_ns, completed=unit.left_ns, complete_style="green" if is_master else "cyan")
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column(ratio=1)
    line.add_row(f"{what} {unit.left_ns / 1e9:.2f} of {unit.whole_ns / 1e9:.2f} s", bar)
    return line


def _output(output: OutputScene) -> Panel:
    if output.silent_ns is None:
        state = Text("no stream yet", style="dim")
    elif output.silent_ns > _SILENT_NS:
        state = Text(f"SILENT for {output.silent_ns / 1e9:.2f} s", style="bold red")
    else:
        state = Text("on air", style="bold green")
    text = f"   {output.rate} packets/s   {output.continuity_errors} continuity errors   {output.datagrams} datagrams"
    return Panel(Text.assemble(state, text), title="the common output", border_style=state.style)


def _event(one: Happening) -> Text:
    return Text.assemble((clock(one.at_ns), "dim"), (f"  {one.who:9} ", "bold"), one.text, no_wrap=True, overflow="ellipsis")
