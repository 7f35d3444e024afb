"""The files of the audit, as the one process that writes them has them open: segments, head, anchor."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.management.audit_chain import (
    ANCHOR,
    HEAD,
    START,
    End,
    JsonObject,
    anchor_of,
    end_line,
    head_of,
    previous_in,
    segment_name,
    segments,
)
from agent.management.audit_look import AuditLook, Opened, touched_open
from agent.settings.replace import sync_directory

SEGMENTS = 100
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class AuditFiles:
    """`last`: number and hash of the last entry; `first`: what the anchor says. `noticed`: at `open`, what is gone."""

    def __init__(self, directory: Path, a_segment: int) -> None:
        self.directory, self._a_segment = directory, a_segment
        self._file = self._head = -1
        self._path, self._size, self._in_segment = directory, 0, 0
        self._look = AuditLook(directory)
        self.first: End | None = None
        self.last: End = (0, START)
        self.noticed: list[str] = []

    @property
    def is_open(self) -> bool:
        """May be written to."""
        return self._file >= 0 and self._head >= 0

    def open(self) -> list[JsonObject]:
        """Go on where it ended; a torn last line (power, kill) is taken away. The newest entries, oldest first. OSError."""
        with self._or_closed():
            return self._open()

    @contextmanager
    def _or_closed(self) -> Iterator[None]:
        """Half-way is not open: the next time all is looked at from the beginning."""
        try:
            yield
        except OSError:
            self.close()
            raise

    def _open(self) -> list[JsonObject]:
        self.close()
        self.last, self.noticed, found = (0, START), [], list[JsonObject]()
        self.directory.mkdir(mode=0o700, exist_ok=True)
        head, known = head_of(self.directory), segments(self.directory)
        self._head = os.open(self.directory / HEAD, _FLAGS, 0o600)
        for path in known[-2:]:
            found += self._recall(path)
        self._notice_end(head)
        if known:
            self._go_on(known[-1])
        else:
            self._start_segment()
        self._notice_beginning(known)
        self._look.learn(self._path)
        return found

    def _recall(self, path: Path) -> Iterator[JsonObject]:
        """The entries of a segment, as far as they can be read; where it ends."""
        data = path.read_bytes()
        whole, _, _torn = data.rpartition(b"\n")
        self._size = len(whole) + 1 if whole else 0
        _header, *lines = whole.split(b"\n")
        self._in_segment = len(lines)
        if self.last[0] == 0:
            self.last = int(path.stem) - 1, previous_in(path)
        for line in lines:
            with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                entry = json.loads(line)
                self.last = int(entry["number"]), str(entry["hash"])
                yield entry

    def _notice_end(self, head: End | None) -> None:
        if head is not None and head[0] > self.last[0]:
            self._notice(f"entries {self.last[0] + 1} to {head[0]} at the end are gone, as the head of the audit knows them")
            self.last = head  # the gap stays visible

    def _notice_beginning(self, known: list[Path]) -> None:
        oldest = int(known[0].stem) if known else self.last[0] + 1
        self.first = anchor_of(self.directory)
        if self.first is None:
            if known and oldest > 1:
                self._notice(f"its anchor is gone, so nobody can say whether entries before {oldest} are")
            self._write_anchor((oldest, previous_in(known[0])) if known else (1, START))
        elif known and oldest > self.first[0]:
            self._notice(f"entries {self.first[0]} to {oldest - 1} at the beginning are gone")

    def _notice(self, what: str) -> None:
        self.noticed.append(f"The audit in {self.directory} was touched while no agent ran: {what}")

    def _go_on(self, path: Path) -> None:
        self._file, self._path = os.open(path, _FLAGS | os.O_APPEND), path
        os.ftruncate(self._file, self._size)
        if self._size == 0:
            self._write_header()
        elif int(path.stem) + self._in_segment <= self.last[0]:  # there is a gap: what follows has a file of its own
            self._start_segment()

    def append(self, line: bytes, end: End) -> None:
        """All of the line or none; then it is the last. OSError."""
        if self._in_segment >= self._a_segment:
            with self._or_closed():
                self._rotate()
        self._write(line + b"\n")
        self._in_segment += 1
        self.last = end
        with suppress(OSError):
            os.pwrite(self._head, end_line(end), 0)

    def _write(self, data: bytes) -> None:
        try:
            if os.write(self._file, data) < len(data):
                raise OSError(28, "No space left on device")
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _start_segment(self) -> None:
        path = self.directory / segment_name(self.last[0] + 1)
        if path.exists():  # somebody else's
            path.rename(path.with_suffix(".replaced"))
        before = self._file
        self._file, self._path = os.open(path, _FLAGS | os.O_EXCL | os.O_APPEND, 0o600), path
        if before >= 0:
            os.close(before)
        self._size = self._in_segment = 0
        self._write_header()
        sync_directory(path)

    def _write_header(self) -> None:
        header = {"previous": self.last[1], "segment": self.last[0] + 1}
        self._write(json.dumps(header, sort_keys=True, separators=(",", ":")).encode() + b"\n")

    def _rotate(self) -> None:
        """The next segment; the oldest goes, after the anchor has said so."""
        os.fsync(self._file)
        self._start_segment()
        known = segments(self.directory)
        if len(known) > SEGMENTS + 1:
            oldest = known[-(SEGMENTS + 1)]
            self._write_anchor((int(oldest.stem), previous_in(oldest)))
            for path in known[: -(SEGMENTS + 1)]:
                path.unlink()
        self._look.learn(self._path)

    def _write_anchor(self, first: End) -> None:
        """Old or new. OSError."""
        new = self.directory / f".{ANCHOR}.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, _FLAGS | os.O_EXCL, 0o600), "wb") as file:
            file.write(end_line(first))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.directory / ANCHOR)
        sync_directory(new)
        self.first = first

    def sync_target(self) -> int:
        """A descriptor of its own: the file may be rotated meanwhile. OSError."""
        return os.dup(self._file)

    def close(self) -> None:
        """Nothing more is written."""
        for descriptor in (self._file, self._head):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._head = -1

    def _opened(self) -> tuple[Opened, ...]:
        return Opened(self._file, self._path, self._size), Opened(self._head, self.directory / HEAD)

    def touched(self) -> str:
        """What somebody else has done to the files, as a sentence; empty: nothing. OSError when that cannot be seen."""
        return self._look.touched(self._opened())

    def begin_anew(self) -> None:
        """What comes now has a file of its own, head and anchor say again what they said. OSError."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        os.close(self._head)
        self._head = -1
        self._head = os.open(self.directory / HEAD, _FLAGS, 0o600)
        os.ftruncate(self._head, 0)
        if self.last[0]:
            os.pwrite(self._head, end_line(self.last), 0)
        self._write_anchor(self.first or (1, START))
        if self._in_segment or any(touched_open(self._opened())):
            self._start_segment()
        self._look.learn(self._path)
