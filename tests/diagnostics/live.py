"""A real recorder beside a real core: what it has written, and what core says of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agent.diagnostics.notes import Note
from agent.diagnostics.reading import notes_of
from agent.diagnostics.segments import segments
from tests.core.process import CoreProcess, Json, connect, receive


@contextmanager
def recorder(core: CoreProcess) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m agent.diagnostics` of this core's unit."""
    words = [sys.executable, "-m", "agent.diagnostics", "--settings-path", str(core.directory / "unit.toml")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(core.settings().encode())
    process.stdin.close()
    try:
        yield process
    finally:
        process.terminate()
        process.wait(5)


def notes(core: CoreProcess) -> list[Note]:
    """All that is on disk."""
    return list(notes_of(segments(core.directory / "records")))


def words(core: CoreProcess) -> list[str]:
    """What kinds of notes."""
    return [note.text["event"] for note in notes(core)]


def told(core: CoreProcess, what: str) -> Json:
    """The first such part of core's snapshot: `unit`, `member`."""
    with connect(core.socket_path, {"hello": "management", "pid": 1}) as client:
        while what not in (message := receive(client)):
            pass
    found: Json = message[what]
    return found


def health(core: CoreProcess) -> Json:
    """What core says of the recorder."""
    found: Json = told(core, "unit")["recorder"]
    return found
