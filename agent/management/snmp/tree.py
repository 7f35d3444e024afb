"""All that SNMP can see here, sorted. What is not in the tree exists for no manager: that is the view, and it fails closed.

A place is (block, row, column). `find` remembers where names that exist are; managers ask for the same ones again and again.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from agent.management.snmp.ber import NO_SUCH_INSTANCE, NO_SUCH_OBJECT, Oid, oid_of
from agent.management.snmp.blocks import Block, TableBlock
from agent.model.smi import DEFAULT_ROOT
from agent.model.tables import TABLES
from agent.model.view import View

Place = tuple[Block, int, int]
MAX_KNOWN: Final = 65_536
"""Names remembered; then it begins anew."""


class Tree:
    """Blocks in the order of their OIDs; the tables of the model are among them, the standard groups are `others`."""

    def __init__(self, root: Oid = DEFAULT_ROOT, others: Iterable[Block] = ()) -> None:
        self.root = root
        self._tables = tuple(TableBlock(table, root) for table in TABLES)
        columns = [
            (column.oid, block, number) for block in (*self._tables, *others) for number, column in enumerate(block.columns)
        ]
        columns.sort(key=lambda entry: entry[0])
        self._oids = [oid for oid, _, _ in columns]
        self._columns = [(block, number) for _, block, number in columns]
        self._known: dict[bytes, Place] = {}
        self._view: View | None = None

    def show(self, view: View) -> None:
        """Answer from this one from now on. Cheap for the same one."""
        if view is self._view:
            return
        self._view = view
        for block in self._tables:
            if block.show(view.tables.get(block.table.name, {})):
                self._known.clear()

    def find(self, name: bytes) -> Place | None:
        """The place of an instance by the content of its OID; None: there is none. BerError for what is no OID."""
        place = self._known.get(name)
        return place if place is not None else self._search(name)

    def _search(self, name: bytes) -> Place | None:
        oid = oid_of(name)
        number = bisect_right(self._oids, oid) - 1
        if number < 0 or not _is_below(oid, self._oids[number]):
            return None
        block, column = self._columns[number]
        row = _row_after(block, oid[len(self._oids[number]) :]) - 1
        if row < 0 or block.columns[column].oid + block.indices[row] != oid:
            return None
        if len(self._known) >= MAX_KNOWN:  # more than there are: somebody spells the same OIDs in many ways
            self._known.clear()
        place = self._known[name] = (block, row, column)
        return place

    def why_not(self, name: bytes) -> bytes:
        """Value of what `find` does not find: noSuchInstance when the object is there, noSuchObject else."""
        return NO_SUCH_INSTANCE if self.column_of(oid_of(name)) else NO_SUCH_OBJECT

    def holds(self, oid: Oid) -> bool:
        """Is it below our own root? Elsewhere nothing can ever be written."""
        return _is_below(oid, self.root)

    def column_of(self, oid: Oid) -> tuple[Block, int] | None:
        """Which object this is an instance of, whether there is such an instance or not."""
        number = bisect_right(self._oids, oid) - 1
        return self._columns[number] if number >= 0 and _is_below(oid, self._oids[number]) else None

    def after(self, name: bytes) -> Place | None:
        """The first place behind this OID; None: that was the last. BerError."""
        place = self.find(name)
        if place is not None:
            block, row, column = place
            return (block, row + 1, column) if row + 1 < len(block.indices) else self._next_column(block, column)
        oid = oid_of(name)
        number = bisect_right(self._oids, oid) - 1
        if number >= 0 and _is_below(oid, self._oids[number]):
            block, column = self._columns[number]
            row = _row_after(block, oid[len(self._oids[number]) :])
            if row < len(block.indices):
                return block, row, column
        return self._first_from(number + 1)

    def _next_column(self, block: Block, column: int) -> Place | None:
        return self._first_from(bisect_right(self._oids, block.columns[column].oid))

    def _first_from(self, number: int) -> Place | None:
        """The first instance of this column or of those behind it."""
        for block, column in self._columns[number:]:
            if block.indices:
                return block, 0, column
        return None

    def run_after(self, name: bytes, count: int) -> list[bytes]:
        """Up to `count` varbinds behind this OID, over as many columns as it takes; fewer at the end of the view. BerError."""
        found: list[bytes] = []
        place = self.after(name) if count > 0 else None
        while place is not None and len(found) < count:
            block, row, column = place
            found += block.run(column, row, row + count - len(found))
            place = self._next_column(block, column)
        return found


def _row_after(block: Block, index: Oid) -> int:
    """Rows up to and including this index."""
    return bisect_right(block.indices, index)


def _is_below(oid: Oid, top: Oid) -> bool:
    return oid[: len(top)] == top
