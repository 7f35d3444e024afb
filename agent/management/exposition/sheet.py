"""The text of one table of the model: a block for each of its families, written again only where a value has changed.

A row that says the same as before is the same object (agent/management/viewer_keep.py), so most rows are not even looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from agent.management.exposition.lines import writer_of
from agent.model.kinds import Value
from agent.model.metrics import Told
from agent.model.view import Index, Row

Labels = Callable[[Index, Row], Sequence[str]]
"""The values of the labels that every series of the row has; each row has its own."""


class _Written(NamedTuple):
    row: Row
    labels: tuple[str, ...]
    values: tuple[Value, ...]


class Sheet:
    """`blocks`: by family, in the order of `told`; each is another object when it says something else."""

    def __init__(self, told: Sequence[Told]) -> None:
        self._writers = [writer_of(one) for one in told]
        self._columns = [name for writer in self._writers for name in writer.columns]
        self._family_of = [position for position, writer in enumerate(self._writers) for _name in writer.columns]
        self._rows: Mapping[Index, Row] | None = None
        self._written: dict[Index, _Written] = {}
        self._lines: list[dict[Index, str]] = [{} for _ in told]
        self.blocks: list[bytes] = [b""] * len(told)

    def update(self, rows: Mapping[Index, Row], labels: Labels, *, are_labels_new: bool) -> None:
        """`are_labels_new`: what rows themselves do not say may have changed their labels."""
        if rows is self._rows and not are_labels_new:
            return
        self._rows = rows
        dirty = self._forget(rows)
        for index, row in rows.items():
            written = self._written.get(index)
            if written is None or written.row is not row or are_labels_new:
                dirty |= self._write(index, row, tuple(labels(index, row)))
        for position in dirty:
            self.blocks[position] = "".join(dict.fromkeys(self._lines[position].values())).encode("utf-8", "replace")

    def _forget(self, rows: Mapping[Index, Row]) -> set[int]:
        """When rows came or went, all is written again: series keep the order of the table."""
        if list(rows) == list(self._written):
            return set()
        self._written = {}
        for lines in self._lines:
            lines.clear()
        return set(range(len(self._lines)))

    def _write(self, index: Index, row: Row, labels: tuple[str, ...]) -> set[int]:
        """Which families have other lines now."""
        values = tuple(map(row.get, self._columns))
        before = self._written.get(index)
        self._written[index] = _Written(row, labels, values)
        if before is None or before.labels != labels:
            changed = set(range(len(self._writers)))
        else:
            told = zip(self._family_of, values, before.values, strict=True)
            changed = {position for position, value, old in told if value != old}
        for position in changed:
            self._lines[position][index] = self._line(position, labels, values)
        return changed

    def _line(self, position: int, labels: tuple[str, ...], values: tuple[Value, ...]) -> str:
        first = self._family_of.index(position)
        writer = self._writers[position]
        return writer.lines(labels, values[first : first + len(writer.columns)])
