"""What the machine can do for punctuality. Each step is allowed to fail; `status` says which did."""

import ctypes
import gc
import os

from agent.settings.model import REALTIME_PRIORITY

_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_PR_SET_TIMERSLACK = 29


def become_realtime() -> list[str]:
    """Real-time scheduling, locked memory, no timer slack, a frozen collector. Returns what was not permitted."""
    missing = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
    except OSError:
        missing.append("real-time scheduling (CAP_SYS_NICE or rtprio)")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        missing.append("locked memory (CAP_IPC_LOCK or memlock)")
    freeze_collector()
    return missing


def freeze_collector() -> None:
    """What was built until now stays; the core makes no cycles after its start."""
    gc.collect()
    gc.freeze()
    gc.disable()
