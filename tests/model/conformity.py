"""Does a view keep what the declarations promise?"""

from collections.abc import Iterator

from agent.model.kinds import Choice, Counter, Flag, Moment, Number, Octets, Text, Value
from agent.model.managed import Managed, Table
from agent.model.tables import TABLE
from agent.model.view import View


def complaints(view: View) -> list[str]:
    """Sentences; none: it does."""
    return [
        said for name, rows in view.tables.items() for index, row in rows.items() for said in _of_row(TABLE[name], index, row)
    ]


def _of_row(table: Table, index: tuple[int, ...], row: object) -> Iterator[str]:
    assert hasattr(row, "keys")
    names = {column.name for column in table.columns}
    if missing := names - set(row.keys()):  # type: ignore[attr-defined]
        yield f"{table.name}{index}: no {sorted(missing)}"
    if table.name != "event" and (more := set(row.keys()) - names):
        yield f"{table.name}{index}: unknown {sorted(more)}"
    for column, number in zip(table.index, index, strict=True):
        if not is_of(column, number) or number is None:
            yield f"{table.name}{index}: {column.name} {number}"
    for column in table.columns:
        if column.name in row and not is_of(column, row[column.name]):  # type: ignore[operator,index]
            yield f"{table.name}{index}: {column.name} is {row[column.name]!r}"  # type: ignore[index]


def is_of(column: Managed, value: Value) -> bool:
    """None: not known now."""
    if value is None:
        return not isinstance(column.kind, Flag | Counter)
    match column.kind:
        case Number(low, high):
            return type(value) is int and low <= value <= high
        case Counter():
            return type(value) is int and value >= 0
        case Flag():
            return isinstance(value, bool)
        case Text(most):
            return isinstance(value, str) and len(value.encode()) <= most and value.isprintable()
        case Octets(size):
            return isinstance(value, bytes) and len(value) == size
        case Moment():
            return type(value) is int
        case Choice(words):
            return type(value) is int and value in words.values()
