"""`udp://239.1.1.1:5000?interface=eth1&ttl=16&localaddr=10.0.0.1`, the way ffmpeg writes it, as a value.

Addresses are literals: a receiver that must come up after a power cut does not wait for a name server.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from agent.settings.errors import sentences
from agent.settings.reader import did_you_mean

EXAMPLE_URL = "udp://239.1.1.1:5000"
DEFAULT_MULTICAST_TTL = 16
MAX_INTERFACE_NAME_BYTES = 15
_QUERY_KEYS = ("interface", "ttl", "localaddr")

_WRITE_EXAMPLE = f"Write for example {EXAMPLE_URL}"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a stream.

    `host` is a literal; unspecified (0.0.0.0, ::): any. `port` 1..65535. `ttl` 1..255, or None: the kernel's own.
    `is_borrowed`: `local_address` is that of the unit for which this one acts, so it need not be set on an interface here (C-19).
    """

    url: str
    host: Address
    port: int
    interface: str | None = None
    local_address: Address | None = None
    ttl: int | None = None
    is_borrowed: bool = False

    @property
    def is_ipv6(self) -> bool:
        """Which family of sockets carries it."""
        return self.host.version == 6

    @property
    def is_multicast(self) -> bool:
        """A group to join, not a host."""
        return self.host.is_multicast


class EndpointError(ValueError):
    """A URL that names no endpoint: `what` is wrong, and the `remedy`; str() is both."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(sentences(what, remedy))
        self.what, self.remedy = what, remedy


def parse_endpoint(url: str) -> Endpoint:
    """The endpoint that a URL names. EndpointError."""
    parts = _split(url)
    host = _host(url, parts)
    query = _query(url, parts.query)
    return Endpoint(
        url=url,
        host=host,
        port=_port(url, parts),
        interface=_interface(url, query.get("interface")),
        local_address=_local_address(url, query.get("localaddr"), host),
        ttl=_ttl(url, query.get("ttl"), host),
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise EndpointError(f'"{url}" is not a URL ({error})', _WRITE_EXAMPLE) from None
    if parts.scheme != "udp":
        raise EndpointError(f'"{url}" does not start with udp://, the only transport there is', _WRITE_EXAMPLE)
    if parts.path not in {"", "/"} or parts.fragment:
        raise EndpointError(f'"{url}" has text after the port that means nothing', _WRITE_EXAMPLE)
    if parts.username or parts.password:
        raise EndpointError(f'"{url}" names a source before the @, which is not supported', _WRITE_EXAMPLE)
    return parts


def _host(url: str, parts: SplitResult) -> Address:
    if "%" in (parts.hostname or ""):
        raise EndpointError(f'"{url}" has a % in the address', "Name the interface at the end instead: ?interface=eth1")
    try:
        return ipaddress.ip_address(parts.hostname or "0.0.0.0")
    except ValueError:
        what = f'"{url}": "{parts.hostname}" is not an IP address, and names are not looked up'
        raise EndpointError(what, "Write the address ([...] around IPv6)") from None


def _port(url: str, parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is None:
        raise EndpointError(f'"{url}" has no port', _WRITE_EXAMPLE)
    if not 1 <= port <= 65535:
        raise EndpointError(f'"{url}" has a port outside 1..65535', _WRITE_EXAMPLE)
    return port


def _query(url: str, text: str) -> Mapping[str, str]:
    query: dict[str, str] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key not in _QUERY_KEYS:
            raise EndpointError(f'"{url}" has an unknown "{key}" after the ?', did_you_mean(key, _QUERY_KEYS))
        if key in query:
            raise EndpointError(f'"{url}" gives {key} twice', "Keep one")
        query[key] = value
    return query


def _interface(url: str, name: str | None) -> str | None:
    if name is None:
        return None
    is_printable = name.isprintable() and not any(letter in "/ " for letter in name)
    if not name or not is_printable or len(name.encode()) > MAX_INTERFACE_NAME_BYTES:
        what = f'"{url}": "{name}" cannot be the name of an interface (1..{MAX_INTERFACE_NAME_BYTES} letters)'
        raise EndpointError(what, "See `ip link`")
    return name


def _local_address(url: str, text: str | None, host: Address) -> Address | None:
    if text is None:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        what = f'"{url}": localaddr "{text}" is not an IP address'
        raise EndpointError(what, "Write one of this machine, see `ip addr`") from None
    if address.version != host.version:
        what = f'"{url}": localaddr is IPv{address.version} and the stream is IPv{host.version}'
        raise EndpointError(what, "Use one family")
    return address


def _ttl(url: str, text: str | None, host: Address) -> int | None:
    if text is None:
        return DEFAULT_MULTICAST_TTL if host.is_multicast else None
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 255):
        raise EndpointError(f'"{url}": ttl "{text}" is not a number 1..255', "1 stays on this network, 16 is usual")
    return int(text)
