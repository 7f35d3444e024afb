"""Revisions as a person reads them."""

import json
from collections.abc import Mapping

from agent.cli.plain import one_line

_Object = Mapping[str, object]
SHORT = 8
HEADINGS = ("revision", "id", "saved (UTC)", "author", "unit", "kind", "", "note")


def row(revision: _Object) -> tuple[str, ...]:
    """One line of a history; its last word but one: where the revision stands."""
    place = "in force" if revision.get("head") is True else "" if revision.get("held") is not False else "content not kept"
    number, identity, saved_at, unit, kind = (one_line(revision.get(key)) for key in ("number", "id", "saved_at", "unit", "kind"))
    return number, identity[:SHORT], saved_at, author(revision), unit, kind, place, one_line(revision.get("note") or "")


def author(revision: _Object) -> str:
    """`ann (cli)`: who, by which face."""
    face = f" ({one_line(revision['face'])})" if revision.get("face") else ""
    return f"{one_line(revision.get('author'))}{face}"


def named(revision: _Object) -> str:
    """`12 (a1b2c3d4)`, or the words for none."""
    if not revision:
        return "none"
    return f"{one_line(revision.get('number'))} ({one_line(revision.get('id'))[:SHORT]})"


def described(revision: _Object) -> str:
    """`revision 12 (a1b2c3d4), saved … by ann on rx-a`."""
    if not revision:
        return "no revision yet"
    saved = f"saved {one_line(revision.get('saved_at'))} by {author(revision)} on {one_line(revision.get('unit'))}"
    return f"revision {named(revision)}, {saved}"


def value(found: object) -> str:
    """A value of a document on one line; `-`: not there."""
    if found is None:
        return "-"
    return one_line(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))


def item_value(path: object, found: object) -> str:
    """Likewise of an item; that of a file is its digest, of which a start is enough."""
    is_file = str(path).startswith("file:")
    return value(found)[: SHORT * 2 if is_file else None]
