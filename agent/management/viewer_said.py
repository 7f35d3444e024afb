"""What management itself says of a row: words or numbers, times in ns or ISO 8601. Pure."""

from collections.abc import Mapping, Set
from functools import cache

from agent.management.viewer_read import Object, moment, numbered, plain, text, whole
from agent.model.kinds import Choice, Flag, Kind, Moment, Number, Text, Value
from agent.model.tables import TABLE


def overlaid(table: str, row: dict[str, Value], said: Object, names: Set[str]) -> dict[str, Value]:
    """The row, with those of `names` that are said in place of what it has."""
    known = names & said.keys()
    if not known:
        return row
    kinds = _kinds(table)
    return row | {name: as_value(kinds[name], said[name], row.get(name)) for name in known}


def as_value(kind: Kind, value: object, otherwise: Value = None) -> Value:
    """What is odd becomes `otherwise`."""
    if value is None:
        return None
    match kind:
        case Choice():
            found: Value = numbered(kind, value)
        case Moment():
            found = moment(value)
        case Text():
            found = text(value, kind.max_bytes)
        case Flag():
            found = value if isinstance(value, bool) else None
        case Number():
            found = whole(value)
        case _:
            found = plain(value)
    return otherwise if found is None else found


@cache
def _kinds(table: str) -> Mapping[str, Kind]:
    return {column.name: column.kind for column in TABLE[table].columns}
