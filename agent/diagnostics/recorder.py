"""The recorder: core's notes into the ring on disk. A process of its own, at the lowest priority; core never waits for it.

It may die: it is started again, core gives it the engine's state, and the record goes on.
"""

import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.diagnostics.core_link import CoreAwayError, CoreLink
from agent.diagnostics.header import both_clocks
from agent.diagnostics.notes import Note
from agent.diagnostics.ring import Ring
from agent.diagnostics.termination import Stopped, Termination

FLUSH_S = 1.0
GATHER_S = 0.1
"""A change of role is on disk after this at the latest."""
CLOCK_S = 60.0
TELL_CORE_S = 5.0
RECONNECT_S = 0.2
TELL_EVERY_S = 60.0
AFTER_FAULT_S = 2.0


class Recorder:
    """`run` until SIGTERM, or until `is_orphan` says that nobody is left."""

    def __init__(self, socket_path: Path, ring: Ring, tell: Callable[[str], None], is_orphan: Callable[[], bool]) -> None:
        self._path, self._ring, self._tell, self._is_orphan = socket_path, ring, tell, is_orphan
        self._clock_at_s = self._told_at_s = self._core_told_at_s = 0.0
        self._fault = ""
        self._end = Termination()

    def run(self) -> None:
        """Orderly stop: the segment is whole."""
        with suppress(Stopped):
            while not self._is_orphan():
                try:
                    with suppress(CoreAwayError):
                        self._live_once()
                    self._end.wait(RECONNECT_S)
                except OSError as error:
                    self._lose(error)
        with suppress(OSError):
            self._ring.close()

    def _lose(self, error: OSError) -> None:
        """A full disk is no reason to end: told once a minute, and tried again with a connection, and so a state, of its own."""
        with suppress(OSError):
            self._ring.abandon()
        what = f"{self._ring.folder}: {error.strerror or error}"
        self._fault = f"The record has a hole, {what}. Free space there; recording goes on by itself."
        if time.monotonic() >= self._told_at_s:
            self._told_at_s = time.monotonic() + TELL_EVERY_S
            self._tell(self._fault[0].lower() + self._fault[1:-1])
        self._end.wait(AFTER_FAULT_S)

    def _live_once(self) -> None:
        """From connection to disconnection. CoreAwayError; OSError: the disk's."""
        with CoreLink(self._path, self._fault) as core:
            try:
                while self._turn(core):
                    pass
            except Stopped:  # core's last words are in the socket
                self._read(core)
                raise

    def _turn(self, core: CoreLink) -> bool:
        """For a second, or until a role changes, then write: compression and disk like large pieces. False: core has gone."""
        end_s = time.monotonic() + FLUSH_S
        is_there = True
        while is_there and not self._is_urgent and (left_s := end_s - time.monotonic()) > 0:
            readable = select.select([core.fileno(), self._end.fileno()], [], [], left_s)[0]
            if self._end.fileno() in readable:
                raise Stopped
            if readable:
                is_there = self._read(core)
                if not self._is_urgent:
                    self._end.wait(max(0.0, min(GATHER_S, end_s - time.monotonic())))
        self._flush(core)
        return is_there

    @property
    def _is_urgent(self) -> bool:
        """After a fault nothing is: core shall have read of it before the next one ends the connection."""
        return self._ring.is_urgent and not self._fault

    def _read(self, core: CoreLink) -> bool:
        for note in core.notes():
            self._ring.write(note)
        return not core.is_over

    def _flush(self, core: CoreLink) -> None:
        now_s = time.monotonic()
        if now_s >= self._clock_at_s:
            self._clock_at_s = now_s + CLOCK_S
            at_ns, utc_ns = both_clocks()
            self._ring.write(Note({"event": "clock", "at": at_ns, "utc": utc_ns}))
            self._ring.trim(utc_ns)
        if self._ring.flush():
            self._tell_core(core, now_s)

    def _tell_core(self, core: CoreLink, now_s: float) -> None:
        """How the ring is: every few seconds, and when it can be written again."""
        if now_s >= self._core_told_at_s or self._fault:
            self._core_told_at_s, self._fault = now_s + TELL_CORE_S, ""
            size, oldest_ns = self._ring.extent()
            core.tell({"fault": "", "bytes": size, "oldest": oldest_ns})
