"""Who asks, and is it a request that we answer at all? Before anything else looks at it."""

import ipaddress
import os
import pwd
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from starlette.requests import HTTPConnection

from agent.management.certificate_role import role_of
from agent.management.http.tokens import Tokens
from agent.management.httpd.peer import Peer
from agent.management.httpd.problems import Problem
from agent.model.answers import Principal, Role

ANYBODY = Principal("anybody", "http", "", Role.VIEWER)
_LOCAL = frozenset({"localhost", "localhost.localdomain"})
_WHO = "Send `Authorization: Bearer TOKEN` (understudy token), or come with a client certificate"


class Guard:
    """`health_role`: none or viewer, for /-/ over TCP. `own_names`: asks for what this machine is called besides addresses."""

    def __init__(self, tokens: Tokens, health_role: str, own_names: Callable[[], frozenset[str]]) -> None:
        self._tokens, self._health_role, self._own_names = tokens, health_role, own_names

    def principal(self, request: HTTPConnection) -> Principal:
        """Problem 401, 403 or 421."""
        peer: Peer = request.scope["state"]["peer"]
        self._check_site(request)
        if peer.user_id is not None:
            return _local_principal(peer.user_id)
        self._check_host(request)
        if request.scope["path"].startswith("/-/") and self._health_role == "none":
            return Principal(ANYBODY.name, "http", peer.address, Role.VIEWER)
        return self._from_network(request, peer)

    def _from_network(self, request: HTTPConnection, peer: Peer) -> Principal:
        """A token goes before a certificate: it is the one that was shown for this very request."""
        shown = request.headers.get("authorization")
        if shown is not None:
            scheme, _, secret = shown.partition(" ")
            token = self._tokens.holder(secret.strip()) if scheme.lower() == "bearer" else None
            if token is None:
                raise _unknown("This token is none of ours")
            return Principal(token.name, "http", peer.address, token.role)
        if peer.certificate is None:
            raise _unknown("Nobody may look without saying who it is")
        try:
            name, role = role_of(peer.certificate)
        except ValueError as error:
            raise Problem(403, f"The client certificate cannot be used: {error}", _WHO) from None
        return Principal(name, "http", peer.address, role)

    def _check_site(self, request: HTTPConnection) -> None:
        """A page of another site must not write with the certificate of whoever looks at it. There is no CORS here."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        is_foreign = origin is not None and origin.partition("://")[2].lower() != host.lower()
        if is_foreign or request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise Problem(403, "This request comes from a page of another site", "Send it from a program, or from our own page")

    def _check_host(self, request: HTTPConnection) -> None:
        """A name of somebody else's that leads here (DNS rebinding) is not answered."""
        name = _without_port(request.headers.get("host", ""))
        if _is_address(name) or name in _LOCAL or name in self._own_names():
            return
        remedy = "Use the address of the unit, or a name that its certificate has"
        raise Problem(421, "The Host header names another machine", remedy)


def _local_principal(user_id: int) -> Principal:
    """Root and the agent's own user may do everything; nobody else gets through the socket's mode 0600 but as a viewer."""
    role = Role.ADMIN if user_id in {0, os.geteuid()} else Role.VIEWER
    try:
        name = pwd.getpwuid(user_id).pw_name
    except KeyError:
        name = f"user {user_id}"
    return Principal(name, "http", "", role)


def _unknown(text: str) -> Problem:
    return Problem(401, text, _WHO, {"www-authenticate": 'Bearer realm="understudy"'})


def _without_port(host: str) -> str:
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


def names_of(certificate: Path | None) -> frozenset[str]:
    """What our own certificate and the machine say that this unit is called, small letters."""
    if certificate is None:
        return frozenset()
    from cryptography import x509

    found = {socket.gethostname().lower()}
    with suppress(OSError, ValueError, x509.ExtensionNotFound):
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
        alternatives = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found |= {name.lower() for name in alternatives.get_values_for_type(x509.DNSName)}
    return frozenset(found)
