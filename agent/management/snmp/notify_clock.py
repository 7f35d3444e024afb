"""A clock for what must be timed across restarts of management: it counts while the machine runs, and never jumps."""

import time
from functools import cache
from pathlib import Path


@cache
def machine_boot() -> str:
    """Which run of the machine this is; empty where the kernel does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def machine_ms() -> int:
    """ms since the machine has started, sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def age_ms(boot: str, made_ms: int) -> int:
    """Of something made at `made_ms` of that run. Of an earlier run: as old as this one is, at least."""
    now_ms = machine_ms()
    return max(0, now_ms - made_ms) if boot == machine_boot() else now_ms
