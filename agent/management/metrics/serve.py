"""The port of [metrics]: plain, or with TLS and passwords as its web.yml says. The file may change while it runs."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from agent.management.certificate_files import Signature, signature_of
from agent.management.face_up import faces_up_of
from agent.management.httpd.connection import quiet_config
from agent.management.httpd.listener import Listener
from agent.management.kept import Failed
from agent.management.metrics.application import Application
from agent.management.metrics.tls import context_of
from agent.management.ports import listening
from agent.model.arbiter import Model
from agent.settings.faces import MetricsSettings
from agent.settings.web_config import BadWebConfig, WebConfig
from agent.settings.web_config_read import read_web_config

RELOAD_S = 5.0
KEEP_ALIVE_S = 150
"""Prometheus comes every minute or oftener, and a handshake costs more than a scrape."""
Tell = Callable[[str], None]


async def serve(model: Model, settings: MetricsSettings, tell: Tell) -> None:
    """Until cancelled. Failed, PortError: nothing is served that lacks what the file asks for."""
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False  # what strangers send is not told one by one
    config = _config(settings.web_config)
    context = context_of(config)
    application = Application(model, config, tell)
    sockets = listening("metrics", settings.address, settings.port)
    listener = Listener(sockets, quiet_config(application, KEEP_ALIVE_S), settings.max_connections, context)
    with faces_up_of(model).part("metrics", "tcp").serving():
        async with asyncio.TaskGroup() as group:
            group.create_task(listener.run())
            if settings.web_config is not None:
                group.create_task(_keep_fresh(settings.web_config, config, application, listener, tell))


def _config(path: Path | None) -> WebConfig:
    """Failed."""
    try:
        return WebConfig() if path is None else read_web_config(path)
    except BadWebConfig as error:
        raise Failed(f"nothing is served, because {error}") from None


async def _keep_fresh(path: Path, config: WebConfig, application: Application, listener: Listener, tell: Tell) -> None:
    """For ever. What cannot be used is told, and what was in use stays; it is tried again when it changes."""
    seen = _signatures(path, config)
    while True:
        await asyncio.sleep(RELOAD_S)
        now = _signatures(path, config)
        if now == seen:
            continue
        seen = now
        try:
            new = read_web_config(path)
            context = context_of(new)
        except (BadWebConfig, Failed) as error:
            tell(f"metrics: {error}. What was read before stays in use")
            continue
        config, seen = new, _signatures(path, new)
        application.use(new)
        listener.use(context)
        tell(f"metrics: {path} is used as it is now")


def _signatures(path: Path, config: WebConfig) -> list[Signature]:
    return [signature_of(one) for one in (path, *config.files)]
