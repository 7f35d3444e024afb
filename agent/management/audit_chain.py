"""The hash chain of the audit: each entry carries SHA-256 of the one before and of itself. Pure but for reading files.

DATA_DIR/audit/ holds segments named by the number of their first entry, one JSON object a line, canonical (sorted keys, no
spaces), and `head`: number and hash of the last entry. The first line of a segment says how the one before it ended, so the
oldest may go and the rest is still a chain. Whoever can write all of these files can write them anew: keep a head elsewhere.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

JsonObject = dict[str, object]
START = "0" * 64
"""Before the first entry of all."""
HEAD = "head"
PATTERN = "[0-9]" * 12 + ".jsonl"
MAX_LINE_BYTES = 64 * 1024
MAX_HEADER_BYTES = 120
"""Of a segment without entries: an entry alone is longer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`text`: a sentence with the place of the first break, or how much is whole. `entries`: verified; `head`: of the last."""

    is_whole: bool
    entries: int
    text: str
    head: str = START


class Broken(Exception):  # noqa: N818 (it is what was looked for)
    """The chain breaks here; str() says where and how."""


def segment_name(first: int) -> str:
    """Of the segment that begins with this entry."""
    return f"{first:012d}.jsonl"


def line_of(entry: JsonObject) -> bytes:
    """As it stands in the file, with its hash, without the end of the line."""
    return _canonical(entry | {"hash": hash_of(entry)})


def hash_of(entry: JsonObject) -> str:
    """Hex SHA-256 over the canonical form, in which `previous` is the hash before."""
    return sha256(_canonical({key: value for key, value in entry.items() if key != "hash"})).hexdigest()


def _canonical(entry: JsonObject) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()


def segments(directory: Path) -> list[Path]:
    """Oldest first."""
    return sorted(directory.glob(PATTERN))


def head_of(directory: Path) -> tuple[int, str] | None:
    """Number and hash; None: there is no head, or it is broken."""
    try:
        number, _, digest = (directory / HEAD).read_text("ascii").strip().partition(" ")
        return (int(number), digest) if len(digest) == len(START) else None
    except (OSError, ValueError):
        return None


def verify(directory: Path, written: tuple[int, str] | None = None) -> Verdict:
    """Every entry in turn, to the head, also while it is written to. `written`: number and hash of the last entry, as the process
    that writes knows them; it goes before the head, which anybody may have rewritten. OSError when it cannot be read."""
    head = written if written and written[0] else head_of(directory)
    paths, number, digest, known, count = segments(directory), 0, START, START, 0
    if not paths:
        is_empty = head is None
        return Verdict(is_empty, 0, "There are no entries yet" if is_empty else _GONE)
    if head is None and not any(path.stat().st_size > MAX_HEADER_BYTES for path in paths):
        return Verdict(True, 0, "There are no entries yet")
    try:
        for path in paths:
            before = None if path is paths[0] else (number, digest)
            for number, digest in _entries(path, before):
                count += 1
                known = digest if head and head[0] == number else known
        _check_head(directory, head, number, known)
    except Broken as broken:
        return Verdict(False, count, str(broken), digest)
    first = int(paths[0].stem)
    return Verdict(True, count, f"Entries {first} to {number} are whole. Last hash: {digest}", digest)


_GONE = "All entries are gone, though the head says that there were some"


def _entries(path: Path, before: tuple[int, str] | None) -> Iterator[tuple[int, str]]:
    """Number and hash of each entry. `before`: the last of the segment before; None: this is the oldest one."""
    first = int(path.stem)
    lines = enumerate(_lines(path), 1)
    header = _parsed(path, *next(lines, (1, b"")))
    if header.keys() != {"segment", "previous"} or header["segment"] != first:
        raise Broken(f"{path}:1: the head of the segment was changed")
    if before is not None and (first - 1, header["previous"]) != before:
        raise Broken(f"{path}:1: what comes before it is missing or changed: entry {before[0]} is the last before it")
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


def _check_head(directory: Path, head: tuple[int, str] | None, number: int, known: str) -> None:
    """The head may be behind: it is written after. `known`: the hash of the entry that it names."""
    if head is None:
        raise Broken(f"{directory / HEAD} is missing or broken, so nobody can say whether entries are missing at the end")
    if head[0] > number:
        raise Broken(f"Entries {number + 1} to {head[0]} are missing at the end")
    if known != head[1]:
        raise Broken(f"Entry {head[0]} is not the one that the head names")
