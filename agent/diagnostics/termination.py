"""SIGTERM, heard only where the process waits: between a note's arrival and its place in the file nothing may come."""

import select
import signal
import socket


class Stopped(Exception):  # noqa: N818 (an order, not a fault)
    """SIGTERM."""


class Termination:
    """One a process, in its main thread. Readable when SIGTERM has come; that is for ever."""

    def __init__(self) -> None:
        self._end, self._wakeup = socket.socketpair()
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)

    def fileno(self) -> int:
        """To wait on."""
        return self._end.fileno()

    def wait(self, seconds: float) -> None:
        """Sleep. Stopped: SIGTERM has come, now or before."""
        if select.select([self._end], [], [], seconds)[0]:
            raise Stopped
