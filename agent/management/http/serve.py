"""The face as a whole: always on the unix socket, on TCP with TLS where the settings say so."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from functools import cache
from itertools import count

from uvicorn.config import Config

from agent.management.http.application import Application
from agent.management.http.connection import quiet_config
from agent.management.http.guard import Guard, names_of
from agent.management.http.listener import Listener, tcp_listener, unix_listener
from agent.management.http.tokens import Tokens
from agent.model.arbiter import Model
from agent.settings.faces import HttpSettings

UNIX_CONNECTIONS = 64
RETRY_S = (5.0, 10.0, 20.0, 40.0, 60.0)
Tell = Callable[[str], None]


class HttpFailed(Exception):  # noqa: N818 (a sentence for a person)
    """TCP cannot be served; str() is a sentence with a remedy."""


async def serve(model: Model, settings: HttpSettings, tell: Tell) -> None:
    """Until cancelled. OSError when the unix socket cannot be made; trouble with TCP is told, and tried again."""
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False  # what strangers send is not told one by one
    tokens = Tokens(settings.tokens_file, tell)
    guard = Guard(tokens, settings.health_role, cache(lambda: names_of(settings.certificate)))
    config = quiet_config(Application(model, guard, tell))
    local = Listener([unix_listener(str(settings.socket))], config, UNIX_CONNECTIONS)
    async with asyncio.TaskGroup() as group:
        group.create_task(local.run())
        if settings.port:
            group.create_task(_serve_tcp(settings, lambda: _tcp(settings, config), tell))


async def _serve_tcp(settings: HttpSettings, listener: Callable[[], Listener], tell: Tell) -> None:
    """The command line has its socket whatever the network does."""
    last = ""
    for attempt in count():
        try:
            running = listener()
        except HttpFailed as error:
            if str(error) != last:
                last = str(error)
                tell(last)
            await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            continue
        if last:
            tell(f"http: port {settings.port} is served now")
        await running.run()


def _tcp(settings: HttpSettings, config: Config) -> Listener:
    """HttpFailed."""
    context = tls_context(settings)
    sockets: list[socket.socket] = []
    try:
        for address in settings.address:
            sockets.append(tcp_listener(address, settings.port))
    except OSError as error:
        for made in sockets:
            made.close()
        raise HttpFailed(_port_text(settings, error)) from None
    return Listener(sockets, config, settings.max_connections, context)


def _port_text(settings: HttpSettings, error: OSError) -> str:
    where = f"http: port {settings.port} of {', '.join(settings.address)} cannot be used: {error.strerror}"
    return f"{where}. Set another port under [http], or end what has it (ss -ltnp); it is tried again every minute"


def tls_context(settings: HttpSettings) -> ssl.SSLContext:
    """TLS 1.2 or later. A client certificate is welcome where there is an authority to check it. HttpFailed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    if settings.certificate is None or settings.key is None:
        raise HttpFailed("http: TCP needs TLS: set certificate and key under [http]")
    try:
        context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
        if settings.client_ca is not None:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ValueError) as error:
        files = ", ".join(str(path) for path in (settings.certificate, settings.key, settings.client_ca) if path)
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise HttpFailed(
            f"http: TLS cannot be served with {files}: {reason}. Mend them; it is tried again every minute"
        ) from None
    return context


def _no_password() -> str:
    """Else OpenSSL asks on the terminal, and management waits for ever."""
    raise ValueError("the key is encrypted with a password; this agent takes none")
