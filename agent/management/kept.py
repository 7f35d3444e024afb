"""What fails is tried again while everything else goes on: told once for each reason, and once when it is back."""

import asyncio
from collections.abc import Awaitable, Callable

from agent.management.face_up import Part

FIRST_DELAY_S, LONGEST_DELAY_S, STABLE_S = 5.0, 60.0, 60.0
Tell = Callable[[str], None]
Run = Callable[[Callable[[], None]], Awaitable[None]]
"""Serves until it raises, or for good; calls what it is given once it serves."""


class Failed(Exception):  # noqa: N818 (a sentence for a person)
    """A face, or a part of one, cannot go on; the text is a sentence for a person, with a remedy."""


async def keep(name: str, run: Run, tell: Tell, first_delay_s: float | None = None, part: Part | None = None) -> None:
    """Until `run` ends by itself. Between two attempts 5 s (or `first_delay_s`), then twice as long each time, up to 60 s.

    `part` is up while it serves.
    """
    part = part or Part()
    first_s = FIRST_DELAY_S if first_delay_s is None else first_delay_s
    delay_s, told = first_s, ""

    def ready() -> None:
        nonlocal delay_s, told
        if told:
            tell(f"{name} is back")
        delay_s, told = first_s, ""
        part.is_up = True

    while True:
        try:
            await run(ready)
        except Exception as error:  # a fault of ours is no reason to leave all others without this one
            what = sentence(error)
        else:
            return
        finally:
            part.is_up = False
        if what != told:
            told = what
            tell(f"{name}: {what}; it is tried again")
        await asyncio.sleep(delay_s)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)


async def lasting(serving: Awaitable[None], ready: Callable[[], None], stable_s: float) -> None:
    """For what does not say when it serves: when it has lived so long."""
    timer = asyncio.get_running_loop().call_later(stable_s, ready)
    try:
        await serving
    finally:
        timer.cancel()


def sentence(error: Exception) -> str:
    """Of a task group: of the first thing that went wrong in it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, Failed | OSError) and str(error):
        return str(error).removesuffix(".")
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
