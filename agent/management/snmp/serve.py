"""The SNMP face: ports, agent, notifications, until cancelled."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from agent.management.snmp.agent import Agent, Communities, Version3
from agent.management.snmp.communities import load_communities
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine, EngineError, start_engine
from agent.management.snmp.notify import notify_forever
from agent.management.snmp.own_v3 import OwnVersion3
from agent.management.snmp.private_file import SecretsError
from agent.management.snmp.service import Service
from agent.management.snmp.sockets import Port, PortError, open_socket
from agent.management.snmp.standard import standard_block
from agent.management.snmp.tree import Tree
from agent.management.snmp.users import User, load_users
from agent.model.arbiter import Model
from agent.settings.faces import SnmpSettings

Tell = Callable[[str], None]
Thing = TypeVar("Thing")
FIRST_RETRY_S: Final = 5.0
LAST_RETRY_S: Final = 60.0


async def serve(model: Model, settings: SnmpSettings, tell: Tell) -> None:
    """Does not raise for a port or a file that is wrong: it says so once, tries again, and says when it has what it needs."""
    engine = _engine(settings, tell)
    async with asyncio.TaskGroup() as group:
        group.create_task(_notify(model, settings, engine, tell))
        if settings.listen:
            group.create_task(answer_forever(model, settings, engine, tell))
        await asyncio.get_running_loop().create_future()


async def _notify(model: Model, settings: SnmpSettings, engine: Engine, tell: Tell) -> None:
    """Whatever goes wrong with notifications, managers still get answers."""
    while True:
        try:
            await notify_forever(model, settings, engine, tell)
        except Exception as error:
            tell(f"notifications have stopped: {type(error).__name__}: {error}. They begin again in {LAST_RETRY_S:.0f} s")
        else:
            return
        await asyncio.sleep(LAST_RETRY_S)


def _engine(settings: SnmpSettings, tell: Tell) -> Engine:
    """Without boots when v3 is not wanted or not possible."""
    if settings.users_file:
        try:
            return start_engine(settings.data_dir / "snmp")
        except EngineError as error:
            tell(f"SNMPv3 is off: {error}")
    return Engine(b"", 0)


async def answer_forever(model: Model, settings: SnmpSettings, engine: Engine, tell: Tell) -> None:
    """On all addresses; one that is not there yet does not keep the others waiting."""
    counters = Counters()
    service, agent = await _until_it_works(lambda: build(model, settings, engine, counters, tell), tell)
    try:
        async with asyncio.TaskGroup() as group:
            for address in settings.address:
                group.create_task(_listen(address, settings.port, agent, counters, tell))
    finally:
        service.stop()


async def _listen(address: str, port: int, agent: Agent, counters: Counters, tell: Tell) -> None:
    found = Port(await _until_it_works(lambda: open_socket(address, port), tell), agent, counters)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        found.close()


async def _until_it_works(attempt: Callable[[], Thing], tell: Tell) -> Thing:
    """Its result. What keeps it from working is told once for each reason, and once that it works."""
    told, wait_s = "", FIRST_RETRY_S
    while True:
        try:
            found = attempt()
        except (PortError, SecretsError) as error:
            if str(error) != told:
                told = str(error)
                tell(told)
        else:
            if told:
                tell("works again")
            return found
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LAST_RETRY_S)


def build(model: Model, settings: SnmpSettings, engine: Engine, counters: Counters, tell: Tell) -> tuple[Service, Agent]:
    """All but the sockets. SecretsError."""
    labels = load_communities(settings.v2c_community_file) if settings.v2c_community_file else {}
    users = load_users(settings.users_file) if settings.users_file else {}
    standard = standard_block(settings, model.view, engine, counters)
    service = Service(model, Tree(settings.root, [standard]), counters, tell)
    communities = Communities(labels, settings.v2c_read_from, settings.v2c_write_from)
    version_3 = _version_3(service, settings, engine, users, counters) if users and engine.boots else None
    return service, Agent(service, communities, version_3, counters)


def _version_3(
    service: Service, settings: SnmpSettings, engine: Engine, users: dict[bytes, User], counters: Counters
) -> Version3:
    if settings.own_message_security:
        return OwnVersion3(service, engine, users, counters)
    from agent.management.snmp.pysnmp_v3 import PysnmpVersion3  # slow to import, and seldom wanted

    return PysnmpVersion3(service, engine, users, counters)
