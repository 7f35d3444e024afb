"""An alarm at an absolute time, to wait for in `select`.

A timeout would not do: after a stop (SIGSTOP, a frozen cgroup) `select` sleeps on for what was left of it, and a deadline is
missed by the length of the stop. timerfd has no Python of its own before 3.13.
"""

import ctypes
import os

_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK, _TFD_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
_TFD_TIMER_ABSTIME = 1
_SECOND_NS = 1_000_000_000


class _Times(ctypes.Structure):
    """struct itimerspec: interval, then value; each seconds and ns."""

    _fields_ = [(name, ctypes.c_long) for name in ("interval_s", "interval_ns", "value_s", "value_ns")]


class AlarmClock:
    """Readable from the set time on."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._times = _Times()

    def fileno(self) -> int:
        """To wait on."""
        return int(self._descriptor)

    def set(self, at_ns: int) -> None:
        """Ring at this monotonic time, at once if it is past; whatever rang before is silent."""
        self._times.value_s, self._times.value_ns = divmod(max(at_ns, 1), _SECOND_NS)
        self._libc.timerfd_settime(self._descriptor, _TFD_TIMER_ABSTIME, ctypes.byref(self._times), None)
