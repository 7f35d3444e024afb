"""Who asked what of this unit, why, and what became of it: appended to a hash chain (audit_chain.py), bounded by rotation.

A command is written down before it is carried out and again when it has ended. When the disk does not take it, commands go on
(the air comes first), the loss is counted and told; settings are refused then.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from agent.management.again import MAX_TIMES
from agent.management.audit_chain import HEAD, START, JsonObject, Verdict, head_of, line_of, segment_name, segments, verify
from agent.settings.replace import sync_directory

SEGMENTS = 100
MAX_TEXT = 500
MAX_READ = 1000


class Audit:
    """One writer. `lost`: entries that the disk did not take. `open_entries`: asked, and no outcome, when we opened."""

    def __init__(self, directory: Path, max_entries: int, tell: Callable[[str], None]) -> None:
        self._directory, self._tell = directory, tell
        self._a_segment = max(1, max_entries // SEGMENTS)
        self._file = self._head = -1
        self._size = self._in_segment = 0
        self.number, self._digest, self.lost, self.last_operation = 0, START, 0, 0
        self.is_failing = False
        self.open_entries: dict[int, JsonObject] = {}
        self._recent: deque[JsonObject] = deque(maxlen=MAX_READ)
        try:
            self._open()
        except OSError as error:
            self._lose(error)

    def note(self, entry: JsonObject) -> int | None:
        """Append it; its number, or None when the disk did not take it. Whether it has reached the disk: sync()."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        whole = _short(entry) | {"at": at, "number": self.number + 1, "previous": self._digest}
        try:
            self._append(line_of(whole))
        except OSError as error:
            self._lose(error)
            return None
        self._found(whole)
        if self.is_failing:
            self.is_failing = False
            self._tell(f"the audit is written again; {self.lost} entries were lost")
        return self.number

    async def sync(self) -> None:
        """What was noted has reached the disk. OSError."""
        if self._file < 0:
            return
        descriptor = os.dup(self._file)  # the file may be rotated meanwhile
        try:
            await asyncio.to_thread(os.fsync, descriptor)
        finally:
            os.close(descriptor)

    async def verify(self) -> Verdict:
        """Of all that is kept, beside what this process itself has written. OSError."""
        number, digest = self.number, self._digest
        if not self._is_ours():
            return Verdict(
                False, 0, f"The files of the audit were removed or replaced while it was written, up to entry {number}"
            )
        return await asyncio.to_thread(verify, self._directory, (number, digest))

    def _is_ours(self) -> bool:
        """Are the files on the disk still those that are open here?"""
        known = segments(self._directory)
        with suppress(OSError):
            pairs = ((self._file, known[-1]), (self._head, self._directory / HEAD)) if known else ()
            return bool(pairs) and all(os.path.samestat(os.fstat(one), path.lstat()) for one, path in pairs)
        return False

    def read(self, limit: int = 100) -> list[JsonObject]:
        """The last ones, at most 1000, newest last."""
        return list(self._recent)[-limit:]

    def close(self) -> None:
        """Nothing more is written."""
        for descriptor in (self._file, self._head):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._head = -1

    def _append(self, line: bytes) -> None:
        """All of the line or none. OSError."""
        if self._file < 0 or self._head < 0:
            self._open()
        if self._in_segment >= self._a_segment:
            self._rotate()
        self._write(line + b"\n")
        self._in_segment += 1

    def _write(self, data: bytes) -> None:
        try:
            if os.write(self._file, data) < len(data):
                raise OSError(28, "No space left on device")
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _found(self, entry: JsonObject) -> None:
        """It stands in the file."""
        self.number, self._digest = self.number + 1, line_hash(entry)
        with suppress(OSError):
            os.pwrite(self._head, f"{self.number:012d} {self._digest}\n".encode(), 0)
        self._remember(entry | {"hash": self._digest})

    def _remember(self, entry: JsonObject) -> None:
        self._recent.append(entry)
        operation, of = entry.get("operation"), entry.get("of")
        if isinstance(operation, int):
            left_out = MAX_TIMES if entry.get("changed") is False else 0  # the same again, counted and not told before we ended
            self.last_operation = max(self.last_operation, operation + left_out)
        if entry.get("stage") == "asked" and isinstance(entry["number"], int):
            self.open_entries[entry["number"]] = entry
        elif isinstance(of, int):
            self.open_entries.pop(of, None)

    def _lose(self, error: OSError) -> None:
        self.lost += 1
        if not self.is_failing:
            self.is_failing = True
            what = f"the audit in {self._directory} cannot be written ({error.strerror or error})"
            self._tell(f"{what}: commands go on without it, settings are refused. Free space, or mend the disk")

    def _open(self) -> None:
        """Go on where it ended; a torn last line (power, kill) is taken away. OSError."""
        self.close()
        self.number, self._digest = 0, START
        self._recent.clear()
        self._directory.mkdir(mode=0o700, exist_ok=True)
        known = segments(self._directory)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._head = os.open(self._directory / HEAD, flags, 0o600)
        if not known:
            self._start_segment()
            return
        if len(known) > 1:
            self._recall(known[-2])
        self._file = os.open(known[-1], flags | os.O_APPEND)
        self._in_segment = self._recall(known[-1])
        os.ftruncate(self._file, self._size)
        if self._size == 0:
            self._write_header()
        head = head_of(self._directory)
        if head is not None and head[0] > self.number:  # the end is missing: the gap stays visible
            self.number = head[0]

    def _recall(self, path: Path) -> int:
        """Take in what a segment has; how many entries."""
        data = path.read_bytes()
        whole, _, _torn = data.rpartition(b"\n")
        self._size = len(whole) + 1 if whole else 0
        header, *lines = whole.split(b"\n")
        if self.number == 0:
            self.number, self._digest = int(path.stem) - 1, _text(header, "previous")
        for line in lines:
            with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                entry = json.loads(line)
                self._remember(entry)
                self.number, self._digest = int(entry["number"]), str(entry["hash"])
        return len(lines)

    def _start_segment(self) -> None:
        first = self.number + 1
        path = self._directory / segment_name(first)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o600)
        self._size = self._in_segment = 0
        self._write_header()
        sync_directory(path)

    def _write_header(self) -> None:
        header = {"previous": self._digest, "segment": self.number + 1}
        self._write(json.dumps(header, sort_keys=True, separators=(",", ":")).encode() + b"\n")

    def _rotate(self) -> None:
        """The next segment; the oldest goes."""
        os.fsync(self._file)
        before, self._file = self._file, -1
        os.close(before)
        self._start_segment()
        for path in segments(self._directory)[: -(SEGMENTS + 1)]:
            path.unlink()


def line_hash(entry: JsonObject) -> str:
    """Of an entry without its hash."""
    return str(json.loads(line_of(entry))["hash"])


def _text(line: bytes, key: str) -> str:
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(line)[key])
    return START


def _short(entry: JsonObject) -> JsonObject:
    return {key: value[:MAX_TEXT] if isinstance(value, str) else value for key, value in entry.items()}
