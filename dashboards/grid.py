"""Places panels on Grafana's 24 columns and gives them what the sdk leaves unset: ids, and letters for their queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import Panel

COLUMNS: Final = 24


@dataclass(frozen=True)
class Row:
    """Panels under a title, placed from left to right; what does not fit goes below. Folded: opened by a click."""

    title: str
    panels: Sequence[Panel]
    folded: bool = False


Placed = list[model.Panel | model.RowPanel]


def placed(rows: Iterable[Row]) -> Placed:
    """All rows and panels with ids from 1 in reading order."""
    found: Placed = []
    top = 0
    for row in rows:
        panels = [panel.build() for panel in row.panels]
        head = model.RowPanel(title=row.title, collapsed=row.folded, id_val=0, grid_pos=_at(0, top, COLUMNS, 1), panels=[])
        top = _wrapped(panels, top + 1)
        found.append(head)
        if row.folded:
            head.panels = panels
            top = head.grid_pos.y + 1 if head.grid_pos else top
        else:
            found += panels
    return _numbered(found)


def _wrapped(panels: Iterable[model.Panel], top: int) -> int:
    """Set the places; returns the first free line below."""
    left = height = 0
    for panel in panels:
        position = panel.grid_pos or model.GridPos()
        if left + position.w > COLUMNS:
            left, top, height = 0, top + height, 0
        panel.grid_pos = _at(left, top, position.w, position.h)
        left, height = left + position.w, max(height, position.h)
    return top + height


def _at(left: int, top: int, width: int, height: int) -> model.GridPos:
    return model.GridPos(x=left, y=top, w=width, h=height)


def _numbered(found: Placed) -> Placed:
    for number, panel in enumerate(each_panel(found), 1):
        panel.id_val = number
        for letter, target in zip(ascii_uppercase, getattr(panel, "targets", None) or (), strict=False):
            target.ref_id = letter
    return found


def each_panel(found: Placed) -> Iterable[model.Panel | model.RowPanel]:
    """Those in folded rows as well."""
    for panel in found:
        yield panel
        if isinstance(panel, model.RowPanel):
            yield from panel.panels
