"""The unit as the stream of changes tells it: tables of rows, kept up to date."""

import time
from collections.abc import Iterable, Mapping

from agent.cli.plain import table_in, tables_in
from agent.cli.stream import Event

Row = Mapping[str, object]
Key = tuple[object, ...]
INDEX: Mapping[str, tuple[str, ...]] = {
    "member": ("group",),
    "peer": ("group", "peer"),
    "reason": ("group", "peer", "number"),
    "alarm": ("number",),
    "event": ("number",),
}
"""By which columns a row is told from others (agent.model.tables has the same; importing it takes longer)."""


class Picture:
    """`is_lost`: management is away, what is shown is the last that was known."""

    def __init__(self) -> None:
        self.unit: Row = {}
        self.is_stale = self.is_lost = False
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in INDEX}
        self._told_at_s, self._age_ms = time.monotonic(), 0.0

    def take(self, event: Event) -> None:
        """A whole view takes the place of everything."""
        data = event.data
        self.is_stale, self.is_lost = data.get("stale") is True, False
        age_ms = data.get("age_ms")
        self._told_at_s, self._age_ms = time.monotonic(), age_ms if isinstance(age_ms, int | float) else 0.0
        if event.name == "view":
            self._take_whole(table_in(data.get("tables")))
        elif event.name == "change":
            self._take_changes(table_in(data.get("changed")), table_in(data.get("removed")))

    def _take_whole(self, found: Row) -> None:
        self.unit = table_in(found.get("unit"))
        self._rows = {name: {_key(name, row): row for row in tables_in(found.get(name))} for name in INDEX}

    def _take_changes(self, changed: Row, removed: Row) -> None:
        self.unit = next(iter(tables_in(changed.get("unit"))), self.unit)
        for name, rows in self._rows.items():
            for row in tables_in(removed.get(name)):
                rows.pop(_key(name, row), None)
            rows.update({_key(name, row): row for row in tables_in(changed.get(name))})

    def rows(self, name: str, **equal: object) -> list[Row]:
        """In the order of their index; `equal`: those with these values."""
        found = self._rows[name]
        ordered: Iterable[Key] = sorted(found, key=lambda key: tuple(number if isinstance(number, int) else -1 for number in key))
        return [found[key] for key in ordered if all(found[key].get(column) == value for column, value in equal.items())]

    def age_s(self) -> float:
        """Of what is shown."""
        return self._age_ms / 1000 + time.monotonic() - self._told_at_s


def _key(name: str, row: Row) -> Key:
    return tuple(row.get(column) for column in INDEX[name])
