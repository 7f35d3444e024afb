"""Two ways to show a scene: a live view for a terminal, lines for a log."""

import io
import re
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live

from agent.cli.demo.scene import Happening, Scene
from agent.cli.demo.view import WIDTH, clock, picture_of

PICTURE_LINES = 34
_WEB_FONTS = re.compile(r"@font-face\s*{[^}]*}\s*")
"""A picture of ours asks nobody else's server for anything."""
_SETTLED_NS = 500_000_000
"""The units' own words come a moment later: a line is printed when nothing earlier can come any more."""


class LiveScreen:
    """Takes the whole terminal, and gives it back."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._live.start()

    def show(self, scene: Scene) -> None:
        """Draw it."""
        self._live.update(picture_of(scene, self._console.width, self._console.height), refresh=True)

    def close(self, scene: Scene) -> None:
        """What was told stays on the screen that was there before."""
        self._live.stop()
        for one in scene.happenings:
            _print(self._console, one)


class LineScreen:
    """One line an event, never taken back."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = 0

    def show(self, scene: Scene) -> None:
        """Print what is settled since."""
        self._print(scene, time.time_ns() - _SETTLED_NS)

    def close(self, scene: Scene) -> None:
        """The rest."""
        self._print(scene, time.time_ns())

    def _print(self, scene: Scene, until_ns: int) -> None:
        for one in scene.happenings[self._printed :]:
            if one.at_ns > until_ns:
                break
            self._printed += 1
            _print(self._console, one)
        self._console.file.flush()


def _print(console: Console, one: Happening) -> None:
    console.print(f"{clock(one.at_ns)}  {one.who:9}  {one.text}", markup=False, highlight=False, soft_wrap=True)


def save_picture(scene: Scene, path: Path) -> None:
    """The live view as SVG. OSError."""
    console = Console(record=True, width=WIDTH, height=PICTURE_LINES, file=io.StringIO(), force_terminal=True)
    console.print(picture_of(scene, WIDTH, PICTURE_LINES))
    path.write_text(_WEB_FONTS.sub("", console.export_svg(title="understudy demo")))
