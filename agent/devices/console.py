"""Lines for the supervisor's log. A log that nobody reads must not stop the output."""

import contextlib
import os
import select
import sys

MAX_LINE_BYTES = 4096
"""PIPE_BUF: a pipe that is writable takes this much without blocking."""


def say(text: str) -> None:
    """One line to standard error, or nothing when it would block or is closed."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = sys.stderr.fileno()
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, (text + "\n").encode("utf-8", "replace")[:MAX_LINE_BYTES])
