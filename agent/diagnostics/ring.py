"""The ring on disk: segments of compressed pcapng, bounded in size and age; the oldest goes first.

A segment begins with the header and, unless it is the start of a boot, with the whole state of the engine, so each can be
replayed alone. It is flushed after every batch: what a crash leaves is readable up to its last batch, the torn tail is ignored.
"""

import os
import zlib
from datetime import UTC, datetime
from pathlib import Path

from agent.diagnostics import pcapng
from agent.diagnostics.blocks import Clock, Lan, block_of
from agent.diagnostics.notes import Json, Note

MAX_AGE_NS = 24 * 3600 * 1_000_000_000
MAX_BYTES = 1 << 30
SUFFIX = ".pcapng.gz"
_GZIP = 31
_LEVEL = 5
_STEP_NS = 60 * 1_000_000_000
"""A clock that is set back by less is of no account."""
_SPEAKING = ("transition", "alarm")


class Ring:
    """Give it notes and, every second or so, `flush`. OSError: the disk does not take it."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES, max_age_ns: int = MAX_AGE_NS) -> None:
        self.folder, self._max_bytes, self._max_age_ns = folder, max_bytes, max_age_ns
        self.clock, self._lan = Clock(0, 0), Lan()
        self.written_bytes = 0
        self._header: Note | None = None
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
        if self._descriptor is not None:
            self._pending.append(block_of(note, self.clock, self._lan))
            self._is_worth_syncing |= any(effect[0] in _SPEAKING for effect in note.text.get("effects", ()))

    def _meet(self, header: Note) -> None:
        """Of a new boot it begins a segment; the same again, before a state, only says what time it is."""
        is_new = self._header is None or self._header.text["unit"] != header.text["unit"] or self._descriptor is None
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
        if self._descriptor is None or not self._pending:
            return False
        data = self._packer.compress(b"".join(self._pending)) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        self._pending.clear()
        _write_all(self._descriptor, data)
        self.written_bytes += len(data)
        if self._is_worth_syncing:
            self._is_worth_syncing = False
            os.fdatasync(self._descriptor)
        return True

    def close(self) -> None:
        """The segment is whole."""
        if self._descriptor is not None:
            self.flush()
            _write_all(self._descriptor, self._packer.flush())
            self.abandon()

    def abandon(self) -> None:
        """After an OSError: what follows a hole in a compressed segment could not be read. The next header begins another."""
        self._pending.clear()
        self._is_worth_syncing = False
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = self._path = None

    def _begin(self, text: Json) -> None:
        self.close()
        utc_ns = self.clock.utc(text["at"])
        self.trim(utc_ns)
        moment = datetime.fromtimestamp(utc_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._make_folder()  # a person may have taken it away
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        path = self.folder / f"{moment}{SUFFIX}"
        self._descriptor, self._path = os.open(path, flags, 0o600), path
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        assert self._header is not None
        header = self._header.text
        self._pending.append(pcapng.section(f"understudy {header['software']}", header["unit"]["name"]))
        self._pending.append(block_of(self._header, self.clock, self._lan))

    def trim(self, utc_ns: int) -> None:
        """Forget the oldest segments: too old, or too many bytes together. The last word of a segment is its file's time.

        Never the one that is written. One from the future is of a clock that was wrong: nobody knows how old, so it goes first.
        """
        found = [(path, path.stat()) for path in segments(self.folder)]
        total = sum(stat.st_size for _, stat in found)
        for path, stat in sorted(found, key=lambda one: not _is_from_future(one[0], one[1], utc_ns)):
            is_too_old = utc_ns - stat.st_mtime_ns > self._max_age_ns
            if path != self._path and (is_too_old or total > self._max_bytes):
                path.unlink(missing_ok=True)
                total -= stat.st_size

    def extent(self) -> tuple[int, int]:
        """Bytes on disk, and the UTC ns at which the oldest segment begins; 0: there is none."""
        found = segments(self.folder)
        return sum(path.stat().st_size for path in found), started_ns(found[0]) if found else 0


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def started_ns(path: Path) -> int:
    """When a segment begins, UTC ns, by its name; 0: it is none of ours."""
    try:
        moment = datetime.strptime(path.name.partition("Z")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return round(moment.timestamp() * 1e9)


def _is_from_future(path: Path, stat: os.stat_result, utc_ns: int) -> bool:
    return max(started_ns(path), stat.st_mtime_ns) > utc_ns + _STEP_NS


def segments(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))
