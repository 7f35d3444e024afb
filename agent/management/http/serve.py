"""The face as a whole: always on the unix socket, on TCP with TLS where the settings say so."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import cache, partial

from uvicorn.config import Config

from agent.management.face_up import faces_up_of
from agent.management.http.application import Application
from agent.management.http.guard import Guard, names_of
from agent.management.http.tls import Certificates, tls_context
from agent.management.http.tokens import Tokens
from agent.management.httpd.connection import quiet_config
from agent.management.httpd.listener import Listener, unix_listener
from agent.management.kept import keep
from agent.management.ports import listening
from agent.model.arbiter import Model
from agent.settings.faces import HttpSettings

UNIX_CONNECTIONS = 64
Tell = Callable[[str], None]


async def serve(model: Model, settings: HttpSettings, tell: Tell) -> None:
    """Until cancelled. OSError when the unix socket cannot be made; trouble with TCP is told, and tried again."""
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False  # what strangers send is not told one by one
    tokens = Tokens(settings.tokens_file, tell)
    guard = Guard(tokens, settings.health_role, cache(lambda: names_of(settings.certificate)))
    config = quiet_config(Application(model, guard, tell))
    local, up = Listener([unix_listener(str(settings.socket))], config, UNIX_CONNECTIONS), faces_up_of(model)
    with up.part("http", "socket").serving():
        async with asyncio.TaskGroup() as group:
            group.create_task(local.run())
            if settings.port:
                run = partial(_serve_tcp, settings, config, tell)
                group.create_task(keep(f"http on port {settings.port}", run, tell, part=up.part("http", "tls")))


async def _serve_tcp(settings: HttpSettings, config: Config, tell: Tell, ready: Callable[[], None]) -> None:
    """HttpFailed, PortError. The command line has its socket whatever the network does."""
    running, certificates = _tcp(settings, config)
    ready()
    await _until_either_ends(running.run(), certificates.keep_fresh(tell))


async def _until_either_ends(*running: Coroutine[None, None, None]) -> None:
    async with asyncio.TaskGroup() as group:
        for one in running:
            group.create_task(one)


def _tcp(settings: HttpSettings, config: Config) -> tuple[Listener, Certificates]:
    """HttpFailed, PortError."""
    context = tls_context(settings)
    sockets = listening("http", settings.address, settings.port)
    listener = Listener(sockets, config, settings.max_connections, context)
    return listener, Certificates(settings, listener.use)
