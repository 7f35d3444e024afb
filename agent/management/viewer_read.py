"""Reading loosely typed JSON of core and handover: what is odd is not known, and never an error. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agent.model.cut import cut
from agent.model.kinds import Choice, Value

Object = Mapping[str, object]
_NOTHING: Object = {}
NS_A_SECOND = 1_000_000_000
MOST = 10**18
"""Whatever is more is odd."""


def table(value: object) -> Object:
    """Empty when it is none."""
    return value if isinstance(value, dict) else _NOTHING


def tables(value: object) -> Sequence[Object]:
    """Those elements of a list that are tables."""
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else ()


def text(value: object, most: int = 255) -> str:
    """One line of what people read, of at most `most` bytes; None is empty."""
    if value is None:
        return ""
    plain = value if isinstance(value, str) else str(value)
    if not plain.isprintable():
        plain = "".join(letter if letter.isprintable() else " " for letter in plain)
    return cut(plain, most)


def whole(value: object, factor: float = 1) -> int | None:
    """A number times `factor`, rounded; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST:
        return None
    return value if isinstance(value, int) and factor == 1 else round(value * factor)


def count(value: object) -> int:
    """0 or more."""
    if type(value) is int and 0 <= value <= MOST:  # most values of most views
        return value
    return max(0, whole(value) or 0)


def numbered(choice: Choice, word: object, otherwise: str | None = None) -> int | None:
    """The number of a word, or of what is a number already; else that of `otherwise`."""
    if type(word) is int and word in choice.words.values():
        return word
    found = choice.words.get(str(word))
    return found if found is not None or otherwise is None else choice.words[otherwise]


def moment(value: object) -> int | None:
    """ns since 1970: as it is, or from ISO 8601."""
    if type(value) is int:
        return value
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return round(at.timestamp() * 1000) * 1_000_000
    except (ValueError, OverflowError):
        return None


def digest(value: object) -> bytes | None:
    """From hex; None: it is none, or says that there is nothing."""
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return None
    return found if len(found) == 32 and any(found) else None


def older(age_ms: object, by_ms: int) -> int | None:
    """An age that was told `by_ms` ago, as of now."""
    age = whole(age_ms)
    return None if age is None else max(0, age + by_ms)


def plain(value: object) -> Value:
    """As a value of the model, when it can be one."""
    return value if isinstance(value, int | str | bytes) else None
