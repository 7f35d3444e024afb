"""A document out of its items, the way back from `differences.items`."""

from collections.abc import Mapping
from typing import Any

from agent.documents.errors import Finding
from agent.documents.paths import names_of
from agent.documents.schema import Document, Node, Rows, Schema, Table


class _TornError(Exception):
    """A value stands where a table is to be."""


def rebuild(schema: Schema, content: Mapping[str, Any]) -> tuple[Document, list[Finding]]:
    """The document, and what does not fit into one: values inside of what is a value or a missing row on the other side."""
    document: Document = {}
    findings: list[Finding] = []
    for path in sorted(content, key=len):  # what is outside comes before what is inside
        try:
            _put(schema.root, document, names_of(path), content[path])
        except _TornError:
            findings.append(Finding(path, "it stands inside of something that the other side has not", "Take both from one side"))
    return document, findings


def _put(node: Node | None, table: Document, names: tuple[str, ...], value: Any) -> None:
    name, *rest = names
    inner = node.fields.get(name) if isinstance(node, Table) else None
    if not rest:
        table[name] = value
    elif isinstance(inner, Rows):
        _put_row(inner, _list(table, name), tuple(rest), value)
    else:
        _put(inner, _table(table, name), tuple(rest), value)


def _put_row(rows: Rows, present: list[Any], names: tuple[str, ...], value: Any) -> None:
    key, *rest = names
    if not rest:
        present.append({rows.key: key})
        return
    row = next((row for row in present if isinstance(row, dict) and row.get(rows.key) == key), None)
    if row is None:
        raise _TornError
    _put(rows.table, row, tuple(rest), value)


def _table(table: Document, name: str) -> Document:
    inner = table.setdefault(name, {})
    if not isinstance(inner, dict):
        raise _TornError
    return inner


def _list(table: Document, name: str) -> list[Any]:
    inner = table.setdefault(name, [])
    if not isinstance(inner, list):
        raise _TornError
    return inner
