"""`understudy watch`: the unit live, from its stream of changes. Redrawn on each change, and once a second for the ages."""

import os
import select
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from agent.cli import exits
from agent.cli.picture import Picture
from agent.cli.place import run_dir
from agent.cli.stream import SOCKET, Ended, Stream, connect

TABLES = ("unit", "member", "peer", "reason", "alarm", "event")
REFRESH_S = 1
AGAIN_S = 0.5


def watch(options: Namespace) -> int:
    """Until q, Ctrl-C, or the end of who reads."""
    source = Source(options, connect(options, TABLES, REFRESH_S))
    if options.plain or options.json or not sys.stdout.isatty():
        from agent.cli.watch_plain import Lines

        show = Lines(options)
        while True:
            if source.wait(None):
                show.changed(source.picture)
    from agent.cli.watch_screen import screen

    with _keys() as typed, screen() as draw:
        while True:
            draw(source.picture)
            source.wait(typed)
            if typed is not None and source.was_typed and _is_end(typed):
                return exits.DONE


class Source:
    """The picture, and the stream that paints it; comes back when management does."""

    def __init__(self, options: Namespace, stream: Stream) -> None:
        self._path, self._stream = run_dir(options) / SOCKET, stream
        self._is_open, self._again_at_s = True, 0.0
        self.picture, self.was_typed = Picture(), False

    def wait(self, typed: int | None) -> bool:
        """For news, a key, or the next second. Is the picture another?"""
        self._connect()
        self.was_typed = False
        if self._is_open and self._stream.has_come:
            return self._read()
        waited: list[Stream | int] = [self._stream] if self._is_open else []
        waited += [typed] if typed is not None else []
        ready, _, _ = select.select(waited, [], [], REFRESH_S if self._is_open else AGAIN_S)
        self.was_typed = typed in ready
        return self._stream in ready and self._read()

    def _read(self) -> bool:
        try:
            events = self._stream.read()
            for event in events:
                self.picture.take(event)
        except Ended:
            self._stream.close()
            self._is_open, self.picture.is_lost = False, True
            return True
        return bool(events)

    def _connect(self) -> None:
        if self._is_open or time.monotonic() < self._again_at_s:
            return
        self._again_at_s = time.monotonic() + AGAIN_S
        with suppress(Ended, PermissionError):
            self._stream = Stream(self._path, TABLES, REFRESH_S)
            self._is_open = True


@contextmanager
def _keys() -> Iterator[int | None]:
    """Keys without Enter, unseen; the terminal is as it was afterwards, also after SIGTERM. None: nobody types here."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    if not sys.stdin.isatty():
        yield None
        return
    import termios
    import tty

    typed = sys.stdin.fileno()
    before = termios.tcgetattr(typed)
    try:
        tty.setcbreak(typed)
        yield typed
    finally:
        termios.tcsetattr(typed, termios.TCSADRAIN, before)


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _is_end(typed: int) -> bool:
    """q, or the end of input."""
    pressed = os.read(typed, 64)
    return not pressed or b"q" in pressed.lower()
