"""A command, as a person would type it: a process of its own, its answer and its exit code."""

import subprocess

from agent.cli.demo.ground import Ground, Part
from agent.cli.demo.processes import environment, python


class Typed:
    """Runs beside the demo, which goes on looking."""

    LIMIT_S = 9.0

    def __init__(self, ground: Ground, part: Part, *words: str) -> None:
        arguments = [*words, "-c", str(ground.settings_file(part))]
        self.text = " ".join(["understudy", *arguments])
        self._process = subprocess.Popen(
            python("agent", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(),
            text=True,
        )

    def is_over(self) -> bool:
        """It has ended."""
        return self._process.poll() is not None

    @property
    def is_done(self) -> bool:
        """Exit code 0."""
        return self._process.returncode == 0

    @property
    def answer(self) -> str:
        """What it printed, and its exit code. Ask once, when it is over."""
        text = self._process.communicate()[0].strip()
        return f"{text} (exit code {self._process.returncode})"
