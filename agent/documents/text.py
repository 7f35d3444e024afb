"""Documents as text, TOML or JSON. `parse` gives a document or DocumentError, whatever the bytes."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from agent.documents.check_free import INT_BITS
from agent.documents.errors import DocumentError
from agent.documents.schema import Document
from agent.documents.toml_reader import MAX_NESTING, read_toml
from agent.documents.toml_writer import to_toml
from agent.documents.words import shown

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 100_000

__all__ = ["MAX_BYTES", "MAX_LINES", "MAX_NESTING", "parse", "to_toml"]


def parse(data: bytes, name: str) -> Document:
    """The document that a text tells: JSON when it starts with "{", else TOML. `name`: of the file, for the message."""
    text = _decoded(data, name)
    document = _json(text, name) if text.lstrip()[:1] == "{" else read_toml(text, name)
    if not _is_plain(document):
        _refuse_strange(document, text, name)
    return document


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise DocumentError(
            0, f"the text has {len(data)} bytes", f"Keep to {MAX_BYTES}; large content is a file of the group", name
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(line, "there is something that is not UTF-8", "Save it as UTF-8 text", name) from None
    lines = text.count("\n") + 1
    if lines > MAX_LINES:
        raise DocumentError(MAX_LINES, f"the text has {lines} lines", f"Keep to {MAX_LINES}", name)
    return text


class _TwiceError(Exception):
    """A key is there twice; JSON readers differ in which counts."""


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    table = dict(pairs)
    if len(table) < len(pairs):
        [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise _TwiceError(key)
    return table


def _json(text: str, name: str) -> Document:
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DocumentError(error.lineno, f"this is not JSON: {error.msg}", "Mend the line, or the one before it", name) from None
    except _TwiceError as error:
        key = str(error)
        raise DocumentError(_line_of(text, key, 2), f"the key {shown(key)} is there twice", "Keep one", name) from None
    except RecursionError:
        raise DocumentError(0, "tables or lists are nested too deeply", f"Keep to {MAX_NESTING} levels", name) from None
    except ValueError as error:
        raise DocumentError(
            0, f"there is a value that cannot be read: {str(error)[:200]}", "Write it as a text in quotes", name
        ) from None
    assert isinstance(document, dict)  # it starts with a brace
    return document


def _line_of(text: str, key: str, occurrence: int = 1) -> int:
    """The line where the key stands for the n-th time; 0: not found, it was written with escapes."""
    at = -1
    for _ in range(occurrence):
        at = text.find(key, at + 1)
        if at < 0 or not key:
            return 0
    return text.count("\n", 0, at) + 1


def _is_plain(document: Document) -> bool:
    """Is there nothing strange for sure? The quick way: the encoder finds dates, NaN and half characters, in C."""
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    level: list[Any] = [document]
    for _ in range(MAX_NESTING):
        inner = [value for holder in level for value in (holder.values() if type(holder) is dict else holder)]
        if any(value is None or (type(value) is int and value.bit_length() > INT_BITS) for value in inner):
            return False
        level = [value for value in inner if type(value) is dict or type(value) is list]
    return not level


def _refuse_strange(document: Document, text: str, name: str) -> None:
    """What TOML or JSON may say and a document may not: dates, numbers that are none, half characters, great depth."""
    stack: list[tuple[int, str, Any]] = [(1, "", document)]
    while stack:
        depth, key, value = stack.pop()
        what = _strange(depth, value)
        if what:
            remedy = f"Keep to {MAX_NESTING} levels" if depth > MAX_NESTING else "Write it as a text in quotes, or leave it out"
            raise DocumentError(_line_of(text, key), f"{shown(key)}: {what}", remedy, name)
        if isinstance(value, Mapping):
            stack += [(depth + 1, inner, value[inner]) for inner in value]
            stack += [(depth + 1, inner, inner) for inner in value if not inner.isascii()]
        elif isinstance(value, list):
            stack += [(depth + 1, key, inner) for inner in value]


def _strange(depth: int, value: Any) -> str:
    """What is strange about it; empty: nothing."""
    if isinstance(value, dict | list):
        return "this is nested too deeply" if depth > MAX_NESTING else ""
    if isinstance(value, str):
        return (
            "" if value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value) else "there is half a character"
        )
    if type(value) is int:
        return "the number is too large" if value.bit_length() > INT_BITS else ""
    if type(value) is float:
        return "" if value - value == 0 else f"{value} is no number to work with"
    return "" if type(value) is bool else f"{shown(value)} cannot be kept"
