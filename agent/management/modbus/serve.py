"""The Modbus face as a whole: its listeners as the settings want them, and one second after the other."""

import asyncio
from collections.abc import Callable

from agent.management.face_up import faces_up_of
from agent.management.kept import Run, keep
from agent.management.modbus.codes import ModbusFailed
from agent.management.modbus.desk import Desk
from agent.management.modbus.line import Line
from agent.management.modbus.listener import Listener
from agent.management.modbus.room import Room
from agent.management.modbus.tls import Tls
from agent.model.arbiter import Model
from agent.settings.faces import ModbusSettings

SECOND_S = 1.0


async def serve(model: Model, settings: ModbusSettings, tell: Callable[[str], None], second_s: float = SECOND_S) -> None:
    """Until cancelled. A listener that cannot be opened is told and tried again; the others serve. `second_s`: for tests.

    ModbusFailed: the settings leave nothing to serve.
    """
    desk = Desk(model, settings, tell)
    room = Room(settings.max_connections, settings.idle_timeout_s)
    listeners, up = _listeners(desk, room, settings, tell), faces_up_of(model)
    try:
        async with asyncio.TaskGroup() as group:
            for part, name, run in listeners:
                group.create_task(keep(name, run, tell, 5 * second_s, up.part("modbus", part)))
            await _count_seconds(desk, room, second_s)
    finally:
        room.clear()
        desk.stop()


def _listeners(desk: Desk, room: Room, settings: ModbusSettings, tell: Callable[[str], None]) -> list[tuple[str, str, Run]]:
    """Part, name and how to run it. ModbusFailed: the settings name none, or TLS without its files."""
    found: list[tuple[str, str, Run]] = []
    if settings.port:
        found.append(("tcp", "modbus", Listener(desk, room, settings, settings.port).run))
    if settings.tls_port:
        found.append(("tls", "modbus over TLS", Listener(desk, room, settings, settings.tls_port, _tls(settings, tell)).run))
    if settings.serial is not None:
        found.append(("serial", "modbus on the serial line", Line(desk, settings).run))
    if not found:
        raise ModbusFailed("[modbus] has neither port, tls_port nor serial: there is nothing to serve")
    return found


def _tls(settings: ModbusSettings, tell: Callable[[str], None]) -> Tls:
    certificate, key, client_ca = settings.certificate, settings.key, settings.client_ca
    if certificate is None or key is None or client_ca is None:
        raise ModbusFailed("tls_port of [modbus] needs certificate, key and client_ca")
    return Tls(certificate, key, client_ca, tell)


async def _count_seconds(desk: Desk, room: Room, second_s: float) -> None:
    while True:
        await asyncio.sleep(second_s)
        room.sweep()
        desk.look()
