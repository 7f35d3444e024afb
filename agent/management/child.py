"""One process of the unit: how it is started, and when it is started again."""

import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

FIRST_DELAY_S = 0.05
LONGEST_DELAY_S = 2.0
STABLE_S = 10.0
"""A process that lived this long starts over with the first delay."""
DEATHS_TOLD = 3
"""After so many short lives in a row nothing more is said until it is stable."""


@dataclass(slots=True)
class Child:
    """Times are seconds on the monotonic clock. `pid` None: not running; it starts at `start_at_s`."""

    name: str
    command: list[str]
    pid: int | None = None
    start_at_s: float = 0.0
    _started_at_s: float = field(default=0.0, init=False)
    _short_lives: int = field(default=0, init=False)

    def start(self, settings_descriptor: int, now_s: float) -> str | None:
        """Start it, the settings' text on its standard input. A sentence when the system refuses; then it is tried again."""
        self._started_at_s = now_s
        try:
            self.pid = _spawn(self.command, settings_descriptor)
        except OSError as error:
            return self._delayed(f"could not be started: {error.strerror}", now_s)
        return None

    def died(self, status: int, now_s: float) -> str | None:
        """Plan the next start. The sentence to say, or None when enough has been said. `status`: from waitpid."""
        if now_s - self._started_at_s >= STABLE_S:
            self._short_lives = 0
        pid, self.pid = self.pid, None
        return self._delayed(f"(pid {pid}) {_cause(status)}", now_s)

    def settled(self, now_s: float) -> str | None:
        """The sentence to say when a process that kept dying has lived long enough; once."""
        if self.pid is None or self._short_lives == 0 or now_s - self._started_at_s < STABLE_S:
            return None
        was_told, self._short_lives = self._short_lives >= DEATHS_TOLD, 0
        return f"{self.name} is stable again: up for {STABLE_S:g} s" if was_told else None

    def _delayed(self, what: str, now_s: float) -> str | None:
        delay_s = min(FIRST_DELAY_S * 2.0 ** min(self._short_lives, 10), LONGEST_DELAY_S)
        self.start_at_s = now_s + delay_s
        self._short_lives += 1
        if self._short_lives > DEATHS_TOLD:
            return None
        if self._short_lives == DEATHS_TOLD:
            return f"{self.name} {what}; it keeps dying: restarting it every {LONGEST_DELAY_S:g} s, quietly until it is stable"
        return f"{self.name} {what}; restarting it in {delay_s:g} s"


def _spawn(command: list[str], settings_descriptor: int) -> int:
    """SIGINT and SIGHUP stay blocked in it: Ctrl-C and a terminal that closes reach the whole process group, and what they mean
    (the order of stopping, reading the keys again) is the supervisor's.
    """
    source = os.open(f"/proc/self/fd/{settings_descriptor}", os.O_RDONLY)  # opened anew: each reads from the beginning
    try:
        return os.posix_spawn(
            sys.executable,
            command,
            _environment(),
            file_actions=[(os.POSIX_SPAWN_DUP2, source, 0)],
            setsigmask=[signal.SIGINT, signal.SIGHUP],
            setsigdef=[signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE],
        )
    finally:
        os.close(source)


def _environment() -> dict[str, str]:
    """The settings are UTF-8 whatever the locale says. A clone that is not installed is found where this process found it."""
    here = str(Path(__file__).parents[2])
    elsewhere = [] if here in sys.path[1:] else [here]  # sys.path[0] may be the current directory, which children do not look in
    paths = [*elsewhere, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONUTF8": "1"} | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})


def _cause(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
