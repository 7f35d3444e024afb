"""This process, when its supervisor is gone and there is no core to speak for, holds the ledger's lock for nobody."""

import os
import time
from collections.abc import Callable

ORPHAN_S = 10.0
"""As long as a device worker waits, and management."""
_LOOK_S = 0.5


def is_orphaned(parent: int, core_seen_s: float, now_s: float) -> bool:
    """`parent` is our parent no more, and core has been away for ORPHAN_S. As long as either lives: never."""
    return os.getppid() != parent and now_s - core_seen_s >= ORPHAN_S


def wait_until(is_over: Callable[[float], bool], is_stopped: Callable[[float], bool]) -> bool:
    """Until stopped (False) or over (True). `is_stopped(s)` waits for so long at most."""
    while not is_stopped(_LOOK_S):
        if is_over(time.monotonic()):
            return True
    return False
