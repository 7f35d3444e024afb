"""Documents as text that a person edits, and back."""

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from agent.cli.plain import one_line, readable

Document = dict[str, Any]


class Wrong(NamedTuple):
    """Why a text is no document: a finding like those of the handover process."""

    path: str
    what: str
    remedy: str


def as_toml(document: Mapping[str, object], schema_name: object) -> str:
    """With units in comments when the schema is known here."""
    from agent.documents.registry import SCHEMAS
    from agent.documents.text import to_toml

    words = str(schema_name or "").split()
    return to_toml(dict(document), SCHEMAS.get(words[0]) if words else None)


def parsed(data: bytes, name: str) -> Document | Wrong:
    """TOML, or JSON if it begins with a brace."""
    from agent.documents.errors import DocumentError
    from agent.documents.text import parse

    try:
        return parse(data, name)
    except DocumentError as error:
        return Wrong(f"line {error.line}" if error.line else "", error.what, error.remedy)


def print_document(text: str) -> None:
    """As it is into a file or pipe; on a terminal nothing in it may steer that."""
    sys.stdout.write(readable(text) if sys.stdout.isatty() else text)


def comment(*lines: str) -> str:
    """Each as a comment, on one line whatever it says."""
    return "".join(f"# {one_line(line)}".rstrip() + "\n" for line in lines)
