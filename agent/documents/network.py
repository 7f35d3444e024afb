"""Types of values that name something of a network. Addresses are literals: nothing is looked up."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from agent.documents.errors import Problem
from agent.documents.kinds import wrong_type
from agent.documents.words import shown

EXAMPLE_URL = "udp://239.1.1.1:5000"
# An IPv4 group and a port, nothing else: what most are, known without taking them apart.
_GROUP = re.compile(
    r"udp://2(?:2[4-9]|3\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}:"
    r"(?:[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]|[1-9]\d{0,3})",
    re.ASCII,
)
_LONGEST = 200
_LONGEST_INTERFACE_BYTES = 15
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_TTL = re.compile(r"ttl=([1-9]\d{0,2})", re.ASCII)
_OWN = re.compile(r"(^|&)(interface|localaddr)=")


@dataclass(frozen=True, slots=True)
class UdpUrl:
    """`udp://239.1.1.1:5000?ttl=16`. No interface, no local address: those are each unit's own; a `port` names them (S-31)."""

    is_output: bool

    def problem(self, value: object) -> Problem | None:
        """Scheme, address, port and ttl."""
        if type(value) is not str:
            return wrong_type(value, self)
        if len(value) <= _LONGEST and _GROUP.fullmatch(value):
            return None
        if len(value) > _LONGEST or not value.isascii() or not value.isprintable() or " " in value:
            return Problem(f"is {shown(value)}, which is not a URL", f"Write {self.wanted()}")
        try:
            parts = urlsplit(value)
            return self._form(value, parts) or self._host(value, parts)
        except ValueError as error:
            return Problem(f"is {shown(value)}: {error}", f"Write {self.wanted()}")

    def _form(self, value: str, parts: SplitResult) -> Problem | None:
        if parts.password is not None:
            raise ValueError("it has a password")
        if parts.scheme != "udp" or not parts.netloc or parts.path not in {"", "/"} or parts.fragment or parts.username:
            return Problem(f"is {shown(value)}, which is not of the form {EXAMPLE_URL}", f"Write {self.wanted()}")
        if not 1 <= (parts.port or 0) <= 65535:  # ValueError outside 0..65535
            return Problem(f"is {shown(value)}, without a port 1..65535", f"Write {self.wanted()}")
        return self._query(value, parts.query)

    def _query(self, value: str, query: str) -> Problem | None:
        if _OWN.search(query):
            what = f"is {shown(value)}, which names an interface or address of one unit"
            return Problem(what, 'Leave it out and name a logical port: port = "lan1", with a [[port]] of that name')
        match = _TTL.fullmatch(query)
        if query and not (match and int(match[1]) <= 255):
            return Problem(f"is {shown(value)}: only ttl=1..255 may follow the ?", f"Write for example {EXAMPLE_URL}?ttl=16")
        return None

    def _host(self, value: str, parts: SplitResult) -> Problem | None:
        if "%" in parts.netloc:
            return Problem(f"is {shown(value)}, with a % in the address", 'Name a logical port instead: port = "lan1"')
        host = ipaddress.ip_address(parts.hostname or "0.0.0.0")
        if self.is_output and host.is_unspecified:
            return Problem(f"is {shown(value)}, which names no receiver", f"Write for example {EXAMPLE_URL}")
        if not self.is_output and not (host.is_multicast or host.is_unspecified or host.is_loopback):
            what = f"is {shown(value)}, an address that only one unit can have"
            return Problem(what, f"Write the multicast group, or udp://0.0.0.0:{parts.port} and a port")
        return None

    def wanted(self) -> str:
        """An example."""
        return f'for example "{EXAMPLE_URL}"'


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address; with `has_prefix` one with the length of its network: "10.0.0.5/24"."""

    has_prefix: bool = False

    def problem(self, value: object) -> Problem | None:
        """IPv4 or IPv6; an interface behind % belongs to the port."""
        if type(value) is not str:
            return wrong_type(value, self)
        try:
            if len(value) > _LONGEST or "%" in value or ("/" in value) is not self.has_prefix:
                raise ValueError
            ipaddress.ip_interface(value)
        except ValueError:
            return Problem(f"is {shown(value)}, which is not an address", f"Write {self.wanted()}")
        return None

    def wanted(self) -> str:
        """An example."""
        return 'for example "10.0.0.5/24"' if self.has_prefix else 'for example "10.0.0.1"'


@dataclass(frozen=True, slots=True)
class Mac:
    """A hardware address: "02:00:00:00:00:01"."""

    def problem(self, value: object) -> Problem | None:
        """Six bytes, colons between."""
        if type(value) is not str:
            return wrong_type(value, self)
        is_mac = len(value) == 17 and _MAC.fullmatch(value)
        return None if is_mac else Problem(f"is {shown(value)}, which is not a hardware address", f"Write {self.wanted()}")

    def wanted(self) -> str:
        """An example."""
        return 'for example "02:00:00:00:00:01"'


@dataclass(frozen=True, slots=True)
class InterfaceName:
    """The name of a network interface of one unit, 1..15 bytes: "eth1"."""

    def problem(self, value: object) -> Problem | None:
        """What the kernel accepts."""
        if type(value) is not str:
            return wrong_type(value, self)
        is_fit = value not in {"", ".", ".."} and value.isprintable() and not any(letter in "/: " for letter in value)
        if is_fit and len(value.encode()) <= _LONGEST_INTERFACE_BYTES:
            return None
        return Problem(f"is {shown(value)}, which cannot be the name of an interface", f"Write {self.wanted()}; see `ip link`")

    def wanted(self) -> str:
        """An example."""
        return f'for example "eth1" (1..{_LONGEST_INTERFACE_BYTES} bytes)'
