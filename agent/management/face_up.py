"""Which parts of the faces serve now: ports, lines, receivers of notifications. All that the settings ask for, from the start."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agent.settings.faces import NotifyTarget, SnmpSettings
from agent.settings.model import Settings

Key = tuple[str, str]
"""Face and part of it, as the labels of understudy_face_up have them."""


@dataclass(slots=True)
class Part:
    """`is_up`: it serves. Whoever serves sets it, and nobody else."""

    is_up: bool = False

    @contextmanager
    def serving(self) -> Iterator[None]:
        """It serves until the end of the block."""
        self.is_up = True
        try:
            yield
        finally:
            self.is_up = False


class FacesUp:
    """`parts`: of one unit, bounded by its settings."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self.parts = {key: Part() for key in keys}

    def part(self, face: str, name: str) -> Part:
        """The same object for as long as the unit lives."""
        return self.parts.setdefault((face, name), Part())


def faces_up_of(model: object) -> FacesUp:
    """Of a unit; of a model without one, a board that nobody reads."""
    found = getattr(model, "faces_up", None)
    return found if isinstance(found, FacesUp) else FacesUp()


def keys_of(settings: Settings) -> Iterator[Key]:
    """All that these settings ask for."""
    yield "http", "socket"
    if settings.http.port:
        yield "http", "tls"
    if settings.snmp:
        yield from _of_snmp(settings.snmp)
    if settings.modbus:
        wanted = {"tcp": settings.modbus.port, "tls": settings.modbus.tls_port, "serial": settings.modbus.serial}
        yield from (("modbus", name) for name, is_wanted in wanted.items() if is_wanted)
    if settings.metrics:
        yield "metrics", "tcp"


def _of_snmp(settings: SnmpSettings) -> Iterator[Key]:
    if settings.listen:
        yield from (("snmp", address) for address in settings.address)
        if settings.users_file:
            yield "snmp", "v3"
    yield from (("notifications", receiver(target)) for target in settings.notify)


def receiver(target: NotifyTarget) -> str:
    """Of notifications, as the label `part`."""
    by, user = " by v2c" if target.version == "v2c" else "", f" as {target.user}" if target.user else ""
    return f"{target.kind}{by} to {target.host}:{target.port}{user}"
