"""The text of one table of the model: a block for each of its families, written again only where a value has changed.

A row that says the same as before is the same object (agent/management/viewer_keep.py), so most rows are not even looked at; of
the others, columns are compared. 256 groups have 70,000 series, and a second later a thousand of them say something else.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from operator import ne
from typing import NamedTuple

from agent.management.exposition.lines import LineOf, writer_of
from agent.model.kinds import Value
from agent.model.metrics import CONDITIONS, Told
from agent.model.view import Index, Row

Labels = Callable[[Index, Row], Sequence[str]]
"""The values of the labels that every series of the row has; each row has its own."""
Values = tuple[Value, ...]


class Naming(NamedTuple):
    """`columns`: what of the row its labels are made of."""

    labels: Labels
    columns: tuple[str, ...] = ()


class Sheet:
    """`blocks`: by family, in the order of `told`; each is another object when it says something else."""

    def __init__(self, told: Sequence[Told], naming: Naming) -> None:
        self._writers, self._naming = [writer_of(one) for one in told], naming
        self._columns = [*naming.columns, *(name for writer in self._writers for name in writer.columns)]
        self._family_of = [position for position, writer in enumerate(self._writers) for _name in writer.columns]
        self._spans = [_span(self._family_of, position, len(naming.columns)) for position in range(len(told))]
        self._places = range(len(self._columns))
        self._rows: Mapping[Index, Row] | None = None
        self._repeating = frozenset(position for position, one in enumerate(told) if one.column.metric in CONDITIONS)
        self._known: dict[Index, Row | None] = {}
        self._values: dict[Index, Values] = {}
        self._lines: list[dict[Index, str]] = [{} for _ in told]
        self._makers: list[dict[Index, LineOf]] = [{} for _ in told]
        self.blocks: list[bytes] = [b""] * len(told)

    def update(self, rows: Mapping[Index, Row], *, are_labels_new: bool = False) -> None:
        """`are_labels_new`: what rows themselves do not say has changed their labels."""
        if rows is self._rows and not are_labels_new:
            return
        self._rows = rows
        dirty = set[int]()
        if are_labels_new or list(rows) != list(self._known):  # series keep the order of the table
            dirty = self._forget()
        known = self._known or dict.fromkeys(rows)
        for (index, row), before in zip(rows.items(), known.values(), strict=True):
            if row is not before:
                known[index] = row
                self._write(index, row, dirty)
        self._known = known
        for position in dirty:
            lines = self._lines[position].values()
            alone = dict.fromkeys(lines) if position in self._repeating else lines
            self.blocks[position] = "".join(alone).encode("utf-8", "replace")

    def _forget(self) -> set[int]:
        self._known, self._values = {}, {}
        self._lines, self._makers = [{} for _ in self._lines], [{} for _ in self._makers]
        return set(range(len(self._lines)))

    def _write(self, index: Index, row: Row, dirty: set[int]) -> None:
        """The lines that say something else than before, if there was anything."""
        values = tuple(map(row.get, self._columns))
        before = self._values.get(index)
        self._values[index] = values
        labelling = len(self._naming.columns)
        if before is None or before[:labelling] != values[:labelling]:
            self._begin(index, row, values)
            dirty.update(range(len(self._writers)))
            return
        for place in compress(self._places, map(ne, values, before)):
            position = self._family_of[place - labelling]
            self._lines[position][index] = self._makers[position][index](values[self._spans[position]])
            dirty.add(position)

    def _begin(self, index: Index, row: Row, values: Values) -> None:
        labels = tuple(self._naming.labels(index, row))
        for position, writer in enumerate(self._writers):
            make = self._makers[position][index] = writer.of(labels)
            self._lines[position][index] = make(values[self._spans[position]])


def _span(family_of: Sequence[int], position: int, offset: int) -> slice:
    """Where the values of a family stand in those of a row."""
    first = offset + family_of.index(position)
    return slice(first, first + family_of.count(position))
