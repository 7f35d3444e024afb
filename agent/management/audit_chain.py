"""The hash chain of the audit: each entry carries SHA-256 of the one before and of itself. Pure but for reading files.

DATA_DIR/audit/ holds segments named by the number of their first entry, one JSON object a line, canonical (sorted keys, no
spaces); `head`: number and hash of the last entry; `anchor`: number of the oldest that is kept, and the hash before it. The first
line of a segment says how the one before it ended, so the oldest may go and the rest is still a chain; the anchor says which may.
Whoever can write all of these files can write them anew: keep a head elsewhere.
"""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

JsonObject = dict[str, object]
START = "0" * 64
"""Before the first entry of all."""
HEAD, ANCHOR = "head", "anchor"
PATTERN = "[0-9]" * 12 + ".jsonl"
MAX_LINE_BYTES = 64 * 1024
End = tuple[int, str]
"""Number of an entry, and a hash."""


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


def head_of(directory: Path) -> End | None:
    """The last entry; None: there is no head, or it is broken."""
    return _end_in(directory / HEAD)


def anchor_of(directory: Path) -> End | None:
    """The oldest entry that is kept, with the hash before it; None: there is no anchor, or it is broken."""
    return _end_in(directory / ANCHOR)


def end_line(end: End) -> bytes:
    """As it stands in head and anchor."""
    return f"{end[0]:012d} {end[1]}\n".encode()


def _end_in(path: Path) -> End | None:
    try:
        number, _, digest = path.read_text("ascii").strip().partition(" ")
        return (int(number), digest) if len(digest) == len(START) else None
    except (OSError, ValueError):
        return None


def previous_in(path: Path) -> str:
    """The hash before the first entry of a segment, as its header says. OSError."""
    with path.open("rb") as file, suppress(ValueError, TypeError, KeyError):
        return str(json.loads(file.readline(MAX_LINE_BYTES))["previous"])
    return START
