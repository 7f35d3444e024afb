"""A SET that a manager sends again, because the answer was lost or late, acts once and is answered as the first time.

The second line of defence is for v3: a recorded message that is played back within USM's time window is known by its mac.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Final

KEEP_S: Final = 10.0
MAX_KEPT: Final = 4096
MAX_RUNNING: Final = 64
"""SETs at a time; one more is answered resourceUnavailable."""
REPLAY_S: Final = 310.0
"""Twice USM's window, and some: after that the time in the message is wrong."""
MAX_MACS: Final = 16_384

Key = tuple[object, ...]


@dataclass(slots=True)
class _Kept:
    task: asyncio.Task[bytes]
    since_s: float


class Repeats:
    """`now_s`: monotonic."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._running = 0
        self._macs: OrderedDict[bytes, float] = OrderedDict()

    def once(self, key: Key, work: Callable[[], Coroutine[None, None, bytes]]) -> asyncio.Task[bytes] | None:
        """The task that answers: a new one, or that of the same SET before. None: too many run already."""
        self._forget()
        kept = self._kept.get(key)
        if kept is not None:
            return kept.task
        if len(self._kept) >= MAX_KEPT or self._running >= MAX_RUNNING:
            return None
        task = asyncio.get_running_loop().create_task(work())
        self._running += 1
        task.add_done_callback(self._ended)
        self._kept[key] = _Kept(task, self._now_s())
        return task

    def knows(self, key: Key) -> bool:
        """Is its answer kept? Then `once` does not act."""
        self._forget()
        return key in self._kept

    def _ended(self, _task: asyncio.Task[bytes]) -> None:
        self._running -= 1

    def _forget(self) -> None:
        """What is done and old; oldest first."""
        until_s = self._now_s() - KEEP_S
        while self._kept:
            key, kept = next(iter(self._kept.items()))
            if kept.since_s > until_s or not kept.task.done():
                return
            del self._kept[key]

    def is_replay(self, mac: bytes) -> bool:
        """Has a message with this mac been here? Only who has a key can make us forget one before its time, by very many SETs."""
        now_s = self._now_s()
        while self._macs and (next(iter(self._macs.values())) < now_s - REPLAY_S or len(self._macs) >= MAX_MACS):
            self._macs.popitem(last=False)
        if mac in self._macs:
            return True
        self._macs[mac] = now_s
        return False

    def stop(self) -> None:
        """Nobody waits for the answers any more."""
        for kept in self._kept.values():
            kept.task.cancel()
