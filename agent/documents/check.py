"""Everything that is wrong with a document, at once. Never raises, whatever it is given; bounded in time and in findings."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from agent.documents.check_free import check_free
from agent.documents.errors import Finding
from agent.documents.paths import below
from agent.documents.schema import Document, Field, Free, Node, Rows, Schema, Table
from agent.documents.words import did_you_mean, shown, shown_word

MAX_FINDINGS = 100


class _Context(NamedTuple):
    """`keys`: of every list of rows at the top. `is_shared`: the document is what is handed over, without own values."""

    keys: Mapping[str, Mapping[str, None]]
    is_shared: bool


def check(schema: Schema, document: Document, *, is_shared: bool = False) -> list[Finding]:
    """At most 100 findings; empty: the document is good.

    `is_shared`: it is a shared part, so own values are not asked for, and one that is there is a finding (S-31).
    """
    return list(islice(_findings(schema, document, is_shared), MAX_FINDINGS))


def _findings(schema: Schema, document: object, is_shared: bool) -> Iterator[Finding]:
    if not isinstance(document, dict):
        yield Finding("", f"the document is {shown(document)}", "Write a table: names with values")
        return
    keys = {name: _keys(rows, document.get(name)) for name, rows in schema.keyed.items()}
    found = False
    for finding in _node("", "", schema.root, document, _Context(keys, is_shared)):
        found = True
        yield finding
    if not found:  # rules read what has the right types
        for rule in schema.rules:
            yield from rule(document)


def _keys(rows: Rows, value: object) -> Mapping[str, None]:
    """The keys in their order; those of a list that is too long are not looked at."""
    if not isinstance(value, list) or len(value) > rows.most:
        return {}
    return {row[rows.key]: None for row in value if isinstance(row, dict) and isinstance(row.get(rows.key), str)}


def _node(path: str, name: str, node: Node, value: object, context: _Context) -> Iterator[Finding]:
    if isinstance(node, Field):
        yield from _field(path, name, node, value, context)
    elif isinstance(node, Rows):
        yield from _rows(path, name, node, value, context)
    elif not isinstance(value, dict):
        yield Finding(path, f"{name} = {shown(value)} has the wrong type", f"Write a table: a line [{name}] with keys below it")
    elif isinstance(node, Free):
        yield from check_free(path, node, value)
    else:
        yield from _table(path, node, value, context)


def _table(path: str, table: Table, values: Mapping[Any, object], context: _Context) -> Iterator[Finding]:
    for name, value in values.items():
        node = table.fields.get(name) if isinstance(name, str) else None
        if node is None:
            yield _unknown(path, name, table)
        elif not (isinstance(node, Field) and _is_fine(node, value, context)):
            yield from _node(below(path, name), name, node, value, context)
    for name, field in table.required:
        if name not in values and (field.is_shared or not context.is_shared):
            yield Finding(below(path, name), f"{name} is missing", f"Add a line: {name} = {field.kind.wanted()}")


def _is_fine(field: Field, value: object, context: _Context) -> bool:
    """The short way, without words, for what most values are."""
    if field.kind.problem(value) or (context.is_shared and not field.is_shared):
        return False
    return not field.refers_to or (isinstance(value, str) and value in context.keys.get(field.refers_to, ()))


def _unknown(path: str, name: object, table: Table) -> Finding:
    text = name if isinstance(name, str) else shown(name)
    place = below(path, text[:64])
    return Finding(place, f"there is no key {shown_word(text)} here", did_you_mean(text, tuple(table.fields)))


def _field(path: str, name: str, field: Field, value: object, context: _Context) -> Iterator[Finding]:
    problem = field.kind.problem(value)
    if context.is_shared and not field.is_shared:
        what = f"{name} is {field.field_class}, and stands in what is handed over"
        yield Finding(path, what, "Leave it out: each unit has its own")
    elif problem:
        yield Finding(path, f"{name} {problem.what}", problem.remedy)
    elif field.refers_to:
        yield from _references(path, name, field, value, context)


def _references(path: str, name: str, field: Field, value: object, context: _Context) -> Iterator[Finding]:
    known = context.keys.get(field.refers_to, {})
    for word in value if isinstance(value, list) else [value]:
        if isinstance(word, str) and word not in known:
            remedy = did_you_mean(word, known) if known else f"Add a [[{field.refers_to}]] of that name"
            yield Finding(path, f"{name} names {shown(word)}, and there is no {field.refers_to} of that name", remedy)


def _rows(path: str, name: str, rows: Rows, value: object, context: _Context) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield Finding(path, f"{name} = {shown(value)} has the wrong type", f"Write rows: a line [[{name}]] with keys below it")
    elif len(value) > rows.most:
        yield Finding(path, f"there are {len(value)} rows of {name}", f"Keep {rows.most} or fewer")
    else:
        seen: set[str] = set()
        for number, row in enumerate(value, 1):
            key = row.get(rows.key) if isinstance(row, dict) else None
            if not isinstance(row, dict) or type(key) is not str:
                yield Finding(path, f"{name} number {number} has no {rows.key}", f"Write {rows.key} = a text in quotes")
                continue
            if key in seen:
                yield Finding(below(path, key[:64]), f"{rows.key} = {shown(key)} is there twice", "Give each row its own")
            seen.add(key)
            yield from _table(below(path, key[:64]), rows.table, row, context)
