"""The check of a free-form table: what can be written as TOML and JSON, of bounded depth and size."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from agent.documents.errors import Finding
from agent.documents.paths import below
from agent.documents.schema import Free
from agent.documents.words import shown, shown_word

LONGEST_TEXT = 65_536
LONGEST_KEY = 255
INT_BITS = 63  # what TOML promises to keep


class _Place(NamedTuple):
    path: str
    depth: int
    value: object


def check_free(path: str, free: Free, values: object) -> Iterator[Finding]:
    """In the order of the document. No recursion: whatever the depth, it ends."""
    stack, count = [_Place(path, 0, values)], 0
    while stack:
        place = stack.pop()
        count += 1
        if count > free.most_values or place.depth > free.deepest:
            limit = f"{free.most_values} values, {free.deepest} deep"
            yield Finding(
                place.path, "there is too much here", f"Keep to {limit}, and put large content into a file of the group"
            )
            return
        yield from _leaf(place)
        stack.extend(_inside(place, free.most_values))


def _inside(place: _Place, most: int) -> list[_Place]:
    """What a table or list holds, the first last: it is the next to be looked at."""
    if isinstance(place.value, dict):
        pairs = [(key, value) for key, value in place.value.items() if isinstance(key, str)][: most + 1]
        return [_Place(below(place.path, key[:LONGEST_KEY]), place.depth + 1, value) for key, value in reversed(pairs)]
    if isinstance(place.value, list):
        return [_Place(place.path, place.depth + 1, value) for value in reversed(place.value[: most + 1])]
    return []


def _leaf(place: _Place) -> Iterator[Finding]:
    value = place.value
    if isinstance(value, dict):
        yield from (_bad_key(place, key) for key in value if not (isinstance(key, str) and _is_text(key, LONGEST_KEY)))
    elif isinstance(value, str) and not _is_text(value, LONGEST_TEXT):
        yield Finding(place.path, f"{shown(value)} cannot be kept", f"Write a text of at most {LONGEST_TEXT} characters")
    elif type(value) is int and value.bit_length() > INT_BITS:
        yield Finding(place.path, f"{shown(value)} is too large", "Write it as a text in quotes")
    elif type(value) is float and not math.isfinite(value):
        yield Finding(place.path, f"{shown(value)} is no number to work with", "Write a number, or leave it out")
    elif type(value) not in {str, int, float, bool, list}:
        yield Finding(place.path, f"{shown(value)} cannot be kept", "Write it as a text in quotes")


def _bad_key(place: _Place, key: object) -> Finding:
    what = f"the key {shown_word(key) if isinstance(key, str) else shown(key)} cannot be kept"
    return Finding(place.path, what, f"Write a text of at most {LONGEST_KEY} characters")


def _is_text(text: str, longest: int) -> bool:
    """What UTF-8 can carry."""
    if len(text) > longest:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
