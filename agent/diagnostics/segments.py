"""The files of a ring: names, order, and which of them go when there is no more room. Their names say when they begin."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".pcapng.gz"
_STEP_NS = 60 * 1_000_000_000
"""A clock that is set back by less is of no account."""


class Limits(NamedTuple):
    """Of all files of a ring together."""

    max_bytes: int
    max_age_ns: int


def segments(folder: Path) -> list[Path]:
    """By their names; as long as the clock was right, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def in_order(folder: Path) -> list[Path]:
    """Oldest first. Those from the future were written before the clock was put right: they are not the newest."""
    now_ns = time.time_ns()
    return sorted(segments(folder), key=lambda path: started_ns(path) <= now_ns + _STEP_NS)


def name_of(utc_ns: int) -> str:
    """Of a segment that begins then."""
    moment = datetime.fromtimestamp(utc_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return f"{moment}{SUFFIX}"


def started_ns(path: Path) -> int:
    """When a segment begins, UTC ns, by its name; 0: it is none of ours."""
    try:
        moment = datetime.strptime(path.name.partition("Z")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return round(moment.timestamp() * 1e9)


def trim(folder: Path, limits: Limits, utc_ns: int, written: Path | None) -> None:
    """Forget the oldest segments: too old, or too many bytes together. The last word of a segment is its file's time.

    Never the one that is written. One from the future is of a clock that was wrong: nobody knows how old, so it goes first.
    """
    found = [(path, path.stat()) for path in segments(folder)]
    total = sum(stat.st_size for _, stat in found)
    for path, stat in sorted(found, key=lambda one: not _is_from_future(one[0], one[1], utc_ns)):
        is_too_old = utc_ns - stat.st_mtime_ns > limits.max_age_ns
        if path != written and (is_too_old or total > limits.max_bytes):
            path.unlink(missing_ok=True)
            total -= stat.st_size


def _is_from_future(path: Path, stat: os.stat_result, utc_ns: int) -> bool:
    return max(started_ns(path), stat.st_mtime_ns) > utc_ns + _STEP_NS


def extent(folder: Path) -> tuple[int, int]:
    """Bytes on disk, and the UTC ns at which the oldest segment begins; 0: there is none."""
    found = segments(folder)
    return sum(path.stat().st_size for path in found), started_ns(found[0]) if found else 0
