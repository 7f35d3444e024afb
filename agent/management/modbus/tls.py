"""Modbus/TCP Security: both sides show certificates, and the client's says its role (viewer when it says none)."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from agent.management.addresses import Address
from agent.management.certificate_files import Signature, no_password, signature_of
from agent.management.certificate_role import role_of
from agent.management.modbus.client import Client
from agent.management.modbus.codes import ModbusFailed
from agent.management.once import Once
from agent.model.answers import Principal


class Tls:
    """`context` is made anew when a file has changed; files that do not fit together (yet) leave the last good one in use."""

    def __init__(self, certificate: Path, key: Path, client_ca: Path, tell: Callable[[str], None]) -> None:
        self._paths, self._tell = (certificate, key, client_ca), tell
        self._context: ssl.SSLContext | None = None
        self._seen: tuple[Signature, ...] = ()
        self._strangers = Once(tell)

    def context(self) -> ssl.SSLContext:
        """ModbusFailed: there never was a usable one."""
        seen = tuple(map(signature_of, self._paths))
        if self._context is None or seen != self._seen:
            self._seen = seen
            try:
                self._context = _context(*self._paths)
            except ModbusFailed as failed:
                if self._context is None:
                    raise
                self._tell(f"{failed}; the certificate in use stays")
        return self._context

    def client(self, transport: asyncio.Transport, address: Address) -> Client | None:
        """By the certificate that was shown; None: its role cannot be read, so it is nobody here."""
        shown: ssl.SSLObject = transport.get_extra_info("ssl_object")
        try:
            name, role = role_of(shown.getpeercert(True) or b"")
        except ValueError as error:
            self._strangers.tell(f"{address} is turned away: {error}")
            return None
        return Client(Principal(name, "modbus", str(address), role))


def _context(certificate: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # what Modbus Security asks for; 1.3 is taken by all who can
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0  # nothing is resumed: every connection shows its certificate
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(client_ca)
        context.load_cert_chain(certificate, key, password=no_password)
    except (ssl.SSLError, ValueError) as error:
        why = getattr(error, "reason", None) or str(error)
        raise ModbusFailed(f"certificate, key and client_ca of [modbus] do not fit together ({why})") from None
    except OSError as error:
        paths = ", ".join(map(str, (certificate, key, client_ca)))
        raise ModbusFailed(f"one of {paths} cannot be read: {error.strerror}") from None
    return context
