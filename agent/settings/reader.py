"""Typed reading of one table. A problem becomes a finding and reading goes on, so that all are told at once."""

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from agent.settings.errors import Finding
from agent.settings.lines import LineFinder, Place

_SHOWN_CHARACTERS = 60
_Kind = TypeVar("_Kind")


class Problems:
    """Everything found wrong so far in one file. Lines are only looked up when something is wrong."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._finder: LineFinder | None = None
        self._places: set[Place] = set()
        self.findings: list[Finding] = []

    def add(self, place: Place, what: str, remedy: str) -> None:
        """An error at this value."""
        self._places.add(place)
        self._finder = self._finder or LineFinder(self._text)
        self.findings.append(Finding(self._finder.line(place), "error", what, remedy))

    def is_there(self, place: Place) -> bool:
        """Does the text have a value at this very place?"""
        self._finder = self._finder or LineFinder(self._text)
        return self._finder.knows(place)

    def is_wrong(self, place: Place) -> bool:
        """Has this very value a problem already? Then what follows from it is not worth telling."""
        return place in self._places


class _Required:
    """Marks a key without a default."""


REQUIRED: Final = _Required()


class Table:
    """One table of the file. Each getter gives a value of the asked type whatever the file says."""

    def __init__(self, values: Mapping[str, object], place: Place, title: str, problems: Problems) -> None:
        self.values, self.place, self.title, self.problems = values, place, title, problems

    def wrong(self, key: str, what: str, remedy: str) -> None:
        """An error at this key, or at the table when the key is not there."""
        self.problems.add((*self.place, key), f"{self.title} {what}", remedy)

    def only(self, known: Collection[str]) -> None:
        """Every other key is an error."""
        for key in self.values:
            if key not in known:
                self.wrong(key, f"has no key {shown(key)}", did_you_mean(key, known))

    def text(self, key: str, default: str | _Required = REQUIRED) -> str:
        """A string that is not empty and has no control characters."""
        value = self._get(key, default, str, "a text in quotes")
        if key in self.values and isinstance(self.values[key], str) and not (value and value.isprintable()):
            self.wrong(key, f"{key} = {shown(value)} is empty or has control characters", "Write one line of visible characters")
            return "?"
        return value

    def integer(self, key: str, low: int, high: int, default: int | _Required = REQUIRED) -> int:
        """A whole number low..high."""
        value = self._get(key, default, int, f"a whole number {low}..{high}")
        if not low <= value <= high and self._has(key, int):
            self.wrong(key, f"{key} = {shown(value)} is out of range", f"Set {key} to a whole number {low}..{high}")
            return low
        return value

    def seconds(self, key: str, low: float, high: float, default: float) -> float:
        """A number of seconds low..high; whole numbers are welcome. Not-a-number and infinity are out of any range."""
        if self._has(key, int):
            value = float(min(max(self._get(key, 0, int, ""), -(10**9)), 10**9))
        else:
            value = self._get(key, default, float, f"a number of seconds {low:g}..{high:g}")
        if not low <= value <= high:
            self.wrong(key, f"{key} = {shown(self.values[key])} is out of range", f"Set {key} to {low:g}..{high:g} seconds")
            return default
        return value

    def milliseconds(self, key: str, low_s: float, high_s: float, default_ms: int) -> int:
        """Whole ms, written in seconds low..high with at most three decimals."""
        seconds = self.seconds(key, low_s, high_s, default_ms / 1000)
        whole_ms = round(seconds * 1000)
        if abs(seconds * 1000 - whole_ms) > 1e-6:
            what = f"{key} = {seconds!r} is not a whole number of milliseconds"
            self.wrong(key, what, f"Write {max(whole_ms / 1000, low_s):g}")
        return whole_ms

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        return self._get(key, default, bool, "true or false, without quotes")

    def choice(self, key: str, choices: Collection[str], default: str | _Required = REQUIRED) -> str:
        """One of these words."""
        value = self._get(key, default, str, f"one of {', '.join(choices)}, in quotes")
        if value not in choices:
            if self._has(key, str):
                self.wrong(key, f"{key} = {shown(value)} is not known", did_you_mean(value, choices))
            return next(iter(choices))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty when the key is not there."""
        value = self._get(key, [], list, 'a list such as ["10.0.0.2"]')
        if not all(isinstance(element, str) for element in value):
            self.wrong(key, f"{key} holds something that is no text", 'Write a list such as ["10.0.0.2"]')
            return ()
        return tuple(value)

    def table(self, key: str, title: str) -> "Table":
        """A table inside this one; an empty one when it is not there."""
        value = self._get(key, {}, dict, f"a table: a line {title} with keys below it")
        return Table(value, (*self.place, key), title, self.problems)

    def _has(self, key: str, kind: type) -> bool:
        return type(self.values.get(key)) is kind  # `is`: true and false are no numbers here

    def _get(self, key: str, default: object, kind: type[_Kind], wanted: str) -> _Kind:
        if self._has(key, kind):
            value = self.values[key]
            assert isinstance(value, kind)
            return value
        if key in self.values:
            self.wrong(key, f"{key} = {shown(self.values[key])} has the wrong type", f"Write {wanted}")
        elif isinstance(default, _Required):
            self.wrong(key, f"lacks {key}", f"Add a line: {key} = {wanted}")
        return default if isinstance(default, kind) else kind()


def shown(value: object) -> str:
    """The value as a message shows it: never long, whatever the file holds."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = f'"{value}"' if isinstance(value, str) and value.isprintable() else repr(value)
    except ValueError:  # Python limits the digits that it converts
        return "a very long number"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A remedy that names the nearest known word, else all of them in their order."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word[:_SHOWN_CHARACTERS].lower(), by_lower, n=1, cutoff=0.5)
    if near:
        return f"Did you mean {by_lower[near[0]]}?"
    return f"Use one of: {', '.join(known)}"
