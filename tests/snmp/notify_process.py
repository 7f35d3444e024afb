"""`python -m tests.snmp.notify_process DIRECTORY PORT KIND STARTED COUNT`: a sender that can be killed.

"Core" has one more event every 4 ms since STARTED (monotonic s), until COUNT; a sender that starts later sees all there are.
"""

import asyncio
import sys
import time
from pathlib import Path

from agent.settings.faces import NotifyTarget
from tests.snmp.notifying import Sending, transition

EVERY_S = 0.004


def main() -> None:
    """Until killed."""
    directory, port, kind, started_s, count = sys.argv[1:]
    sending = Sending(Path(directory), (NotifyTarget("127.0.0.1", int(port), "v2c", "", None, kind, 300, 1),))

    async def script(mine: Sending) -> None:
        told = 0
        while True:
            due = min(int(count), int((time.monotonic() - float(started_s)) / EVERY_S))
            for number in range(told + 1, due + 1):
                change = "backup fault" if number % 2 else "fault backup"
                transition(mine.model, number, change, "device_failed" if number % 2 else "device_back", f"event {number}")
            told = due
            await asyncio.sleep(EVERY_S)

    sending.run(script)


main()
