"""Documents as TOML: what `parse` reads back is the same document. Order and comments come from the schema."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent.documents.errors import DocumentError
from agent.documents.kinds import Integer
from agent.documents.schema import Field, Node, Rows, Schema, Table

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_toml(document: Mapping[str, Any], schema: Schema | None = None) -> str:
    """TOML text. With a schema: its order, and units behind numbers. DocumentError: it holds what TOML cannot say."""
    node = schema.root if schema else None
    lines = list(_table((), node, document))
    return "\n".join(lines).strip("\n") + "\n" if lines else ""


def _table(names: tuple[str, ...], node: Node | None, values: Mapping[str, Any]) -> Iterator[str]:
    """Values first: what follows a header belongs to it."""
    ordered = _ordered(node, values)
    for name, value in ordered:
        if not _has_header(value):
            yield f"{_key(name)} = {_value(value)}{_comment(_inner(node, name), value)}"
    for name, value in ordered:
        if _has_header(value):
            yield from _headed((*names, name), _inner(node, name), value)


def _headed(names: tuple[str, ...], node: Node | None, value: Any) -> Iterator[str]:
    title = ".".join(_key(name) for name in names)
    if isinstance(value, Mapping):
        yield from ("", f"[{title}]")
        yield from _table(names, node, value)
        return
    for row in value:
        yield from ("", f"[[{title}]]")
        yield from _table(names, node.table if isinstance(node, Rows) else None, row)


def _has_header(value: Any) -> bool:
    """A table, or a list of nothing but tables."""
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)
    )


def _inner(node: Node | None, name: str) -> Node | None:
    return node.fields.get(name) if isinstance(node, Table) else None


def _ordered(node: Node | None, values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    order = {name: number for number, name in enumerate(node.fields)} if isinstance(node, Table) else {}
    return sorted(values.items(), key=lambda pair: order.get(pair[0], len(order)))


def _comment(node: Node | None, value: Any) -> str:
    """The unit, where the name does not tell that the number is in it anyway, is worth its place at 3 a.m."""
    is_measured = isinstance(node, Field) and isinstance(node.kind, Integer) and node.kind.unit and type(value) is int
    return f"  # {node.kind.unit}" if is_measured and isinstance(node, Field) and isinstance(node.kind, Integer) else ""


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    return '"' + _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0], f"\\u{ord(match[0]):04X}"), text) + '"'


def _value(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _string(value)
    if type(value) is int or (type(value) is float and value - value == 0):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(element) for element in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(inner)}" for name, inner in value.items()) + "}"
    raise DocumentError(0, f"TOML cannot say {value!r}", "Check the document first")
