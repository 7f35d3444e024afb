"""The status of a unit as a table, on a terminal."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.cli.details import details_of
from agent.cli.overview import columns_of, role_of, rows_of, title_of

_STYLES = {"master": "bold green", "backup": "cyan", "claiming": "bold yellow", "init": "yellow", "fault": "bold red"}
_TONES = {"critical": "bold red", "warning": "yellow"}


def print_table(status: Mapping[str, object]) -> None:
    """One row a member, coloured by role; the rest below."""
    table = Table(title=Text(title_of(status)), title_justify="left")
    for column in columns_of(status):
        table.add_column(column)
    for row in rows_of(status):
        table.add_row(*(Text(cell) for cell in row), style=_STYLES.get(role_of(row), ""))
    console = Console()
    console.print(table)
    for line in details_of(status, console.width):
        console.print(Text(line.text, _TONES.get(line.tone, "")))
