"""Values as JSON has them, on HTTP and the control socket: words for choices, ISO 8601 for times, hex for octets.

Whole numbers stay numbers (counters too: none of ours outgrows 2^53 within a career); what is not known now is null.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from agent.model.kinds import Choice, Flag, Kind, Moment, Octets, Value
from agent.model.managed import Managed, Table
from agent.model.view import Index, Row, View

Json = dict[str, object]


class NotThatKind(Exception):  # noqa: N818 (a person's mistake, not ours)
    """The JSON value is none of this kind; str() is a sentence."""


def value_as_json(kind: Kind, value: Value) -> object:
    """None stays null; a number that its Choice does not have stays a number."""
    if value is None:
        return None
    match kind:
        case Moment() if isinstance(value, int):
            return _iso(value)
        case Choice() if isinstance(value, int):
            return next((word for word, number in kind.words.items() if number == value), value)
        case Flag():
            return bool(value)
    return value.hex() if isinstance(value, bytes) else value


def _iso(at_ns: int) -> str | None:
    """UTC to the ms: `2026-01-02T03:04:05.678Z`; None for a time that no calendar has."""
    try:
        moment = datetime.fromtimestamp(at_ns / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row_as_json(table: Table, index: Index, row: Row) -> Json:
    """The index columns first, by name; then every column, null where the row has none."""
    found: Json = {managed.name: value_as_json(managed.kind, number) for managed, number in zip(table.index, index, strict=True)}
    return found | {managed.name: value_as_json(managed.kind, row.get(managed.name)) for managed in table.columns}


def table_as_json(table: Table, view: View, beginning: Index = ()) -> list[Json]:
    """The rows whose index begins so, in index order."""
    rows: Mapping[Index, Row] = view.tables.get(table.name, {})
    return [row_as_json(table, index, row) for index, row in rows.items() if index[: len(beginning)] == beginning]


def view_as_json(view: View, tables: Iterable[Table], now_ns: int) -> Json:
    """`{"revision", "age_ms", "stale", "tables": {"unit": {…}, "member": [{…}], …}}`. `now_ns`: monotonic."""
    return {**head_as_json(view, now_ns), "tables": {table.name: _whole(table, view) for table in tables}}


def head_as_json(view: View, now_ns: int) -> Json:
    """What every answer says of the moment that it shows (C-18)."""
    return {"revision": view.revision, "age_ms": max(0, now_ns - view.made_at_ns) // 1_000_000, "stale": view.is_stale}


def _whole(table: Table, view: View) -> object:
    """Scalars are one object, {} while nothing is known; all else is a list."""
    rows = table_as_json(table, view)
    return rows if table.index else next(iter(rows), {})


def value_from_json(managed: Managed, given: object) -> Value:
    """What the model takes: a choice's word becomes its number, hex becomes octets. What does not fit passes, for the model
    to refuse in its own words; NotThatKind for what no managed value can be (a fraction, a list, an object, null).
    """
    if not isinstance(given, str | int):
        raise NotThatKind(f"{managed.name} must be a whole number, text, true or false")
    if isinstance(managed.kind, Choice) and isinstance(given, str):
        return managed.kind.words.get(given, given)
    if isinstance(managed.kind, Octets) and isinstance(given, str):
        with suppress(ValueError):
            return bytes.fromhex(given)
    return given
