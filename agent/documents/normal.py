"""The normal form of a document: rows sorted by key, sets sorted, no table and no list of rows that says nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from agent.documents.schema import Document, Field, Free, Node, Rows, Schema, Table


def normalised(schema: Schema, document: Mapping[str, Any]) -> Document:
    """A copy in normal form. What the schema does not know, or cannot read, stays as it is."""
    return dict(document) if isinstance(schema.root, Free) else normal_table(schema.root, document)


def normal_table(table: Table, values: Mapping[str, Any]) -> Document:
    """The same for one table."""
    result = {name: (_normal(table.fields.get(name), value), table.fields.get(name)) for name, value in values.items()}
    return {name: value for name, (value, node) in result.items() if not (isinstance(node, Table | Rows) and value in ({}, []))}


def _normal(node: Node | None, value: Any) -> Any:
    if isinstance(node, Table) and isinstance(value, dict):
        return normal_table(node, value)
    if isinstance(node, Rows) and is_keyed(node, value):
        return by_key(node, [normal_table(node.table, row) for row in value])
    return normal_value(node, value) if isinstance(node, Field) else value


def by_key(rows: Rows, content: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Keyed rows in the order of their keys."""
    return sorted(content, key=lambda row: str(row[rows.key]))


def normal_value(field: Field, value: Any) -> Any:
    """A set in its order, if its values have one."""
    is_sortable = field.is_set and isinstance(value, list) and len({type(element) for element in value}) == 1
    return sorted(value) if is_sortable and isinstance(value[0], str | int) else value


def is_keyed(rows: Rows, value: object) -> bool:
    """Is it a list of tables, each with a key of its own?"""
    if not isinstance(value, list):
        return False
    keys = [row.get(rows.key) if isinstance(row, dict) else None for row in value]
    return all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)
