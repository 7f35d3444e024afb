"""The status of a unit as a table, on a terminal."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.cli.overview import COLUMNS, role_of, rows_of, title_of

_STYLES = {"master": "bold green", "backup": "cyan", "claiming": "bold yellow", "init": "yellow", "fault": "bold red"}


def print_table(status: Mapping[str, object]) -> None:
    """One row a member, coloured by role."""
    table = Table(title=Text(title_of(status)), title_justify="left")
    for column in COLUMNS:
        table.add_column(column)
    for row in rows_of(status):
        table.add_row(*(Text(cell) for cell in row), style=_STYLES.get(role_of(row), ""))
    Console().print(table)
