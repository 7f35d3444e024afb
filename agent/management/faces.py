"""Starts the faces that the settings ask for, each in a task of its own: one may be wrong, slow to import or die alone.

A face is `async def serve(model, settings, tell)` in agent/management/NAME/serve.py and runs until it is cancelled.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from agent.management.kept import FIRST_DELAY_S, STABLE_S, Failed, Tell, keep, lasting
from agent.model.arbiter import Model
from agent.settings.model import Settings


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
    if settings.metrics:
        found.append(Face("metrics", "agent.management.metrics.serve", settings.metrics))
    return found


async def run_faces(faces: list[Face], model: Model, tell: Tell, first_delay_s: float = FIRST_DELAY_S) -> None:
    """For ever."""
    async with asyncio.TaskGroup() as group:
        for face in faces:
            group.create_task(keep_face(face, model, tell, first_delay_s))
        await asyncio.Event().wait()


async def keep_face(face: Face, model: Model, tell: Tell, first_delay_s: float = FIRST_DELAY_S) -> None:
    """One face, again and again. What keeps it from living is told once, and once that it lives again."""
    stable_s = STABLE_S / FIRST_DELAY_S * first_delay_s
    await keep(face.name, lambda ready: lasting(_live(face, model, tell), ready, stable_s), tell, first_delay_s)


async def _live(face: Face, model: Model, tell: Tell) -> None:
    """Importing takes up to a second: in a thread, so that nobody waits for it."""
    module = await asyncio.to_thread(importlib.import_module, face.module)
    serve: Callable[[Model, object, Tell], Awaitable[None]] = module.serve
    await serve(model, face.settings, lambda text: tell(text if text.startswith(face.name) else f"{face.name}: {text}"))
    raise Failed("it ended by itself")
