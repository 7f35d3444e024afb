"""Paths of values: names with dots between, "carrier.c1.frequency_khz"; a name that a dot would break stands in quotes.

Two paths are equal as texts exactly when they name the same value, so a prefix of names is a prefix of the text. Files of a
group have paths of their own, "file:show.bin", with no names inside.
"""

import json
import re
from collections.abc import Iterable, Iterator

FILE_PREFIX = "file:"
_BARE = re.compile(r'[^."\\\x00-\x1f\x7f:]+')
_SEGMENT = re.compile(r'([^."\\\x00-\x1f\x7f:]+|"(?:[^"\\]|\\.)*")(\.|$)')


def segment(name: str) -> str:
    """One name as it stands in a path."""
    return name if name.isidentifier() or _BARE.fullmatch(name) else json.dumps(name)


def path_of(names: Iterable[str]) -> str:
    """The path of these names."""
    return ".".join(segment(name) for name in names)


def below(path: str, name: str) -> str:
    """The path of a name inside another."""
    return f"{path}.{segment(name)}" if path else segment(name)


def names_of(path: str) -> tuple[str, ...]:
    """The names of a path. ValueError: it is none."""
    return tuple(_names(path))


def _names(path: str) -> Iterator[str]:
    at = 0
    while at < len(path):
        match = _SEGMENT.match(path, at)
        if not match or (match[2] and match.end() == len(path)):
            raise ValueError(f"{path[:60]!r} is not a path")
        yield json.loads(match[1], strict=False) if match[1].startswith('"') else match[1]
        at = match.end()


def is_within(path: str, prefix: str) -> bool:
    """Is `path` that value or inside it? Everything is inside ""."""
    if not prefix or path == prefix:
        return True
    return not prefix.startswith(FILE_PREFIX) and path.startswith(f"{prefix}.")


def ancestors(path: str) -> Iterator[str]:
    """The paths that it is inside of, the nearest first."""
    if path.startswith(FILE_PREFIX):
        return
    names = names_of(path)
    for length in range(len(names) - 1, 0, -1):
        yield path_of(names[:length])
