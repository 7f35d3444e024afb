"""Is the chain of the audit whole, from the anchor to the head? Every entry in turn; where it breaks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.management.audit_chain import (
    ANCHOR,
    HEAD,
    MAX_LINE_BYTES,
    START,
    End,
    JsonObject,
    anchor_of,
    hash_of,
    head_of,
    line_of,
    previous_in,
    segment_name,
    segments,
)

ONLY_FILES = "Only the files were asked, and no agent that has written them: whoever can write all of them can write them anew"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`text`: a sentence with the place of the first break, or how much is whole. `entries`: verified; `head`: of the last."""

    is_whole: bool
    entries: int
    text: str
    head: str = START


@dataclass(frozen=True, slots=True)
class Known:
    """By the process that writes: both ends of the chain, and in a sentence since when it knows."""

    first: End | None
    last: End
    said: str


class Broken(Exception):  # noqa: N818 (it is what was looked for)
    """The chain breaks here; str() says where and how."""


def verify(directory: Path, known: Known | None = None) -> Verdict:
    """Every entry in turn, from the anchor to the head, also while it is written to. `known`: by the process that writes; it goes
    before head and anchor, which anybody may have rewritten. OSError, with its file, when one cannot be read."""
    head = known.last if known else head_of(directory)
    first = known.first if known else anchor_of(directory)
    paths = segments(directory)
    if not paths:
        return _without_files(directory, head if head and head[0] else first)
    chain = _Chain(head)
    for path in paths:
        chain.take(path)
    chain.note(lambda: _check_first(directory, paths, first))
    if chain.is_known:
        chain.note(lambda: _check_last(directory, head, chain, known is not None))
    if chain.breaks:
        more = f". It is broken in {len(chain.breaks) - 1} other places too" if len(chain.breaks) > 1 else ""
        return Verdict(False, chain.count, chain.breaks[0] + more, chain.digest)
    if not chain.count:
        return Verdict(True, 0, "There are no entries yet")
    whole = f"Entries {int(paths[0].stem)} to {chain.number} are whole. Last hash: {chain.digest}"
    return Verdict(True, chain.count, f"{whole}. {known.said if known else ONLY_FILES}", chain.digest)


def _without_files(directory: Path, last: End | None) -> Verdict:
    if last is None:
        return Verdict(True, 0, "There are no entries yet")
    return Verdict(
        False, 0, f"All entries are gone: {directory} has no file with entries, and there were some, up to {last[0]} at least"
    )


class _Chain:
    """What has been read of it so far. `breaks`: a sentence for each; `at_head`: the hash of the entry that the head names."""

    def __init__(self, head: End | None) -> None:
        self.number, self.digest, self.at_head, self.count = 0, START, START, 0
        self.breaks: list[str] = []
        self._head, self.is_known = head, False
        """`is_known`: the last entry before what comes next."""

    def take(self, path: Path) -> None:
        """One more segment; after a break it goes on with the next."""
        before = len(self.breaks)
        self.note(lambda: self._read(path))
        self.is_known = len(self.breaks) == before

    def note(self, check: Callable[[], None]) -> None:
        """Its sentence, if it breaks there."""
        try:
            check()
        except Broken as broken:
            self.breaks.append(str(broken))

    def _read(self, path: Path) -> None:
        before = (self.number, self.digest) if self.is_known else None
        for self.number, self.digest in _entries(path, before):
            self.count += 1
            if self._head and self._head[0] == self.number:
                self.at_head = self.digest


def _entries(path: Path, before: tuple[int, str] | None) -> Iterator[tuple[int, str]]:
    """Number and hash of each entry. `before`: the last of the segment before; None: this is the oldest one."""
    first = int(path.stem)
    lines = enumerate(_lines(path), 1)
    header = _parsed(path, *next(lines, (1, b"")))
    if header.keys() != {"segment", "previous"} or header["segment"] != first:
        raise Broken(f"{path}:1: the head of the segment was changed")
    if before is not None and first - 1 > before[0]:
        raise Broken(f"{path}:1: entries {before[0] + 1} to {first - 1}, before it, are missing")
    if before is not None and (first - 1, header["previous"]) != before:
        raise Broken(f"{path}:1: what comes before it was changed: entry {before[0]} is the last before it")
    number, digest = first - 1, str(header["previous"])
    for line_number, line in lines:
        entry = _parsed(path, line_number, line)
        if entry.get("number") != number + 1:
            raise Broken(f"{path}:{line_number}: entry {number + 1} is missing here; this is {entry.get('number')}")
        if entry.get("previous") != digest or entry.get("hash") != hash_of(entry) or line_of(entry) != line:
            raise Broken(f"{path}:{line_number}: entry {number + 1} was changed, or the one before it")
        number, digest = number + 1, str(entry["hash"])
        yield number, digest


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            if not line.endswith(b"\n"):
                raise Broken(f"{path}: the last line is torn")
            yield line[:-1]


def _parsed(path: Path, number: int, line: bytes) -> JsonObject:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Broken(f"{path}:{number}: this is no entry")
    return value


def _check_first(directory: Path, paths: list[Path], first: End | None) -> None:
    """The oldest ones go, and the anchor says which is the oldest that is kept; older ones may be left by a crash."""
    oldest = int(paths[0].stem)
    if first is None:
        if oldest > 1:
            raise Broken(
                f"{directory / ANCHOR} is missing or broken, so nobody can say whether entries before {oldest} are missing"
            )
    elif oldest > first[0]:
        raise Broken(f"Entries {first[0]} to {oldest - 1} are missing at the beginning: the oldest that was kept is {first[0]}")
    else:
        path = directory / segment_name(first[0])
        if path in paths and previous_in(path) != first[1]:
            raise Broken(f"{path}:1: what comes before it is not what the anchor says")


def _check_last(directory: Path, head: End | None, chain: _Chain, is_known: bool) -> None:
    """The head may be behind: it is written after."""
    if head is None:
        if chain.count:
            raise Broken(f"{directory / HEAD} is missing or broken, so nobody can say whether entries are missing at the end")
    elif head[0] > chain.number:
        raise Broken(f"Entries {chain.number + 1} to {head[0]} are missing at the end")
    elif head[0] and chain.at_head != head[1]:
        raise Broken(f"Entry {head[0]} is not the one that {'this agent has written' if is_known else 'the head names'}")
