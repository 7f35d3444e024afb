"""A listener that fails is tried again while the others go on: it says so once, and once when it is back."""

import asyncio
from collections.abc import Awaitable, Callable

from agent.management.modbus.codes import ModbusFailed

FIRST_DELAY_S, LONGEST_DELAY_S = 5.0, 60.0


async def keep(
    name: str,
    run: Callable[[Callable[[], None]], Awaitable[None]],
    tell: Callable[[str], None],
    first_delay_s: float = FIRST_DELAY_S,
) -> None:
    """Until cancelled. `run` serves until it raises ModbusFailed, and calls what it is given once it serves."""
    delay_s, told = first_delay_s, ""

    def ready() -> None:
        nonlocal delay_s, told
        if told:
            tell(f"{name} is back")
        delay_s, told = first_delay_s, ""

    while True:
        try:
            await run(ready)
        except ModbusFailed as failed:
            if str(failed) != told:
                told = str(failed)
                tell(f"{name}: {told}. Trying again every {delay_s:g} s, later every {LONGEST_DELAY_S:g} s")
        await asyncio.sleep(delay_s)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)
