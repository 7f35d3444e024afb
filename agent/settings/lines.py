"""Where in the text a value stands: tomllib reads values, this finds their lines.

A TOML file is a list of statements (a header, or a key and its value), and each of them is a small TOML file of its own. So
tomllib itself is asked where each one ends; nothing of TOML's grammar is written here a second time.
"""

import tomllib
from collections.abc import Iterator

Place = tuple[str | int, ...]
"""The way to a value, e.g. ("member", 0, "group"): the key `group` of the first [[member]]."""

MAX_STATEMENT_LINES = 200
"""A longer statement is not looked into: finding a line must stay quick on any file."""
MAX_TRIED_CHARACTERS = 2 * 1024 * 1024
"""Nor is anything after so much has been tried. A file of 256 members needs 0.1 MB."""
MAX_DEPTH = 8
"""Of a place; the settings have four. What lies deeper has the line of what is around it."""


class LineFinder:
    """Lines (1..) of the values of one file that tomllib accepts."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        self._elements: dict[Place, int] = {}
        self._table: Place = ()
        for number, statement, values in _statements(text):
            self._enter(number, statement, values)

    def line(self, place: Place) -> int:
        """Of the value, or of the nearest table around it that has a line; 0 when nothing is known."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 0)

    def knows(self, place: Place) -> bool:
        """Has this very place a line?"""
        return place in self._lines

    def _enter(self, number: int, statement: str, values: dict[str, object]) -> None:
        if statement.lstrip().startswith("["):
            self._table = self._header(_header_keys(values), statement.lstrip().startswith("[["))
            self._note(self._table, number)
            return
        self._note_values(self._table, values, number)

    def _header(self, keys: tuple[str, ...], is_array: bool) -> Place:
        place: Place = ()
        for depth, key in enumerate(keys[:MAX_DEPTH]):
            place = (*place, key)
            if is_array and depth == len(keys) - 1:
                self._elements[place] = self._elements.get(place, -1) + 1
            if place in self._elements:
                place = (*place, self._elements[place])
        return place

    def _note(self, place: Place, number: int) -> None:
        for length in range(1, len(place) + 1):
            self._lines.setdefault(place[:length], number)

    def _note_values(self, table: Place, value: object, number: int) -> None:
        self._note(table, number)
        if len(table) >= MAX_DEPTH:
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                self._note_values((*table, key), inner, number)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._note_values((*table, index), inner, number)


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, object]]]:
    """First line, text and values of each statement; stops at the first that is longer than the limit, and at the other limit."""
    lines = text.replace("\r\n", "\n").split("\n")
    start = tried = 0
    while start < len(lines):
        for end in range(start + 1, min(start + MAX_STATEMENT_LINES, len(lines)) + 1):
            statement = "\n".join(lines[start:end])
            tried += len(statement)
            if tried > MAX_TRIED_CHARACTERS:
                return
            try:
                values = tomllib.loads(statement)
            except (ValueError, RecursionError):
                continue
            break
        else:
            return
        if values:
            yield start + 1, statement, values
        start = end


def _header_keys(values: dict[str, object]) -> tuple[str, ...]:
    """The keys of `[a.b]`, read as {"a": {"b": {}}}."""
    keys: list[str] = []
    inner: object = values
    while inner:
        if isinstance(inner, list):
            inner = inner[0]
            continue
        assert isinstance(inner, dict)
        key = next(iter(inner))
        keys.append(key)
        inner = inner[key]
    return tuple(keys)
