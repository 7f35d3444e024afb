"""The recorder: core's notes into the ring on disk. A process of its own, at the lowest priority; core never waits for it.

It may die: it is started again, core gives it the engine's state, and the record goes on.
"""

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from agent.diagnostics.notes import Note, unpacked
from agent.diagnostics.ring import Ring

MAX_PACKET_BYTES = 16 << 20
FLUSH_S = 1.0
CLOCK_S = 60.0
RECONNECT_S = 0.2
TELL_EVERY_S = 60.0
AFTER_FAULT_S = 2.0
_PACKETS_A_TURN = 512


class Stopped(Exception):  # noqa: N818 (an order, not a fault)
    """SIGTERM."""


class Recorder:
    """`run` until SIGTERM, or until `is_orphan` says that nobody is left."""

    def __init__(self, socket_path: Path, ring: Ring, tell: Callable[[str], None], is_orphan: Callable[[], bool]) -> None:
        self._path, self._ring, self._tell, self._is_orphan = socket_path, ring, tell, is_orphan
        self._clock_at_s = self._told_at_s = 0.0
        self._buffer = bytearray(1 << 20)

    def run(self) -> None:
        """Orderly stop: the segment is whole."""
        signal.signal(signal.SIGTERM, _stop)
        with suppress(Stopped):
            while not self._is_orphan():
                try:
                    with suppress(ConnectionError, FileNotFoundError):
                        self._live_once()
                    time.sleep(RECONNECT_S)
                except OSError as error:
                    self._lose(error)
        with suppress(OSError):
            self._ring.close()

    def _lose(self, error: OSError) -> None:
        """A full disk is no reason to end: told once a minute, and tried again with a connection, and so a state, of its own."""
        with suppress(OSError):
            self._ring.abandon()
        if time.monotonic() >= self._told_at_s:
            self._told_at_s = time.monotonic() + TELL_EVERY_S
            what = f"{self._ring.folder}: {error.strerror or error}"
            self._tell(f"the record has a hole, {what}. Free space there; recording goes on by itself")
        time.sleep(AFTER_FAULT_S)

    def _live_once(self) -> None:
        """From connection to disconnection. ConnectionError, FileNotFoundError: core is not there; other OSError: the disk's."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as core:
            core.connect(str(self._path))
            core.send(json.dumps({"hello": "recorder", "pid": os.getpid()}).encode())
            core.setblocking(False)
            try:
                while self._turn(core):
                    pass
            except Stopped:  # core's last words are in the socket
                self._read(core)
                raise

    def _turn(self, core: socket.socket) -> bool:
        """Gather for a second, then write: compression and disk like large pieces. False: core has gone."""
        end_s = time.monotonic() + FLUSH_S
        is_there = True
        while is_there and (left_s := end_s - time.monotonic()) > 0:
            if select.select([core], [], [], left_s)[0]:
                is_there = self._read(core)
                time.sleep(max(0.0, min(FLUSH_S / 2, end_s - time.monotonic())))
        self._flush()
        return is_there

    def _read(self, core: socket.socket) -> bool:
        for _ in range(_PACKETS_A_TURN):
            try:
                length = core.recv_into(self._buffer)
            except BlockingIOError:
                return True
            if not length:
                return False
            self._take(bytes(memoryview(self._buffer)[:length]))
        return True

    def _take(self, packet: bytes) -> None:
        for note in unpacked(packet):
            self._ring.write(note)

    def _flush(self) -> None:
        now_s = time.monotonic()
        if now_s >= self._clock_at_s:
            self._clock_at_s = now_s + CLOCK_S
            self._ring.write(Note({"event": "clock", "at": time.monotonic_ns(), "utc": time.time_ns()}))
            self._ring.trim(time.time_ns())
        self._ring.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped
