"""A document in two parts, and whole again (C-19).

    effective = join(shared, own)         shared: always, only-while-acting: is handed over
                                          own:    own-per-unit, never:       never leaves this machine

Whatever a master sends, `join` takes own values from the own part alone; whatever a document holds, `split` puts into the
shared part only what the schema names as shared. What it does not know stays here.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from agent.documents.normal import by_key, is_keyed, normal_value
from agent.documents.paths import names_of, path_of
from agent.documents.schema import Document, Field, FieldClass, Free, Node, Rows, Schema, Table, node_at


class Joined(NamedTuple):
    """`document`: the effective one, in normal form. `missing`: paths of required own values that this unit has not."""

    document: Document
    missing: tuple[str, ...]


def split(schema: Schema, effective: Mapping[str, Any], own_before: Mapping[str, Any] | None = None) -> tuple[Document, Document]:
    """(shared, own), both in normal form. Rows that only `own_before` has are kept in own, for when their row returns."""
    if isinstance(schema.root, Free):
        return dict(effective), {}
    shared, own = _split_table(schema.root, effective)
    return shared, _parked(schema.root, own, own_before or {}, shared)


def _split_table(table: Table, values: Mapping[str, Any]) -> tuple[Document, Document]:
    shared: Document = {}
    own: Document = {}
    for name, value in values.items():
        in_shared, in_own = _split_node(table.fields.get(name), value)
        shared.update({} if in_shared is None else {name: in_shared})
        own.update({} if in_own is None else {name: in_own})
    return shared, own


def _split_node(node: Node | None, value: Any) -> tuple[Any, Any]:
    """What of it is shared and what is own; None: nothing."""
    if isinstance(node, Field):
        normal = normal_value(node, value)
        return (normal, None) if node.is_shared else (None, normal)
    if isinstance(node, Free):
        return value, None
    if isinstance(node, Table) and isinstance(value, dict):
        shared, own = _split_table(node, value)
        return shared or None, own or None
    if isinstance(node, Rows) and is_keyed(node, value):
        return _split_rows(node, value)
    return None, value


def _split_rows(rows: Rows, value: list[Document]) -> tuple[list[Document] | None, list[Document] | None]:
    parts = [_split_table(rows.table, row) for row in by_key(rows, value)]
    shared = [part for part, _ in parts]
    own = [{rows.key: part[rows.key], **mine} for part, mine in parts if mine]
    return shared or None, own or None


def _parked(table: Table, own: Document, before: Mapping[str, Any], shared: Mapping[str, Any]) -> Document:
    """The own part with the rows of the one before that the shared part has no row for; at most as many as a list may have."""
    for name, node in table.fields.items():
        if isinstance(node, Rows) and is_keyed(node, before.get(name)) and is_keyed(node, own.get(name, [])):
            present = {row[node.key] for row in shared.get(name, [])}
            parked = [row for row in before[name] if row[node.key] not in present]
            rows = [*own.get(name, []), *parked][: 2 * node.most]
            own |= {name: by_key(node, rows)} if rows else {}
    return own


def join(schema: Schema, shared: Mapping[str, Any], own: Mapping[str, Any], is_acting: bool = True) -> Joined:
    """The effective document. `is_acting` False: without only-while-acting values; it is to apply, not to edit."""
    if isinstance(schema.root, Free):
        return Joined(dict(shared), ())
    joining = _Joining(is_acting, [])
    document = _join_table((), schema.root, shared, own, joining)
    return Joined(document, tuple(joining.missing))


class _Joining(NamedTuple):
    is_acting: bool
    missing: list[str]


def _join_table(
    names: tuple[str, ...], table: Table, shared: Mapping[str, Any], own: Mapping[str, Any], joining: _Joining
) -> Document:
    result: Document = {}
    for name, node in table.fields.items():
        if isinstance(node, Field):
            source = shared if node.is_shared else own
            if name in source and (joining.is_acting or node.field_class is not FieldClass.ACTING):
                result[name] = source[name]
            elif node.is_required and node.field_class is FieldClass.OWN:
                joining.missing.append(path_of((*names, name)))
        elif isinstance(node, Free):
            result.update({name: shared[name]} if name in shared else {})
        else:
            content = _join_inner((*names, name), node, shared.get(name), own.get(name), joining)
            result.update({name: content} if content else {})
    return result


def _join_inner(names: tuple[str, ...], node: Table | Rows, shared: Any, own: Any, joining: _Joining) -> Any:
    if isinstance(node, Table):
        parts = [part if isinstance(part, dict) else {} for part in (shared, own)]
        return _join_table(names, node, parts[0], parts[1], joining)
    mine = {row[node.key]: row for row in own} if is_keyed(node, own) else {}
    rows = by_key(node, shared) if is_keyed(node, shared) else []
    return [_join_table((*names, row[node.key]), node.table, row, mine.get(row[node.key], {}), joining) for row in rows]


def class_of(schema: Schema, path: str) -> FieldClass:
    """The class of the value at a path. What the schema does not know stays on its unit; tables and rows are shared by name."""
    node = node_at(schema, names_of(path))
    return node.field_class if isinstance(node, Field) else FieldClass.NEVER if node is None else FieldClass.ALWAYS
