"""What a managed value can be. Each face knows how to say each kind; there are no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = int | str | bytes | bool | None
"""What a reader of the model gets: int (numbers, enums by number, times), str, bytes (digests), bool; None: not known now."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, both ends included. `unit` as people write it: ms, µs, s, groups; empty: a plain number."""

    low: int = 0
    high: int = 0xFFFF_FFFF
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts up from the unit's discontinuity time, 64 bits."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8 of at most so many bytes."""

    max_bytes: int = 255


@dataclass(frozen=True, slots=True)
class Octets:
    """So many bytes, such as a digest."""

    size: int = 32


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day: int, ns since 1970 in UTC. SNMP DateAndTime, ISO 8601 elsewhere."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed list: word → number, 1 first (SNMP has no 0 by custom). The value of the model is the number."""

    words: Mapping[str, int] = field(default_factory=dict)

    def word(self, number: int) -> str:
        """KeyError for a number that is not in the list."""
        return next(word for word, value in self.words.items() if value == number)


Kind = Number | Counter | Flag | Text | Octets | Moment | Choice
