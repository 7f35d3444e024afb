"""The ring on disk, where the clock was wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

from agent.diagnostics.__main__ import ring_of
from agent.diagnostics.header import both_clocks
from agent.diagnostics.notes import Note
from agent.diagnostics.reading import files_of, notes_of
from agent.diagnostics.ring import Ring
from agent.diagnostics.segments import in_order, segments
from agent.settings.load import load_settings

MEMBER = """[lan]
interface = "lo"
[[member]]
group = 7
device = "rx"
designation = "main"
priority = 254
[device.rx]
driver = "none"
"""
FUTURE = "20991231T000000.000000Z.pcapng.gz"


def ring_in(folder: Path) -> Ring:
    """With a segment of 5,000 bytes from the future, older than the one that is being written."""
    folder.mkdir()
    (folder / FUTURE).write_bytes(bytes(5000))
    header = {"event": "header", "at": 1, "utc": time.time_ns(), "unit": {"name": "x", "unit_id": 1}, "software": "0"}
    ring = Ring(folder, max_bytes=20_000)
    ring.write(Note(header))
    ring.write(Note({"event": "tick", "at": 2}, os.urandom(1500)))
    ring.flush()
    return ring


def test_the_segment_that_is_written_is_never_forgotten(tmp_path: Path) -> None:
    """Issue 5: a name from the future sorts behind it; it goes first, and the written one stays, however large one flush is."""
    ring = ring_in(tmp_path / "records")
    (written,) = [path for path in segments(ring.folder) if path.name != FUTURE]
    (ring.folder / FUTURE).write_bytes(bytes(19_000))
    ring.trim(time.time_ns())
    assert segments(ring.folder) == [written]
    ring.write(Note({"event": "tick", "at": 30_000_000}, os.urandom(40_000)))
    ring.flush()
    (newest,) = segments(ring.folder)
    assert newest.name > written.name


def test_a_name_from_the_future_is_not_the_newest(tmp_path: Path) -> None:
    """Issue 5: `explain --last` and `replay` read what was written before the clock was put right before all else."""
    ring = ring_in(tmp_path / "records")
    assert in_order(ring.folder)[0].name == FUTURE
    assert segments(ring.folder)[-1].name == FUTURE
    assert files_of(ring.folder) == in_order(ring.folder)


def test_what_is_younger_than_the_age_stays(tmp_path: Path) -> None:
    """Issue 5: [recorder] max_age_hours; a segment goes when its last word is too old, and not a minute before."""
    ring = ring_in(tmp_path / "records")
    now_ns, hour_ns = time.time_ns(), 3600 * 1_000_000_000
    young, old = (ring.folder / f"{name}.pcapng.gz" for name in ("20260101T000000.000000Z", "20260101T000001.000000Z"))
    for path, age_ns in ((young, 24 * hour_ns - 60 * 1_000_000_000), (old, 24 * hour_ns + 60 * 1_000_000_000)):
        path.write_bytes(b"")
        os.utime(path, ns=(now_ns - age_ns, now_ns - age_ns))
    ring.trim(now_ns)
    assert young.exists()
    assert not old.exists()


def test_the_settings_say_how_much_is_kept(tmp_path: Path) -> None:
    """Issue 5: [recorder] max_bytes and max_age_hours reach the ring."""
    text = f'[unit]\nname = "x"\ndata_dir = "{tmp_path}"\n[recorder]\nmax_bytes = 16777216\nmax_age_hours = 3\n'
    file = tmp_path / "unit.toml"
    file.write_text(text + MEMBER)
    limits = ring_of(load_settings(file)).limits
    assert (limits.max_bytes, limits.max_age_ns) == (16_777_216, 3 * 3600 * 1_000_000_000)


def test_one_that_is_not_old_keeps_no_old_one(tmp_path: Path) -> None:
    """Issue 5: the clock was set back; what is too old goes although a segment before it is not."""
    ring = ring_in(tmp_path / "records")
    (ring.folder / "20190101T000000.000000Z.pcapng.gz").write_bytes(b"")
    old = ring.folder / "20200101T000000.000000Z.pcapng.gz"
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    ring.trim(time.time_ns())
    assert not old.exists()


def test_a_process_that_is_held_up_between_two_clocks_reads_them_again() -> None:
    """Issue 5: kernel times of a whole minute of packets hang on one reading of both clocks."""
    readings = iter([0, 10_000_000, 20_000_000, 20_000_400, 30_000_000, 35_000_000])
    monotonic_ns, utc_ns = both_clocks(lambda: next(readings))
    assert monotonic_ns == 20_000_200
    assert abs(time.time_ns() - utc_ns) < 60 * 10**9


def test_a_packet_whose_note_is_too_long_for_an_option_is_kept(tmp_path: Path) -> None:
    """Issue 5: an option of pcapng holds 65,535 bytes; the recorder must not end on what a note may hold."""
    ring = ring_in(tmp_path / "records")
    text = {"event": "heard", "at": 3, "received": 3, "from": "10.77.0.1", "effects": [["reply", "x", "done", "é" * 40_000]]}
    ring.write(Note(text, b"datagram"))
    ring.close()
    assert Note(text, b"datagram") in list(notes_of(segments(ring.folder)))
