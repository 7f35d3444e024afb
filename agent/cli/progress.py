"""The bar of a transfer, on a terminal and for 1 MB or more."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.cli.config_socket import JsonObject, Progress
from agent.cli.plain import one_line

if TYPE_CHECKING:
    import rich.progress

SHOWN_FROM_BYTES = 1_000_000


class Bar:
    """Comes with the first word of a transfer that is long enough."""

    def __init__(self) -> None:
        self._bar: rich.progress.Progress | None = None
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def take(self, said: JsonObject) -> None:
        """One line of progress."""
        done, total = said.get("done_bytes"), said.get("total_bytes")
        if isinstance(done, int) and isinstance(total, int) and total >= SHOWN_FROM_BYTES:
            self._show(one_line(said.get("what") or "transfer"), done, total)

    def _show(self, what: str, done: int, total: int) -> None:
        bar = self._bar = self._bar or _start()
        if what not in self._tasks:
            from rich.markup import escape

            self._tasks[what] = bar.add_task(escape(what), total=total)
        bar.update(self._tasks[what], completed=done, total=total)

    def close(self) -> None:
        """Leave it as it stands."""
        if self._bar:
            self._bar.stop()


def _start() -> "rich.progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True))
    bar.start()
    return bar


@contextmanager
def bar_for(options: Namespace) -> Iterator[Progress | None]:
    """None: nobody is looking."""
    if options.json or not sys.stderr.isatty():
        yield None
        return
    bar = Bar()
    try:
        yield bar.take
    finally:
        bar.close()
