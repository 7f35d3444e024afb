"""What a reader holds: everything at one moment. Never changed once made, so nobody sees a mixture of two states."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.model.kinds import Value

Index = tuple[int, ...]
"""Of a row; () for the one row of scalars. Names inside an index are numbered rows, not text: SNMP walks stay short."""
Row = Mapping[str, Value]
OWN = 0
"""Number of this unit itself where others of its group have theirs: in the reason table."""


@dataclass(frozen=True, slots=True)
class View:
    """`revision` grows by one with each new state; `made_at_ns` is monotonic. `is_stale`: core does not answer (C-18)."""

    revision: int
    made_at_ns: int
    is_stale: bool
    tables: Mapping[str, Mapping[Index, Row]]
    """By table name, rows in index order."""

    def row(self, table: str, index: Index = ()) -> Row | None:
        """None when there is no such row."""
        return self.tables.get(table, {}).get(index)
