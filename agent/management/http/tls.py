"""TLS of the TCP port: which versions, whose certificate; and a renewed one is used without a restart."""

import asyncio
import ssl
from collections.abc import Callable

from agent.management.certificate_files import Signature, no_password, signature_of
from agent.management.kept import Failed
from agent.settings.faces import HttpSettings

RELOAD_S = 60.0


class HttpFailed(Failed):
    """TCP cannot be served; str() is a sentence with a remedy."""


def tls_context(settings: HttpSettings) -> ssl.SSLContext:
    """TLS 1.2 or later. A client certificate is welcome where there is an authority to check it. HttpFailed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    if settings.certificate is None or settings.key is None:
        raise HttpFailed("TCP needs TLS: set certificate and key under [http]")
    try:
        context.load_cert_chain(settings.certificate, settings.key, password=no_password)
        if settings.client_ca is not None:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ValueError) as error:
        files = ", ".join(str(path) for path in (settings.certificate, settings.key, settings.client_ca) if path)
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise HttpFailed(f"TLS cannot be served with {files}: {reason}. Mend them") from None
    return context


class Certificates:
    """The files that the context was made of; `use` gets the next one. Connections that are there keep what they began with."""

    def __init__(self, settings: HttpSettings, use: Callable[[ssl.SSLContext], None]) -> None:
        self._settings, self._use = settings, use
        self._seen = self._now()

    def _now(self) -> list[Signature]:
        settings = self._settings
        return [signature_of(path) for path in (settings.certificate, settings.key, settings.client_ca) if path is not None]

    async def keep_fresh(self, tell: Callable[[str], None]) -> None:
        """For ever. Files that do not fit (one file is copied before the other) is tried again when it changes."""
        while True:
            await asyncio.sleep(RELOAD_S)
            now = self._now()
            if now == self._seen:
                continue
            self._seen = now
            try:
                self._use(tls_context(self._settings))
            except HttpFailed as error:
                tell(f"http: {error}. The certificate in use stays")
                continue
            tell("http: the renewed certificates are used from now on")
