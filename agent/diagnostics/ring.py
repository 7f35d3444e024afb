"""The ring on disk: segments of compressed pcapng, bounded in size and age; the oldest goes first.

A segment begins with the header and, unless it is the start of a boot, with the whole state of the engine, so each can be
replayed alone. A core that is never quiet makes no state: a segment that has its share of the ring is cut all the same, and its
successor's header has the number of the next event, so that a replay goes on where it comes from the one before, and nowhere
else. It is flushed after every batch: what a crash leaves is readable up to its last batch, the torn tail is ignored.
"""

import os
import zlib
from pathlib import Path

from agent.diagnostics import pcapng
from agent.diagnostics.blocks import Clock, Lan, block_of
from agent.diagnostics.notes import Json, Note
from agent.diagnostics.segments import Limits, extent, name_of, trim

MAX_AGE_NS = 24 * 3600 * 1_000_000_000
MAX_BYTES = 1 << 30
_GZIP = 31
_LEVEL = 5
_SPEAKING = ("transition", "alarm")
SHARES = 8
"""No segment has more than such a part of the ring's bytes, or of its age (and what one flush brings)."""
MAX_SEGMENT_BYTES = 16 << 20
"""Nor more than this: whoever explains a change reads whole segments. A state comes before, if ever (200,000 notes)."""
TRIM_EVERY_BYTES = 1 << 20


class Ring:
    """Give it notes and, every second or so, `flush`. OSError: the disk does not take it."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES, max_age_ns: int = MAX_AGE_NS) -> None:
        self.folder, self.limits = folder, Limits(max_bytes, max_age_ns)
        self.clock, self._lan = Clock(0, 0), Lan()
        self._header: Note | None = None
        self._number: int | None = 0
        """Of the next event in its boot, from 0; None: something is missing since the last state."""
        self._at_ns = self._begun_ns = self._segment_bytes = self._untrimmed_bytes = 0
        """Monotonic: of the last note, and of the one that the segment began with."""
        self._descriptor: int | None = None
        self._path: Path | None = None
        """Of the segment that is written."""
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._pending: list[bytes] = []
        self._is_worth_syncing = False
        self._make_folder()

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, note: Note) -> None:
        """A header or a state begins a segment; before the first of them nothing is kept, nobody could replay it."""
        word = note.text["event"]
        if word == "header":
            self._meet(note)
            return
        if word == "state" and self._header is not None:
            self._begin(note.text)
        elif word == "clock":
            self.clock = Clock(note.text["at"], note.text["utc"])
        self._count(note.text)
        if self._descriptor is not None:
            self._pending.append(block_of(note, self.clock, self._lan))
            self._is_worth_syncing |= any(effect[0] in _SPEAKING for effect in note.text.get("effects", ()))

    def _count(self, text: Json) -> None:
        """As a replay does."""
        word, self._at_ns = text["event"], text["at"]
        if word == "gap":
            self._number = None
        elif word == "state":
            self._number = text.get("number")
        elif word != "clock" and self._number is not None:
            self._number += 1

    def _meet(self, header: Note) -> None:
        """Of a new boot it begins a segment; the same again, before a state, only says what time it is."""
        is_new_boot = self._header is None or self._header.text["unit"] != header.text["unit"]
        is_new = is_new_boot or self._descriptor is None
        if is_new:
            self._number = 0 if is_new_boot else None
        self._header = header
        self.clock = Clock(header.text["at"], header.text["utc"])
        self._lan = Lan(**header.text.get("lan", {}))
        if is_new:
            self._begin(header.text)

    @property
    def is_urgent(self) -> bool:
        """A change of role, or an alarm, waits to be flushed."""
        return self._is_worth_syncing

    def flush(self) -> bool:
        """To the file; to the disk as well if a role has changed, for the power may be next. False: there was nothing."""
        size = self._put()
        if size:
            self._look_at_size(size)
        return size > 0

    def _put(self) -> int:
        """Bytes that the file has grown by."""
        if self._descriptor is None or not self._pending:
            return 0
        data = self._packer.compress(b"".join(self._pending)) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        self._pending.clear()
        _write_all(self._descriptor, data)
        if self._is_worth_syncing:
            self._is_worth_syncing = False
            os.fdatasync(self._descriptor)
        return len(data)

    def _look_at_size(self, size: int) -> None:
        """The ring is bounded at any load, and whether or not core finds a quiet moment for a state."""
        self._segment_bytes += size
        self._untrimmed_bytes += size
        is_old = self._at_ns - self._begun_ns > self.limits.max_age_ns // SHARES
        if is_old or self._segment_bytes > min(self.limits.max_bytes // SHARES, MAX_SEGMENT_BYTES):
            self._cut()
        elif self._untrimmed_bytes > TRIM_EVERY_BYTES:
            self.trim(self.clock.utc(self._at_ns))

    def _cut(self) -> None:
        """Go on in another segment, in the middle of what core tells."""
        assert self._header is not None
        text = {**self._header.text, "at": self.clock.monotonic_ns, "utc": self.clock.utc_ns, "number": self._number}
        self._begin({"at": self._at_ns}, Note(text))

    def close(self) -> None:
        """The segment is whole."""
        if self._descriptor is not None:
            self._put()
            _write_all(self._descriptor, self._packer.flush())
            self.abandon()

    def abandon(self) -> None:
        """After an OSError: what follows a hole in a compressed segment could not be read. The next header begins another."""
        self._pending.clear()
        self._is_worth_syncing = False
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = self._path = None

    def _begin(self, text: Json, header: Note | None = None) -> None:
        """A file, with the name of that moment. `header`: what it begins with, if not core's."""
        self.close()
        self._begun_ns, self._segment_bytes = text["at"], 0
        utc_ns = self.clock.utc(text["at"])
        self.trim(utc_ns)
        self._make_folder()  # a person may have taken it away
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        path = self.folder / name_of(utc_ns)
        self._descriptor, self._path = os.open(path, flags, 0o600), path
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        first = header or self._header
        assert first is not None
        self._pending.append(pcapng.section(f"understudy {first.text['software']}", first.text["unit"]["name"]))
        self._pending.append(block_of(first, self.clock, self._lan))

    def trim(self, utc_ns: int) -> None:
        """Forget what is too old or too much."""
        self._untrimmed_bytes = 0
        trim(self.folder, self.limits, utc_ns, self._path)

    def extent(self) -> tuple[int, int]:
        """Bytes on disk, and the UTC ns at which the oldest segment begins; 0: there is none."""
        return extent(self.folder)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
