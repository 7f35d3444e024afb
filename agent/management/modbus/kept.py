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
    """Until cancelled. `run` serves until it raises, and calls what it is given once it serves."""
    delay_s, told = first_delay_s, ""

    def ready() -> None:
        nonlocal delay_s, told
        if told:
            tell(f"{name} is back")
        delay_s, told = first_delay_s, ""

    while True:
        try:
            await run(ready)
        except Exception as error:  # a fault of ours is no reason to leave the other listeners without this one
            what = str(error) if isinstance(error, ModbusFailed) else f"{type(error).__name__}: {error}"
            if what != told:
                told = what
                tell(f"{name}: {what}. Trying again every {delay_s:g} s, later every {LONGEST_DELAY_S:g} s")
        await asyncio.sleep(delay_s)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)
