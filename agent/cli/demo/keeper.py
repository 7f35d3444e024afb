"""`python -m agent.cli.demo.keeper DIR < PIPE`: ends what the demo has started, however the demo itself ended.

The other end of the pipe belongs to the demo, so even SIGKILL closes it. Lines: `+PGID` a process group was started, `-PGID`
it has been waited for. At the end of the pipe every group left is killed and DIR is removed.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

LIMIT_S = 1.5


def main(argv: list[str]) -> int:
    """Exit code 0."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _kill(_groups(sys.stdin))
    shutil.rmtree(argv[0], ignore_errors=True)
    return 0


def _groups(lines: Iterable[str]) -> set[int]:
    """Those that are left when the pipe ends."""
    groups: set[int] = set()
    for line in lines:
        with suppress(ValueError):
            number = int(line)
            groups.discard(-number)
            if number > 1:
                groups.add(number)
    return groups


def _kill(groups: set[int]) -> None:
    """Until they are gone: what they still write would otherwise stay in DIR."""
    until_s = time.monotonic() + LIMIT_S
    while groups and time.monotonic() < until_s:
        for group in list(groups):
            try:
                os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                groups.discard(group)
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
