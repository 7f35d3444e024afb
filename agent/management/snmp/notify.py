"""Traps and informs: from what the model shows to what every receiver has. Runs beside the SNMP agent, and without it."""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial

from agent.management.face_up import Part, faces_up_of, receiver
from agent.management.kept import keep
from agent.management.snmp.communities import load_communities
from agent.management.snmp.engine import Engine
from agent.management.snmp.notify_body import varbinds_of
from agent.management.snmp.notify_clock import machine_boot, machine_ms
from agent.management.snmp.notify_message import CommunitySpeech, Speech
from agent.management.snmp.notify_sender import Sender
from agent.management.snmp.notify_target import Means, Target, name_of
from agent.management.snmp.notify_v3 import UserSpeech
from agent.management.snmp.private_file import SecretsError
from agent.management.snmp.queue import Entry, Queue
from agent.management.snmp.queue_safe import SafeQueue
from agent.management.snmp.users import load_users
from agent.model.arbiter import Model
from agent.settings.faces import NotifyTarget, SnmpSettings

"""A users or community file that could not be used is read again."""


async def notify_forever(model: Model, settings: SnmpSettings, identity: Engine, tell: Callable[[str], None]) -> None:
    """Until cancelled; returns at once when nobody is to be notified. Bad files, absent receivers: told once, tried again."""
    wanted = {name_of(target): target for target in settings.notify}
    if not wanted:
        return
    queue = SafeQueue(settings.data_dir / "snmp" / "queue.db", tell)
    try:
        await queue.ask(lambda inside: inside.aim(wanted))
        birth = await queue.ask(_birth)

        def varbinds(entry: Entry) -> list[bytes]:
            return varbinds_of(entry, birth, settings.root, identity.uptime_ticks())

        sender, means, up = Sender(model, queue), Means(queue, varbinds, tell), faces_up_of(model)
        async with asyncio.TaskGroup() as group:
            for target in wanted.values():
                part = up.part("notifications", receiver(target))
                group.create_task(_serve(target, partial(_speech, target, settings, identity), means, sender, part))
            group.create_task(sender.follow())
            group.create_task(sender.run())
    finally:
        queue.close()


def _birth(queue: Queue) -> str:
    """Made once for each queue: with the number of an entry it is unique for ever."""
    birth = queue.state("birth") or secrets.token_hex(4)
    queue.add({"birth": birth}, (), machine_boot(), machine_ms())
    return birth


async def _serve(settings: NotifyTarget, speech: Callable[[], Speech], means: Means, sender: Sender, part: Part) -> None:
    """One receiver. What goes wrong is nobody else's trouble."""

    async def run(ready: Callable[[], None]) -> None:
        target = Target(settings, speech(), means)
        ready()
        await sender.serve(target)

    await keep(f"notifications to {settings.host}:{settings.port}", run, means.tell, part=part)


def _speech(target: NotifyTarget, settings: SnmpSettings, identity: Engine) -> Speech:
    """SecretsError."""
    if target.version == "v2c":
        path = target.community_file or settings.v2c_community_file
        assert path is not None, "the settings have been checked"
        return CommunitySpeech(next(iter(load_communities(path))))
    assert settings.users_file is not None, "the settings have been checked"
    user = load_users(settings.users_file).get(target.user.encode())
    if user is None:
        raise SecretsError(settings.users_file, f"has no user {target.user}")
    if identity.boots == 0 and target.kind == "trap":
        raise SecretsError(settings.data_dir / "snmp" / "engine.json", "is needed for SNMPv3 traps, and could not be kept")
    if settings.own_message_security:
        return UserSpeech(user, identity)
    from agent.management.snmp.notify_pysnmp import PysnmpSpeech  # slow to import, and seldom wanted

    return PysnmpSpeech(user, identity)
