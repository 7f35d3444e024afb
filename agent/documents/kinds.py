"""Types of values with their ranges and units. `problem` never raises, whatever the value."""

from collections import Counter
from dataclasses import dataclass

from agent.documents.errors import Problem
from agent.documents.schema import Kind
from agent.documents.words import did_you_mean, shown


def wrong_type(value: object, kind: Kind) -> Problem:
    """The value is not of this type at all."""
    return Problem(f"is {shown(value)}, which has the wrong type", f"Write {kind.wanted()}")


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number `low`..`high`, in `unit`."""

    low: int
    high: int
    unit: str = ""

    def problem(self, value: object) -> Problem | None:
        """True and false are no numbers."""
        if type(value) is not int:
            return wrong_type(value, self)
        if self.low <= value <= self.high:
            return None
        return Problem(f"is {shown(value)}, outside {self.low}..{self.high}", f"Write {self.wanted()}")

    def holds(self, values: list[object]) -> bool:
        """Is each of them such a number? Quicker than one by one: a list of PIDs may have thousands."""
        return set(map(type, values)) == {int} and all(self.low <= value <= self.high for value in set(values))  # type: ignore[operator]

    def wanted(self) -> str:
        """With range and unit."""
        return f"a whole number {self.low}..{self.high}{' ' if self.unit else ''}{self.unit}"


@dataclass(frozen=True, slots=True)
class Text:
    """A printable text of `shortest`..`longest` characters."""

    longest: int = 255
    shortest: int = 1

    def problem(self, value: object) -> Problem | None:
        """No control characters: what is shown on a terminal must not steer it."""
        if type(value) is not str:
            return wrong_type(value, self)
        if not self.shortest <= len(value) <= self.longest:
            return Problem(f"is {shown(value)}, {len(value)} characters long", f"Write {self.wanted()}")
        if not value.isprintable():
            return Problem(f"is {shown(value)}, which has control characters", "Write it again, without what cannot be seen")
        return None

    def wanted(self) -> str:
        """With its length."""
        return f"a text in quotes, {self.shortest}..{self.longest} characters"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def problem(self, value: object) -> Problem | None:
        """A near miss is told."""
        if type(value) is not str:
            return wrong_type(value, self)
        return None if value in self.words else Problem(f"is {shown(value)}, which is not known", did_you_mean(value, self.words))

    def wanted(self) -> str:
        """All of them."""
        return f"one of {', '.join(self.words)}, in quotes"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def problem(self, value: object) -> Problem | None:
        """0 and 1 are numbers."""
        return None if type(value) is bool else wrong_type(value, self)

    def wanted(self) -> str:
        """Without quotes."""
        return "true or false"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of `fewest`..`most` values of one kind, none of them twice."""

    kind: Kind
    most: int
    fewest: int = 0

    def problem(self, value: object) -> Problem | None:
        """The first that is wrong; a list with one wrong number has one problem."""
        if type(value) is not list:
            return wrong_type(value, self)
        if not self.fewest <= len(value) <= self.most:
            return Problem(f"has {len(value)} values", f"Write {self.wanted()}")
        if isinstance(self.kind, Integer) and self.kind.holds(value):
            return self._twice(value)
        wrong = next((problem for element in value if (problem := self.kind.problem(element))), None)
        if wrong:
            return Problem(f"has a value that {wrong.what}", wrong.remedy)
        return self._twice(value)

    def _twice(self, value: list[object]) -> Problem | None:
        if len(set(value)) == len(value):
            return None
        twice = next(element for element, times in Counter(value).items() if times > 1)
        return Problem(f"has {shown(twice)} twice", "Keep one")

    def wanted(self) -> str:
        """With its length."""
        return f"a list of {self.fewest}..{self.most}, each {self.kind.wanted()}"
