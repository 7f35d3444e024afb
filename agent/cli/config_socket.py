"""Asking the handover process: a JSON line and open files out, lines of progress and one answer back."""

import json
import os
import socket
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.cli import exits
from agent.cli.place import run_dir
from agent.cli.stop import Stop

JsonObject = dict[str, Any]
Progress = Callable[[JsonObject], None]
SOCKET = "config.sock"
SILENCE_LIMIT_S = 60.0
"""Between two lines: a transfer tells of its progress, and all else is answered in less."""
READING = frozenset(("show", "history", "diff", "status", "pending", "discover"))
READING_LIMIT_S = 10.0
"""For verbs that change nothing and tell of no progress."""
MAX_LINE_BYTES = 64 * 1024 * 1024
_MAYBE_DONE = "Whether anything was changed, understudy config history GROUP shows"
_UNCHANGED = "Nothing was changed. Look at the messages of understudy run"


def ask(
    options: Namespace,
    request: JsonObject,
    files: Sequence[int] = (),
    on_progress: Progress | None = None,
) -> JsonObject:
    """The answer, whatever its outcome. `files`: open descriptors that go with it. Stop: there was no answer."""
    path, is_reading = run_dir(options) / SOCKET, request.get("verb") in READING
    limit_s = READING_LIMIT_S if is_reading else SILENCE_LIMIT_S
    what_now = _UNCHANGED if is_reading else _MAYBE_DONE
    try:
        return exchange(path, request, files, on_progress, limit_s)
    except PermissionError:
        raise Stop(exits.REFUSED, "The agent belongs to another user. Run this as that user or as root (sudo).") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise Stop(exits.NOT_RUNNING, _not_there(path)) from None
    except TimeoutError:
        raise Stop(exits.FAILED, f"The handover process did not answer for {limit_s:g} s. {what_now}.") from None
    except (OSError, ValueError) as error:
        raise Stop(exits.FAILED, f"The handover process did not answer readably: {error}. {what_now}.") from None


def _not_there(path: Path) -> str:
    start = "Start the agent with: understudy run FILE; its settings need a section [handover] (understudy check FILE)"
    return f"No handover process answers at {path}. {start}."


def exchange(
    path: Path,
    request: JsonObject,
    files: Sequence[int] = (),
    on_progress: Progress | None = None,
    limit_s: float = SILENCE_LIMIT_S,
) -> JsonObject:
    """One request, one answer. OSError (TimeoutError too) or ValueError."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(limit_s)
        connection.connect(str(path))
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered "busy" without listening
            _send(connection, json.dumps(request).encode() + b"\n", files)
        return _answer(connection, on_progress)


def _send(connection: socket.socket, data: bytes, files: Sequence[int]) -> None:
    sent = socket.send_fds(connection, [data], list(files)) if files else 0
    connection.sendall(memoryview(data)[sent:])


def _answer(connection: socket.socket, on_progress: Progress | None) -> JsonObject:
    with connection.makefile("rb") as file:
        while (line := file.readline(MAX_LINE_BYTES)).endswith(b"\n"):
            said = json.loads(line)
            if not isinstance(said, dict):
                raise ValueError("what it said is not a JSON object")
            if "outcome" in said:
                return said
            if on_progress and isinstance(said.get("progress"), dict):
                on_progress(said["progress"])
    raise OSError("it went away in the middle" if not line else "its line was cut or is too long")


def open_to_send(path: Path) -> int:
    """A descriptor for a regular file. Stop when it cannot be read."""
    try:
        if not path.is_file():
            raise Stop(exits.FAILED, f"{path}: {'it is not a regular file' if path.exists() else 'there is no such file'}.")
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Stop(exits.FAILED, f"{path} cannot be read: {error.strerror}. Nothing was changed.") from None
