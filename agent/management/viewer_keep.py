"""Rows of before where they say the same: faces keep what they have made of a row for as long as it is the same object. Pure."""

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType

from agent.model.view import Index, Row


class Memo:
    """What was made of what was said: the same while the same is said. The last of each `what` is kept."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[object, Mapping[Index, Row]]] = {}

    def of(self, what: Hashable, said: object, make: Callable[[], Mapping[Index, Row]]) -> Mapping[Index, Row]:
        """Rows. `said`: all that `make` looks at."""
        known = self._made.get(what)
        if known is None or known[0] != said:
            rows = {index: frozen(row) for index, row in make().items()}
            known = self._made[what] = said, kept_rows(known[1], rows) if known else rows
        return known[1]


def kept_table(before: Mapping[Index, Row], rows: Mapping[Index, Row]) -> Mapping[Index, Row]:
    """The table of before, when all of its rows are."""
    now = kept_rows(before, rows)
    is_same = len(before) == len(now) and all(before.get(index) is row for index, row in now.items())
    return before if is_same else MappingProxyType(now)


def kept_rows(before: Mapping[Index, Row], rows: Mapping[Index, Row]) -> dict[Index, Row]:
    """Each row as it was before if it is equal, else as one that cannot be changed any more."""
    kept: dict[Index, Row] = {}
    for index, row in rows.items():
        known = before.get(index)
        kept[index] = known if known is not None and (known is row or known == row) else frozen(row)
    return kept


def frozen(row: Row) -> Row:
    """Nobody can change it, nor has anybody else the dictionary behind it."""
    return row if isinstance(row, MappingProxyType) else MappingProxyType(dict(row))
