"""The processes that the demo starts, each in a group of its own, and the keeper that outlives the demo to end them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from agent.cli.demo.ground import DemoError

STOP_LIMIT_S = 3.0
_KEEPER_LIMIT_S = 3.0
_ROOT = Path(__file__).parents[3]
_TELL_AND_BECOME = 'echo "+$$"; exec "$@" >&2'
"""The keeper knows the group before there is anything in it to end."""


def python(*arguments: str) -> list[str]:
    """A command of this agent, whatever the user's PATH says and whatever lies in the current directory."""
    return [sys.executable, "-P", "-m", *arguments]


def environment() -> dict[str, str]:
    """For children: they find this very agent, installed or not."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


class Processes:
    """By name. Not one of them outlives the demo by more than a moment, even if it is killed with SIGKILL."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        reader, self._keeper_pipe = os.pipe()
        command = python("agent.cli.demo.keeper", str(directory))
        self._keeper = subprocess.Popen(command, stdin=reader, cwd="/", env=environment(), start_new_session=True)
        os.close(reader)

    def start(self, name: str, command: list[str]) -> None:
        """In a group of its own, stderr into DIR/NAME.log. DemoError."""
        wrapped = ["/bin/sh", "-c", _TELL_AND_BECOME, "sh", *command]
        try:
            with (self._directory / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    wrapped, stdin=subprocess.DEVNULL, stdout=self._keeper_pipe, stderr=log, env=environment(), process_group=0
                )
        except OSError as error:
            raise DemoError(
                f"{name} could not be started: {error.strerror}. Is the machine out of memory or processes?"
            ) from None

    def kill(self, name: str) -> int:
        """SIGKILL to every process of its group at once. How many there were."""
        process = self._running.pop(name)
        count = _size_of(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        self._forget(process)
        return count

    def ended(self) -> tuple[str, str] | None:
        """The first that ended by itself, with the last lines that it wrote; None: all run."""
        for name, process in self._running.items():
            if process.poll() is not None:
                return name, f"exit code {process.returncode}: {self._last_words(name)}"
        return None

    def close(self) -> None:
        """Stop all in order, kill what does not stop, and leave the rest to the keeper."""
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.terminate()
        until_s = time.monotonic() + STOP_LIMIT_S
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until_s - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self._forget(process)
        os.close(self._keeper_pipe)
        with suppress(subprocess.TimeoutExpired):
            self._keeper.wait(_KEEPER_LIMIT_S)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        with suppress(OSError):
            os.write(self._keeper_pipe, f"-{process.pid}\n".encode())

    def _last_words(self, name: str) -> str:
        with suppress(OSError):
            lines = (self._directory / f"{name}.log").read_text(errors="replace").splitlines()
            return " | ".join(lines[-3:])
        return "it left no words"


def _size_of(group: int) -> int:
    """How many processes are in a group."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            count += os.getpgid(int(entry.name)) == group
    return count
