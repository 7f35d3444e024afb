"""A command at a terminal that somebody types on."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.management.fakes import environment


def type_at(arguments: list[str | Path], answers: list[tuple[str, str]], limit_s: float = 20, **environ: str) -> tuple[int, str]:
    """Exit code and what the screen showed. `answers`: when the text has been shown, the line is typed."""
    leader, follower = pty.openpty()
    command = ["setsid", "--ctty", sys.executable, "-m", "agent", *map(str, arguments)]  # so that Ctrl-C is a signal
    env = environment(COLUMNS="200", LINES="50", TERM="xterm", VISUAL="", **environ)
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=env)
    os.close(follower)
    shown = _talk(leader, answers, time.monotonic() + limit_s)
    os.close(leader)  # hangs up: whoever is still there ends
    return process.wait(5), re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)


def _talk(leader: int, answers: list[tuple[str, str]], until_s: float) -> str:
    shown, seen, waiting = "", 0, list(answers)
    while time.monotonic() < until_s:
        if not select.select([leader], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece.decode(errors="replace")
        if waiting and (at := shown.find(waiting[0][0], seen)) >= 0:
            seen = at + len(waiting[0][0])
            os.write(leader, waiting.pop(0)[1].encode() + b"\n")
    return shown
