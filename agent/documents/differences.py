"""Two documents value by value, and three: what each side has changed since their common base (Z-41, C-09)."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from agent.documents.canonical import FileEntry
from agent.documents.normal import is_keyed
from agent.documents.paths import FILE_PREFIX, ancestors, below
from agent.documents.schema import Document, Field, Node, Rows, Schema, Table

Side: TypeAlias = Literal["ours", "theirs", "both"]
Items: TypeAlias = Mapping[str, Any]


class Difference(NamedTuple):
    """A value that ours and theirs do not share; None: not there. `side`: who changed it since the base; without a base: both."""

    path: str
    base: Any
    ours: Any
    theirs: Any
    side: Side


def items(schema: Schema, document: Document, manifest: Mapping[str, FileEntry] | None = None) -> dict[str, Any]:
    """Path → value, for every leaf; for every row also its own path → True, because a row may have nothing but its key.

    A file is "file:NAME" → the digest of its bytes in hex. Lists are leaves.
    """
    files = {f"{FILE_PREFIX}{name}": entry.digest.hex() for name, entry in (manifest or {}).items()}
    return dict(_items("", schema.root, document)) | files


def _items(path: str, node: Node | None, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Rows) and is_keyed(node, value):
        for row in value:
            yield below(path, row[node.key]), True
            rest = {name: inner for name, inner in row.items() if name != node.key}
            yield from _items(below(path, row[node.key]), node.table, rest)
    elif isinstance(value, dict) and not isinstance(node, Field) and (value or not isinstance(node, Table)):
        yield from _table_items(path, node, value)
    elif not isinstance(node, Table) or value != {}:
        yield path, value


def _table_items(path: str, node: Node | None, value: Document) -> Iterator[tuple[str, Any]]:
    if not value and path:
        yield path, {}  # an empty table within a free one says that it is there
    for name, inner in value.items():
        yield from _items(below(path, name), node.fields.get(name) if isinstance(node, Table) else None, inner)


def three_way(base: Items | None, ours: Items, theirs: Items) -> list[Difference]:
    """Every difference between ours and theirs, in the order of their paths.

    A row that one side took away while the other changed something in it differs as a whole, and both have changed it; so
    does a row that both have made: half a row is none.
    """
    changed = [path for path in sorted({*ours, *theirs}) if not _same(ours.get(path), theirs.get(path))]
    sides = {path: _side(base, ours, theirs, path) for path in changed}
    torn = _torn(sides)
    return [_difference(base, ours, theirs, path, "both" if path in torn else side) for path, side in sides.items()]


def _difference(base: Items | None, ours: Items, theirs: Items, path: str, side: Side) -> Difference:
    return Difference(path, base.get(path) if base else None, ours.get(path), theirs.get(path), side)


def _side(base: Items | None, ours: Items, theirs: Items, path: str) -> Side:
    if base is None or any(parent in ours and parent in theirs and parent not in base for parent in ancestors(path)):
        return "both"  # a row that both have made is made of one side's values, or of chosen ones
    before = base.get(path)
    return "theirs" if _same(before, ours.get(path)) else "ours" if _same(before, theirs.get(path)) else "both"


def _torn(sides: Mapping[str, Side]) -> set[str]:
    """Paths in a row that came or went on one side while the other side changed something in it."""
    parents = {path: [parent for parent in ancestors(path) if parent in sides] for path in sides}
    torn_rows = {parent for path, above in parents.items() for parent in above if sides[path] != sides[parent]}
    return {path for path, above in parents.items() if path in torn_rows or any(parent in torn_rows for parent in above)}


def _same(one: Any, other: Any) -> bool:
    """1, 1.0 and true are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(_same(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    return bool(one == other)
