"""A line below the table of `status`."""

from typing import NamedTuple


class Line(NamedTuple):
    """`tone`: critical, warning or empty."""

    text: str
    tone: str = ""
