"""The event table: the last 1,000 of core's journal and of what management did, numbered for good: the numbers outlive a restart.

What people and programs ask for (commands, settings, locks, faces) has a share of it: they can push one another out, and never
a transition or an alarm. So a number may be missing between two others.

Kept in DATA_DIR/events.jsonl, one event a line. It is a convenience for people, not the audit: a disk that does not take it
is said once and costs what a restart then forgets.
"""

import json
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

JsonObject = dict[str, object]
LIMIT = 1000
ASKED_LIMIT = 400
"""Of them at most for what was asked for."""
ASKED = frozenset({"command", "setting", "lock", "maintenance"})
MAX_BYTES = 8 * 1024 * 1024
"""Beyond it the file is not ours."""


class Events:
    """`dropped`: older ones that made room. An event with an `id` that is known is not noted again."""

    def __init__(self, path: Path, tell: Callable[[str], None], limit: int = LIMIT) -> None:
        self._path, self._tell, self._limit = path, tell, limit
        self._kept: dict[int, JsonObject] = {}
        self._of_core, self._asked = deque[int](), deque[int]()
        self._asked_limit = limit * ASKED_LIMIT // LIMIT
        self._ids: set[object] = set()
        self._lines = self.number = 0
        self._is_failing = False
        self._load()

    @property
    def kept(self) -> list[JsonObject]:
        """Oldest first."""
        return list(self._kept.values())

    @property
    def dropped(self) -> int:
        """How many are not there any more."""
        return self.number - len(self._kept)

    def note(self, event: JsonObject) -> bool:
        """Number it and keep it. False: it is known already."""
        if event.get("id") in self._ids:
            return False
        self.number += 1
        self._keep({**event, "number": self.number})
        self._save()
        return True

    def _keep(self, event: JsonObject) -> None:
        mine, number = self._asked if _is_asked(event) else self._of_core, event["number"]
        assert isinstance(number, int)
        self._kept[number] = event
        self._ids.add(event.get("id"))
        mine.append(number)
        if len(self._asked) > self._asked_limit:
            self._forget(self._asked)
        elif len(self._kept) > self._limit:
            self._forget(self._of_core)

    def _forget(self, numbers: deque[int]) -> None:
        """The oldest of these."""
        self._ids.discard(self._kept.pop(numbers.popleft()).get("id"))

    def _save(self) -> None:
        try:
            if self._lines >= 2 * self._limit:
                self._write_all()
            else:
                self._append(self._kept[self.number])
        except OSError as error:
            if not self._is_failing:
                self._tell(f"{self._path} cannot be written ({error.strerror or error}): a restart will forget events")
            self._is_failing = True
            return
        self._is_failing = False

    def _append(self, event: JsonObject) -> None:
        data = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
        self._lines += 1

    def _write_all(self) -> None:
        """Only what is kept; old or new."""
        new = self._path.with_name(f".{self._path.name}.new")
        data = b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in self._kept.values())
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        new.replace(self._path)
        self._lines = len(self._kept)

    def _load(self) -> None:
        """What is readable of it; a torn line is left out."""
        try:
            with self._path.open("rb") as file:
                lines = file.read(MAX_BYTES).split(b"\n")
        except OSError:
            return
        for line in lines:
            with suppress(ValueError, RecursionError):
                event = json.loads(line)
                if isinstance(event, dict) and type(number := event.get("number")) is int and number > self.number:
                    self.number = number
                    self._keep(event)
        self._lines = len(lines)
        if lines[-1]:  # torn: the next one must not be written behind it
            self._lines = 2 * self._limit


def _is_asked(event: JsonObject) -> bool:
    """Of people and programs, or of a face, which a client can cause."""
    return event.get("what") in ASKED or "face" in event
