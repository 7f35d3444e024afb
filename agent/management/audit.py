"""Who asked what of this unit, why, and what became of it: appended to a hash chain (audit_chain.py), bounded by rotation.

A command is written down before it is carried out and again when it has ended. When the disk does not take it, commands go on
(the air comes first), the loss is counted and told; settings are refused then.
"""

import asyncio
import json
import os
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from agent.management.again import MAX_TIMES
from agent.management.audit_chain import JsonObject, line_of
from agent.management.audit_files import SEGMENTS, AuditFiles
from agent.management.audit_verify import Known, Verdict, verify

MAX_TEXT = 500
MAX_READ = 1000
REMEMBERED_S = 24 * 3600.0
"""So long an alarm says that somebody has touched the files, at the longest: they cannot be mended."""


class Audit:
    """One writer. `lost`: entries that the disk did not take. `open_entries`: asked, and no outcome, when we opened."""

    def __init__(self, directory: Path, max_entries: int, tell: Callable[[str], None]) -> None:
        self._directory, self._tell = directory, tell
        self._files = AuditFiles(directory, max(1, max_entries // SEGMENTS))
        self.lost, self.last_operation, self._began_at = 0, 0, 0
        self._failing, self._touched, self._touched_at_s = "", "", 0.0
        self.open_entries: dict[int, JsonObject] = {}
        self._recent: deque[JsonObject] = deque(maxlen=MAX_READ)
        self.on_touched: Callable[[str], None] = _nobody
        try:
            self._open()
        except OSError as error:
            self._lose(error)

    @property
    def number(self) -> int:
        """Of the last entry."""
        return self._files.last[0]

    @property
    def is_failing(self) -> bool:
        """The disk does not take entries now."""
        return bool(self._failing)

    @property
    def touched(self) -> str:
        """What somebody else has done to the files within a day, as a sentence; empty: nothing."""
        return self._touched if time.monotonic() - self._touched_at_s < REMEMBERED_S else ""

    def note(self, entry: JsonObject) -> int | None:
        """Append it; its number, or None when the disk did not take it. Whether it has reached the disk: sync()."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            if not self._files.is_open:
                self._open()
            number, digest = self._files.last
            line = line_of(_short(entry) | {"at": at, "number": number + 1, "previous": digest})
            whole: JsonObject = json.loads(line)
            self._files.append(line, (number + 1, str(whole["hash"])))
        except OSError as error:
            self._lose(error)
            return None
        self._remember(whole)
        if self.is_failing:
            self._failing = ""
            self._tell(f"the audit is written again; {self.lost} entries were lost")
        return self.number

    async def sync(self) -> None:
        """What was noted has reached the disk. OSError."""
        if not self._files.is_open:
            return
        descriptor = self._files.sync_target()
        try:
            await asyncio.to_thread(os.fsync, descriptor)
        finally:
            os.close(descriptor)

    def look(self) -> None:
        """Has somebody touched the files since the last look? That is told and in the audit; what comes then has its own file."""
        try:
            touched = self._files.touched() if self._files.is_open else ""
        except OSError as error:
            touched = f"its files cannot be looked at ({error.strerror or error})"
        if touched:
            self._take_touched(f"Somebody has touched the audit while the agent ran: {touched}")

    def _take_touched(self, sentence: str) -> None:
        self._touched, self._touched_at_s = f"{sentence}. See: understudy audit verify", time.monotonic()
        self._tell(self._touched)
        self.on_touched(self._touched)
        try:
            self._files.begin_anew()
        except OSError as error:
            self._files.close()
            self._lose(error)
        self.note({"stage": "noticed", "what": "audit", "text": sentence})

    async def verify(self) -> Verdict:
        """Of all that is kept, beside what this process itself has written. OSError."""
        if not self._files.is_open:
            found = await asyncio.to_thread(verify, self._directory)
            return Verdict(False, found.entries, f"The audit cannot be written ({self._failing}). {found.text}", found.head)
        self.look()
        while True:
            first = self._files.first
            try:
                found = await asyncio.to_thread(verify, self._directory, Known(first, self._files.last, self._said()))
            except FileNotFoundError:
                if first == self._files.first:
                    raise
                continue
            if found.is_whole or first == self._files.first:  # else it was rotated meanwhile
                return found

    def _said(self) -> str:
        if not self._began_at:
            return "All of them are as this agent has written them"
        return f"Up to {self._began_at} they are as this agent found them when it started, and after that as it has written them"

    def read(self, limit: int = 100) -> list[JsonObject]:
        """The last ones, at most 1000, newest last."""
        return list(self._recent)[-limit:]

    def close(self) -> None:
        """Nothing more is written."""
        self._files.close()

    def _open(self) -> None:
        self._recent.clear()
        for entry in self._files.open():
            self._remember(entry)
        self._began_at = self.number
        for sentence in self._files.noticed:
            self._take_touched(sentence)

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
            self._failing = str(error.strerror or error)
            what = f"the audit in {self._directory} cannot be written ({self._failing})"
            self._tell(f"{what}: commands go on without it, settings are refused. Free space, or mend the disk")


def _nobody(_sentence: str) -> None:
    """Nobody listens yet."""


def _short(entry: JsonObject) -> JsonObject:
    return {key: value[:MAX_TEXT] if isinstance(value, str) else value for key, value in entry.items()}
