"""Management whose supervisor is gone and that has no core to speak for is of no use to anybody, and holds the unit's lock."""

import asyncio
import os
import time
from collections.abc import Callable

ORPHAN_S = 10.0
"""As long as a device worker waits."""
_LOOK_S = 0.5


async def until_orphaned(parent: int, is_core_there: Callable[[], bool], limit_s: float = ORPHAN_S) -> None:
    """Returns when `parent` is our parent no more, and core has been away for so long. As long as either lives: never."""
    core_seen_s = time.monotonic()
    while os.getppid() == parent or time.monotonic() - core_seen_s < limit_s:
        if is_core_there():
            core_seen_s = time.monotonic()
        await asyncio.sleep(min(_LOOK_S, limit_s / 4))
