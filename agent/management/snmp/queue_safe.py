"""The queue, whatever the disk does, and off the event loop: a disk that is slow delays notifications and nothing else.

A disk that is full or broken is said once. Then the queue lives in memory, with all that could still be read, so that
notifications go out when they matter most; what is not sent before management ends is lost then. The disk is tried again every
TRY_AGAIN_S, and said once when it is back.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from agent.management.snmp.queue import Queue

TRY_AGAIN_S: Final = 60.0
_T = TypeVar("_T")


class SafeQueue:
    """`path`: DATA_DIR/snmp/queue.db. All is done by one thread, in the order in which it was asked for."""

    def __init__(self, path: Path, tell: Callable[[str], None], try_again_s: float = TRY_AGAIN_S) -> None:
        self._path, self._try_again_s = path, try_again_s
        self._tell, self._loop = tell, asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="notifications")
        self._queue: Queue | None = None
        self._broken_at_s: float | None = None

    async def ask(self, what: Callable[[Queue], _T]) -> _T:
        """What it returns. It may be done twice, when the disk failed in the middle of it."""
        return await self._loop.run_in_executor(self._thread, self._do, what)

    async def send(self, target: str, number: int, send: Callable[[], None]) -> None:
        """Send, and move the cursor, in one breath. OSError from `send`: nothing is moved."""
        await self._loop.run_in_executor(self._thread, self._send, target, number, send)

    def close(self) -> None:
        """Waits for what is being done, at most a moment."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    def _close(self) -> None:
        if self._queue is not None:
            with suppress(sqlite3.Error):
                self._queue.close()

    def _send(self, target: str, number: int, send: Callable[[], None]) -> None:
        """When the disk fails, what has left is not sent again."""
        sent: list[bool] = []

        def once() -> None:
            send()
            sent.append(True)

        try:
            self._use().send(target, number, once)
        except sqlite3.Error as error:
            self._break(error)
            self._use().send(target, number, (lambda: None) if sent else send)

    def _do(self, what: Callable[[Queue], _T]) -> _T:
        if self._broken_at_s is not None and time.monotonic() - self._broken_at_s >= self._try_again_s:
            self._try_disk()
        try:
            return what(self._use())
        except sqlite3.Error as error:
            self._break(error)
        return what(self._use())

    def _use(self) -> Queue:
        if self._queue is None:
            try:
                self._queue = self._open()
            except (sqlite3.Error, OSError) as error:
                self._break(error)
        assert self._queue is not None
        return self._queue

    def _open(self) -> Queue:
        """A file that is no database is put aside, not thrown away."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return Queue(self._path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = self._path.with_name(f"{self._path.name}.damaged")
            self._path.replace(aside)
            self._say(f"notifications: {self._path} was damaged ({error}); it is now {aside.name}, and a new queue begins")
            return Queue(self._path)

    def _break(self, error: sqlite3.Error | OSError) -> None:
        """From the disk into memory."""
        broken, memory = self._queue, Queue(":memory:")
        if broken is not None:
            with suppress(sqlite3.Error):
                broken.copy_to(memory)
            with suppress(sqlite3.Error):
                broken.close()
        self._queue = memory
        if self._broken_at_s is None:
            self._say(
                f"notifications: {self._path} cannot be used ({error}). They are sent from memory; what is not sent before "
                "management ends will be lost. Make room on the disk, or see to its owner and mode"
            )
        self._broken_at_s = time.monotonic()

    def _try_disk(self) -> None:
        """From memory back to the disk, all or nothing."""
        memory = self._use()
        self._broken_at_s = time.monotonic()
        try:
            disk = self._open()
        except (sqlite3.Error, OSError):
            return
        try:
            memory.copy_to(disk)
        except sqlite3.Error:
            disk.close()
            return
        memory.close()
        self._queue, self._broken_at_s = disk, None
        self._say(f"notifications: {self._path} can be used again")

    def _say(self, text: str) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody listens
            self._loop.call_soon_threadsafe(self._tell, text)
