"""Starts the faces that the settings ask for, each in a task of its own: one may be wrong, slow to import or die alone.

A face is `async def serve(model, settings, tell)` in agent/management/NAME/serve.py and runs until it is cancelled.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from agent.model.arbiter import Model
from agent.settings.model import Settings

FIRST_DELAY_S = 5.0
LONGEST_DELAY_S = 60.0
STABLE_S = 60.0
"""A face that lived so long starts over with the first delay."""
Tell = Callable[[str], None]


class Face(NamedTuple):
    """`module` is imported when the face is started; `settings`: its section."""

    name: str
    module: str
    settings: object


def faces_of(settings: Settings) -> list[Face]:
    """HTTP is always there, on its unix socket at least."""
    found = [Face("http", "agent.management.http.serve", settings.http)]
    if settings.snmp:
        found.append(Face("snmp", "agent.management.snmp.serve", settings.snmp))
    if settings.modbus:
        found.append(Face("modbus", "agent.management.modbus.serve", settings.modbus))
    return found


async def run_faces(faces: list[Face], model: Model, tell: Tell, first_delay_s: float = FIRST_DELAY_S) -> None:
    """For ever."""
    async with asyncio.TaskGroup() as group:
        for face in faces:
            group.create_task(keep(face, model, tell, first_delay_s))
        await asyncio.Event().wait()


async def keep(face: Face, model: Model, tell: Tell, first_delay_s: float = FIRST_DELAY_S) -> None:
    """One face, again and again. What keeps it from living is told once, and once that it lives again."""
    loop, delay_s, last = asyncio.get_running_loop(), first_delay_s, ""
    while True:
        started_s = loop.time()
        back = loop.call_later(first_delay_s, tell, f"{face.name} is back") if last else None
        try:
            await _live(face, model, tell)
            why = "it ended by itself"
        except Exception as error:
            why = _sentence(error)
        if back is not None:
            back.cancel()
        if loop.time() - started_s >= max(STABLE_S, first_delay_s):
            delay_s, last = first_delay_s, ""
        elif loop.time() - started_s >= first_delay_s:
            last = ""
        if why != last:
            tell(f"{face.name}: {why}; it is tried again")
        last = why
        await asyncio.sleep(delay_s)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)


async def _live(face: Face, model: Model, tell: Tell) -> None:
    """Importing takes up to a second: in a thread, so that nobody waits for it."""
    module = await asyncio.to_thread(importlib.import_module, face.module)
    serve: Callable[[Model, object, Tell], Awaitable[None]] = module.serve
    await serve(model, face.settings, lambda text: tell(text if text.startswith(face.name) else f"{face.name}: {text}"))


def _sentence(error: Exception) -> str:
    """Of a task group: of the first thing that went wrong in it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
