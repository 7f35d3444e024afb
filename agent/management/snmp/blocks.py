"""Rows of one shape as SNMP walks them: column after column, each in index order. Cells are encoded when first asked for.

A `Block` is a grid, kept by rows: a row that changed throws away its cells at one stroke, and one that did not (a View hands on
the same row object) keeps them.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from agent.management.snmp.ber import OID, Oid, arcs, length_of, oid_content
from agent.management.snmp.values import encoder_of
from agent.model.managed import Access, Managed, Table
from agent.model.smi import ENTRY_ARC, OBJECTS_ARC
from agent.model.view import Index, Row

_SCALAR: Final[Index] = (0,)
_NO_ROWS: Final[Mapping[Index, Row]] = {}


class Column:
    """One object: its OID without the index, as numbers and as bytes."""

    def __init__(self, oid: Oid, managed: Managed | None = None) -> None:
        self.oid, self.managed, self._content = oid, managed, oid_content(oid)

    def name(self, suffix: bytes) -> bytes:
        """OID of an instance, with tag and length."""
        return bytes((OID,)) + length_of(len(self._content) + len(suffix)) + self._content + suffix


class Block:
    """What all blocks have. `indices` in order; `columns` in order; `varbind` of a place as it goes over the wire."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self.indices: list[Index] = []

    def varbind(self, row: int, column: int) -> bytes:
        """Name and value, with the header around them."""
        raise NotImplementedError

    def run(self, column: int, first: int, last: int) -> list[bytes]:
        """The varbinds of rows first..last-1 of one column; fewer at its end."""
        return [self.varbind(row, column) for row in range(first, min(last, len(self.indices)))]


class TableBlock(Block):
    """A table of the model; one without an index is a row of scalars, at index 0."""

    def __init__(self, table: Table, root: Oid) -> None:
        self.table = table
        base = (*root, OBJECTS_ARC, table.arc, *((ENTRY_ARC,) if table.index else ()))
        seen = sorted((managed for managed in table.columns if managed.access in {Access.READ, Access.WRITE}), key=_number)
        super().__init__(tuple(Column((*base, managed.column), managed) for managed in seen))
        self._encoders = tuple((managed.name, encoder_of(managed)) for managed in seen)
        self._shown: Mapping[Index, Row] = _NO_ROWS
        self._rows: list[Row] = []
        self._cells: list[list[bytes | None]] = []
        self._suffixes: list[bytes] = []

    def show(self, rows: Mapping[Index, Row]) -> bool:
        """From now on this. True: rows have come or gone, so that places have moved."""
        if rows is self._shown:
            return False
        self._shown = rows
        indices = list(rows) if self.table.index else [_SCALAR] * len(rows)
        if indices == self.indices:
            self._renew(list(rows.values()))
            return False
        self._replace(indices, list(rows.values()))
        return True

    def _renew(self, rows: list[Row]) -> None:
        """The same indices: rows that are other objects lose their cells."""
        empty: list[bytes | None] = [None] * len(self.columns)
        for place, (old, new) in enumerate(zip(self._rows, rows, strict=True)):
            if old is not new:
                self._cells[place] = empty[:]
        self._rows = rows

    def _replace(self, indices: list[Index], rows: list[Row]) -> None:
        """Other indices: rows that are the same objects at the same index keep their cells."""
        if any(before >= after for before, after in pairwise(indices)):
            in_order = sorted(zip(indices, rows, strict=True), key=_index)
            indices, rows = [index for index, _ in in_order], [row for _, row in in_order]
        kept = {index: (row, cells) for index, row, cells in zip(self.indices, self._rows, self._cells, strict=True)}
        nothing: tuple[Row | None, list[bytes | None]] = (None, [])
        before = [kept.get(index, nothing) for index in indices]
        self._cells = [
            cells if old is row else [None] * len(self.columns) for (old, cells), row in zip(before, rows, strict=True)
        ]
        self.indices, self._rows, self._suffixes = indices, rows, [arcs(index) for index in indices]

    def row(self, row: int) -> Row:
        """As the view has it."""
        return self._rows[row]

    def varbind(self, row: int, column: int) -> bytes:
        """Encoded once for as long as the row stays the same."""
        return self._cells[row][column] or self._encode(row, column)

    def run(self, column: int, first: int, last: int) -> list[bytes]:
        """As of Block; the usual case is that all of them are encoded already."""
        found = [cells[column] for cells in self._cells[first:last]]
        return [cell or self._encode(row, column) for row, cell in enumerate(found, first)]

    def _encode(self, row: int, column: int) -> bytes:
        name, encode = self._encoders[column]
        cell = bind(self.columns[column].name(self._suffixes[row]), encode(self._rows[row].get(name)))
        self._cells[row][column] = cell
        return cell


class LiveBlock(Block):
    """Scalars whose value is made when somebody reads them. `values`: OID without the .0 → value as encoded."""

    def __init__(self, values: Mapping[Oid, Callable[[], bytes]]) -> None:
        oids = sorted(values)
        super().__init__(tuple(Column(oid) for oid in oids))
        self.indices = [_SCALAR]
        self._parts = tuple((column.name(b"\0"), values[column.oid]) for column in self.columns)

    def varbind(self, row: int, column: int) -> bytes:  # noqa: ARG002
        """As it is now."""
        name, value = self._parts[column]
        return bind(name, value())


def bind(name: bytes, value: bytes) -> bytes:
    """Both with tag and length."""
    return b"\x30%b%b%b" % (length_of(len(name) + len(value)), name, value)


def _number(managed: Managed) -> int:
    return managed.column


def _index(entry: tuple[Index, Row]) -> Index:
    return entry[0]
