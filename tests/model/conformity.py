"""Does a view keep what the declarations promise?"""

from collections.abc import Iterator

from agent.model.kinds import Choice, Counter, Flag, Moment, Number, Octets, Text, Value
from agent.model.managed import Managed, Table
from agent.model.tables import TABLE
from agent.model.view import Index, Row, View


def complaints(view: View) -> list[str]:
    """Sentences; none: it does."""
    return [
        said for name, rows in view.tables.items() for index, row in rows.items() for said in _of_row(TABLE[name], index, row)
    ]


def _of_row(table: Table, index: Index, row: Row) -> Iterator[str]:
    names = {column.name for column in table.columns}
    if missing := names - set(row.keys()):
        yield f"{table.name}{index}: no {sorted(missing)}"
    if table.name != "event" and (more := set(row.keys()) - names):
        yield f"{table.name}{index}: unknown {sorted(more)}"
    for column, number in zip(table.index, index, strict=True):
        if not is_of(column, number) or number is None:
            yield f"{table.name}{index}: {column.name} {number}"
    for column in table.columns:
        if column.name in row and not is_of(column, row[column.name]):
            yield f"{table.name}{index}: {column.name} is {row[column.name]!r}"


def is_of(column: Managed, value: Value) -> bool:
    """None: not known now."""
    kind = column.kind
    if value is None:
        return not isinstance(kind, Flag | Counter)
    if isinstance(kind, Flag):
        return isinstance(value, bool)
    if isinstance(kind, Text):
        return isinstance(value, str) and len(value.encode()) <= kind.max_bytes and value.isprintable()
    if isinstance(kind, Octets):
        return isinstance(value, bytes) and len(value) == kind.size
    return type(value) is int and _is_number_of(kind, value)


def _is_number_of(kind: Number | Counter | Moment | Choice, value: int) -> bool:
    if isinstance(kind, Number):
        return kind.low <= value <= kind.high
    return value in kind.words.values() if isinstance(kind, Choice) else value >= 0
