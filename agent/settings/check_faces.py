"""What [snmp], [modbus], [http] and [metrics] may lead to: files that cannot be used, ports that clash, doors that stand open.

A file that is wrong keeps its face away, never the unit: that is a warning. Two faces on one port are an error.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agent.settings.check_metrics import metrics_problems
from agent.settings.errors import Finding
from agent.settings.faces import LOOPBACK
from agent.settings.lines import LineFinder, Place
from agent.settings.model import Settings
from agent.settings.regular import read_regular

_EVERYWHERE = ("0.0.0.0", "::")
_Problem = tuple[Place, str, str]


class _Port(NamedTuple):
    place: Place
    protocol: str
    addresses: tuple[str, ...]
    number: int


def face_findings(settings: Settings, lines: LineFinder) -> Iterator[Finding]:
    """All of them."""
    for place, what, remedy in (*_files(settings), *_doors(settings), *metrics_problems(settings.metrics)):
        yield Finding(lines.line(place), "warning", what, remedy)
    for place, what, remedy in _clashes(settings):
        yield Finding(lines.line(place), "error", what, remedy)


def _files(settings: Settings) -> Iterator[_Problem]:
    for place, path in _secrets(settings):
        yield from _file(place, path, is_secret=True)
    for place, path in _certificates(settings):
        yield from _file(place, path, is_secret=False)


def _secrets(settings: Settings) -> Iterator[tuple[Place, Path | None]]:
    snmp, modbus, http = settings.snmp, settings.modbus, settings.http
    if snmp:
        yield ("snmp", "users_file"), snmp.users_file
        yield ("snmp", "v2c_community_file"), snmp.v2c_community_file
        for index, target in enumerate(snmp.notify):
            yield ("snmp", "notify", index, "community_file"), target.community_file
    if modbus:
        yield ("modbus", "key"), modbus.key
    yield ("http", "key"), http.key
    yield ("http", "tokens_file"), http.tokens_file


def _certificates(settings: Settings) -> Iterator[tuple[Place, Path | None]]:
    modbus, http = settings.modbus, settings.http
    if modbus:
        yield ("modbus", "certificate"), modbus.certificate
        yield ("modbus", "client_ca"), modbus.client_ca
    yield ("http", "certificate"), http.certificate
    yield ("http", "client_ca"), http.client_ca


def _file(place: Place, path: Path | None, *, is_secret: bool) -> Iterator[_Problem]:
    """`path` None: not given."""
    if path is None:
        return
    what = f"[{place[0]}] {place[-1]} = {path}"
    try:
        mode = read_regular(path, 0).mode
    except (OSError, ValueError) as error:
        yield place, f"{what} cannot be read: {getattr(error, 'strerror', None) or error}", "Check its place and owner"
        return
    if is_secret and mode & 0o077:
        yield place, f"{what} is a secret that others than its owner can read or write", f"Run: chmod 600 {path}"


def _doors(settings: Settings) -> Iterator[_Problem]:
    snmp, modbus = settings.snmp, settings.modbus
    if snmp and snmp.v2c_write_from:
        what = "v2c_write_from: a community crosses the network in the clear, and UDP addresses can be forged (C-20)"
        yield ("snmp", "v2c_write_from"), what, "Use v3 for writing: users_file"
    if modbus and modbus.port and modbus.write_from:
        what = "write_from: plain Modbus knows no passwords; whoever has such an address commands the unit (C-20)"
        yield (
            ("modbus", "write_from"),
            what,
            "Keep it to a network of its own, or use TLS with roles (certificate, key, client_ca)",
        )
    if modbus and modbus.port and modbus.allow == LOOPBACK and any(one in _EVERYWHERE for one in modbus.address):
        what = "[modbus] serves this machine alone: allow has its default"
        yield ("modbus",), what, 'Add allow = ["10.0.0.0/24"], the network of your controllers'


def _clashes(settings: Settings) -> Iterator[_Problem]:
    ports = list(_ports(settings))
    for position, port in enumerate(ports):
        for other in ports[:position]:
            if (port.protocol, port.number) == (other.protocol, other.number) and _meet(port.addresses, other.addresses):
                what = f"[{port.place[0]}] and [{other.place[0]}] both want {port.protocol} port {port.number}"
                yield port.place, what, "Give one of them another port, or an address of its own"


def _ports(settings: Settings) -> Iterator[_Port]:
    snmp, modbus, http = settings.snmp, settings.modbus, settings.http
    yield _Port(("lan", "port"), "UDP", _EVERYWHERE, settings.lan.port)
    if settings.handover and settings.handover.can_track:
        yield _Port(("handover", "port"), "TCP", _EVERYWHERE, settings.handover.port)
    if snmp and snmp.listen:
        yield _Port(("snmp", "port"), "UDP", snmp.address, snmp.port)
    if modbus and modbus.port:
        yield _Port(("modbus", "port"), "TCP", modbus.address, modbus.port)
    if modbus and modbus.tls_port:
        yield _Port(("modbus", "tls_port"), "TCP", modbus.address, modbus.tls_port)
    if http.port:
        yield _Port(("http", "port"), "TCP", http.address, http.port)
    if settings.metrics:
        yield _Port(("metrics", "port"), "TCP", settings.metrics.address, settings.metrics.port)


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Does one of these addresses cover one of those?"""
    return any(one == other or one in _EVERYWHERE or other in _EVERYWHERE for one in some for other in others)
