"""Rows under headings: aligned for logs and pipes, a table on a terminal."""

import sys
from collections.abc import Sequence

Row = Sequence[str]


def print_columns(headings: Row, rows: Sequence[Row], title: str = "") -> None:
    """Cells are readable already (agent.cli.plain)."""
    if sys.stdout.isatty():
        _print_table(headings, rows, title)
        return
    if title:
        print(title)
    for line in aligned([headings, *rows]):
        print(line)


def aligned(rows: Sequence[Row]) -> list[str]:
    """Each column as wide as its widest cell, two spaces between."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _print_table(headings: Row, rows: Sequence[Row], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
