"""The tables of a view as the control socket says them, in JSON, back into rows."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from agent.model.json_values import NotThatKind, value_from_json
from agent.model.kinds import Moment, Value
from agent.model.managed import Managed, Table
from agent.model.view import Index, Row


def rows_from_json(table: Table, given: object) -> dict[Index, Row]:
    """In index order. KeyError, TypeError, ValueError: that was no such table."""
    return dict(sorted(_rows(table, given), key=_index))


def _rows(table: Table, given: object) -> Iterator[tuple[Index, Row]]:
    """Scalars are one object, {} while nothing is known; all else is a list."""
    for entry in given if isinstance(given, list) else [given]:
        if not isinstance(entry, dict):
            raise TypeError("a row is an object")
        if entry:
            yield tuple(_number(column, entry) for column in table.index), _row(table, entry)


def _number(column: Managed, entry: Mapping[str, object]) -> int:
    value = _value(column, entry[column.name])
    if not isinstance(value, int):
        raise TypeError("an index is a number")
    return value


def _row(table: Table, entry: Mapping[str, object]) -> Row:
    return {column.name: _value(column, entry.get(column.name)) for column in table.columns}


def _value(column: Managed, given: object) -> Value:
    """What this version cannot read is not known."""
    if given is None:
        return None
    try:
        if isinstance(column.kind, Moment):
            return int(datetime.fromisoformat(str(given)).timestamp() * 1000) * 1_000_000
        return value_from_json(column, given)
    except (ValueError, NotThatKind):
        return None


def _index(pair: tuple[Index, Row]) -> Index:
    return pair[0]
