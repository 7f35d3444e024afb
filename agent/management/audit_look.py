"""What somebody else does to the files of the audit while the agent runs: noticed by their names, sizes and times."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from agent.management.audit_chain import ANCHOR, segments

Signature = tuple[int, int, int]


class Opened(NamedTuple):
    """A file that is written to here. `size`: how long it is; None: that is not looked at."""

    descriptor: int
    path: Path
    size: int | None = None


class AuditLook:
    """Knows how the files look that are not written to any more."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._closed: dict[Path, Signature] = {}

    def learn(self, current: Path) -> None:
        """All but the segment that is written to. OSError."""
        paths = [path for path in (*segments(self._directory), self._directory / ANCHOR) if path != current]
        self._closed = {path: _signature(path.lstat()) for path in paths}

    def touched(self, opened: tuple[Opened, ...]) -> str:
        """What is not as it was, as a sentence; empty: nothing. OSError when that cannot be seen."""
        found = [*touched_open(opened), *self._touched_closed()]
        known = {*self._closed, *(one.path for one in opened)}
        found += [f"{path} was put there" for path in segments(self._directory) if path not in known]
        return f"{found[0]}{f', and {len(found) - 1} more' if len(found) > 1 else ''}" if found else ""

    def _touched_closed(self) -> Iterator[str]:
        for path, before in self._closed.items():
            there = _stat(path)
            if there is None:
                yield f"{path} was removed"
            elif there.st_ino != before[0]:
                yield f"{path} was replaced by another file"
            elif _signature(there) != before:
                yield f"{path} was {'cut short' if there.st_size < before[1] else 'changed'}"


def touched_open(opened: Iterable[Opened]) -> Iterator[str]:
    """Of the files that are written to here."""
    for one in opened:
        mine, there = os.fstat(one.descriptor), _stat(one.path)
        if there is None:
            yield f"{one.path} was removed"
        elif not os.path.samestat(mine, there):
            yield f"{one.path} was replaced by another file"
        elif one.size is not None and mine.st_size != one.size:
            yield f"{one.path} was {'cut short' if mine.st_size < one.size else 'written to'}"


def _stat(path: Path) -> os.stat_result | None:
    """None: it is not there. OSError."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return path.lstat()
    return None


def _signature(found: os.stat_result) -> Signature:
    return found.st_ino, found.st_size, found.st_mtime_ns
