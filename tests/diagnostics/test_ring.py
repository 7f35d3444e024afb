"""The ring on disk, where the clock was wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

from agent.diagnostics.notes import Note
from agent.diagnostics.ring import Ring, segments

FUTURE = "20991231T000000.000000Z.pcapng.gz"


def ring_in(folder: Path) -> Ring:
    """With a segment of 1,000 bytes from the future, older than the one that is being written."""
    folder.mkdir()
    (folder / FUTURE).write_bytes(bytes(1000))
    header = {"event": "header", "at": 1, "utc": time.time_ns(), "unit": {"name": "x", "unit_id": 1}, "software": "0"}
    ring = Ring(folder, max_bytes=2000)
    ring.write(Note(header))
    ring.write(Note({"event": "tick", "at": 2}, os.urandom(1500)))
    ring.flush()
    return ring


def test_the_segment_that_is_written_is_never_forgotten(tmp_path: Path) -> None:
    """Issue 5: a name from the future sorts behind it; it goes first, and the written one stays, however large it is."""
    ring = ring_in(tmp_path / "records")
    (written,) = [path for path in segments(ring.folder) if path.name != FUTURE]
    ring.trim(time.time_ns())
    assert segments(ring.folder) == [written]
    ring.write(Note({"event": "tick", "at": 3}, os.urandom(4000)))
    ring.flush()
    ring.trim(time.time_ns())
    assert segments(ring.folder) == [written]


def test_one_that_is_not_old_keeps_no_old_one(tmp_path: Path) -> None:
    """Issue 5: the clock was set back; what is too old goes although a segment before it is not."""
    ring = ring_in(tmp_path / "records")
    (ring.folder / "20190101T000000.000000Z.pcapng.gz").write_bytes(b"")
    old = ring.folder / "20200101T000000.000000Z.pcapng.gz"
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    ring.trim(time.time_ns())
    assert not old.exists()
