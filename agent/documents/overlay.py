"""One own part over another (C-19): an N:M backup says once what its ports are, and for a single group what is different there.

in force = overlaid(home, own)        home: of the unit's own group; own: of the protected group, item by item before it
own      = beyond(home, in force)     what is left to say for that group alone
"""

from collections.abc import Mapping
from typing import Any

from agent.documents.normal import by_key, is_keyed
from agent.documents.schema import Document, Free, Node, Rows, Schema, Table


def overlaid(schema: Schema, home: Mapping[str, Any], own: Mapping[str, Any]) -> Document:
    """All that either says; where both do, `own`. Rows belong together by their key."""
    if isinstance(schema.root, Free):
        return {**home, **own}
    return _over_table(schema.root, home, own)


def _over_table(table: Table, home: Mapping[str, Any], own: Mapping[str, Any]) -> Document:
    return {**home, **{name: _over(table.fields.get(name), home.get(name), value) for name, value in own.items()}}


def _over(node: Node | None, home: Any, own: Any) -> Any:
    if isinstance(node, Table) and isinstance(home, dict) and isinstance(own, dict):
        return _over_table(node, home, own)
    if isinstance(node, Rows) and is_keyed(node, home) and is_keyed(node, own):
        rows = {row[node.key]: row for row in home}
        rows |= {row[node.key]: _over_table(node.table, rows.get(row[node.key], {}), row) for row in own}
        return by_key(node, rows.values())
    return own


def beyond(schema: Schema, home: Mapping[str, Any], own: Mapping[str, Any]) -> Document:
    """What of `own` is not said by `home` already."""
    if isinstance(schema.root, Free):
        return {name: value for name, value in own.items() if home.get(name) != value}
    return _beyond_table(schema.root, home, own)


def _beyond_table(table: Table, home: Mapping[str, Any], own: Mapping[str, Any]) -> Document:
    left = {name: _beyond(table.fields.get(name), home.get(name), value) for name, value in own.items()}
    return {name: value for name, value in left.items() if value is not None}


def _beyond(node: Node | None, home: Any, own: Any) -> Any:
    """None: nothing."""
    if home == own:
        return None
    if isinstance(node, Table) and isinstance(home, dict) and isinstance(own, dict):
        return _beyond_table(node, home, own) or None
    if isinstance(node, Rows) and is_keyed(node, home) and is_keyed(node, own):
        rows = {row[node.key]: row for row in home}
        left = [_beyond_table(node.table, rows.get(row[node.key], {}), row) | {node.key: row[node.key]} for row in own]
        return by_key(node, [row for row in left if len(row) > 1]) or None
    return own
