"""The SNMP face: ports, agent, notifications, until cancelled."""

import asyncio
from collections.abc import Callable
from functools import partial

from agent.management.face_up import Part, faces_up_of
from agent.management.kept import STABLE_S, keep, lasting
from agent.management.snmp.agent import Agent, Communities, Version3
from agent.management.snmp.communities import load_communities
from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine, EngineError, start_engine
from agent.management.snmp.notify import notify_forever
from agent.management.snmp.own_v3 import OwnVersion3
from agent.management.snmp.service import Service
from agent.management.snmp.sockets import Port, open_socket
from agent.management.snmp.standard import standard_block
from agent.management.snmp.tree import Tree
from agent.management.snmp.users import User, load_users
from agent.model.arbiter import Model
from agent.settings.faces import SnmpSettings

Tell = Callable[[str], None]


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
    await keep("notifications", lambda ready: lasting(notify_forever(model, settings, engine, tell), ready, STABLE_S), tell)


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
    counters, up = Counters(), faces_up_of(model)
    v3 = up.part("snmp", "v3") if settings.users_file else Part()

    async def run(ready: Callable[[], None]) -> None:
        service, agent = build(model, settings, engine, counters, tell)
        ready()
        v3.is_up = agent.speaks_v3
        try:
            async with asyncio.TaskGroup() as group:
                for address in settings.address:
                    listen = partial(_listen, address, settings.port, agent, counters)
                    group.create_task(keep(f"snmp on {address}", listen, tell, part=up.part("snmp", address)))
        finally:
            v3.is_up = False
            service.stop()

    await keep("snmp", run, tell)


async def _listen(address: str, port: int, agent: Agent, counters: Counters, ready: Callable[[], None]) -> None:
    """PortError."""
    found = Port(open_socket(address, port), agent, counters)
    ready()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        found.close()


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
