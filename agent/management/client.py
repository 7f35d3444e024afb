"""Asking the management process of a unit: one JSON line out, one back."""

import json
import socket
from contextlib import suppress
from pathlib import Path

from agent.management.memory import JsonObject

ANSWER_LIMIT_S = 8.0
"""More than management itself waits for core (5 s)."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""256 members with 256 peers each."""


class NotRunning(Exception):  # noqa: N818 (it is the plain answer to a question, not a fault)
    """Nobody answers on the control socket; str() says what to do."""


def ask(path: Path, request: JsonObject, limit_s: float = ANSWER_LIMIT_S) -> JsonObject:
    """The answer. NotRunning: no agent there. TimeoutError: no answer in time. ValueError: not an answer. PermissionError."""
    with connect(path, limit_s) as connection:
        with suppress(BrokenPipeError):  # whoever is busy says so and hangs up without reading
            connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as file:
            line = file.readline(MAX_ANSWER_BYTES)
    if not line.endswith(b"\n"):
        raise NotRunning("The management process went away before it answered. Try again in a second")
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("the answer is not a JSON object")
    return answer


def connect(path: Path, limit_s: float) -> socket.socket:
    """A connection to the control socket. NotRunning or PermissionError."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(limit_s)
    try:
        connection.connect(str(path))
    except PermissionError:
        connection.close()
        raise
    except OSError as error:
        connection.close()
        raise NotRunning(f"No agent answers at {path} ({error.strerror or error}). Start it with: understudy run FILE") from None
    return connection
