"""What must hold between the tables of a receiver document, beside the references that the schema itself tells."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.documents.errors import Finding
from agent.documents.paths import path_of
from agent.documents.schema import Document, Rule
from agent.documents.words import shown, shown_word


def _rows(document: Mapping[str, Any], name: str, key: str) -> list[dict[str, Any]]:
    rows = document.get(name)
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get(key), str)] if isinstance(rows, list) else []


def _place(url: object, port: object) -> tuple[str, str] | None:
    """Where datagrams go or come from, as far as the document tells."""
    if not isinstance(url, str) or (port is not None and not isinstance(port, str)):
        return None
    return url.split("?", 1)[0].rstrip("/").lower(), port or ""


def no_output_twice(document: Document) -> Iterator[Finding]:
    """Two streams into one output are one broken stream."""
    seen: dict[tuple[str, str], str] = {}
    for row in _rows(document, "route", "id"):
        place = _place(row.get("output"), row.get("port"))
        if place and place in seen:
            what = f"output = {shown(row['output'])} is also the output of route {shown_word(seen[place])}"
            yield Finding(path_of(("route", row["id"], "output")), what, "Change the group or the port number of one")
        elif place:
            seen[place] = row["id"]


def no_loop(document: Document) -> Iterator[Finding]:
    """A unit whose input is its own output would feed itself at line rate."""
    inputs = {_place(row.get("input"), row.get("port")): row["id"] for row in _rows(document, "carrier", "id")}
    for row in _rows(document, "route", "id"):
        place = _place(row.get("output"), row.get("port"))
        if place and place in inputs:
            what = f"output = {shown(row['output'])} is the input of carrier {shown_word(inputs[place])}: it would feed itself"
            yield Finding(path_of(("route", row["id"], "output")), what, "Change the group or the port number")


RULES: Final[tuple[Rule, ...]] = (no_output_twice, no_loop)
