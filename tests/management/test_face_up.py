"""Which parts of the faces serve: a board that tells it, on /metrics, while ports are taken and files are missing."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from agent.management import kept
from agent.management.exposition.page import Page
from agent.management.exposition.sources import Sources
from agent.management.exposition.text import PLAIN
from agent.management.face_up import FacesUp, keys_of
from agent.management.faces import faces_of, run_faces
from agent.management.modbus import serve as modbus
from tests.http.certificates import authority, client, free_port
from tests.management.fakes import until
from tests.metrics.reading import value
from tests.model.fake import FakeModel
from tests.settings.sample import parse
from tests.snmp.site import USERS, private

SOON_S = 0.05
EVERYTHING = """
[snmp]
address = ["127.0.0.1", "::1"]
port = {snmp}
users_file = "{place}/users.toml"
[[snmp.notify]]
host = "127.0.0.1"
user = "ops"
[modbus]
address = ["127.0.0.1"]
port = {modbus}
tls_port = {modbus_tls}
certificate = "{place}/unit.pem"
key = "{place}/unit.key"
client_ca = "{place}/ca.pem"
serial = "{place}/line"
[http]
address = ["127.0.0.1"]
port = {http}
certificate = "{place}/unit.pem"
key = "{place}/unit.key"
client_ca = "{place}/ca.pem"
[metrics]
address = ["127.0.0.1"]
port = {metrics}
"""


class Unit(FakeModel):
    """With every face that there is, in a directory."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.place, self.line = place, os.openpty()
        (place / "run").mkdir()
        private(place / "users.toml", USERS)
        self.ports = {name: free_port() for name in ("snmp", "modbus", "modbus_tls", "http", "metrics")}
        text = EVERYTHING.format(place=place, **self.ports)
        self.settings = parse(('data_dir = "data"', f'data_dir = "{place}"'), extra=text)
        self.faces_up = FacesUp(keys_of(self.settings))
        self.told = list[str]()

    @property
    def up(self) -> set[tuple[str, str]]:
        return {key for key, part in self.faces_up.parts.items() if part.is_up}

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Another program has all of its ports."""
        with ExitStack() as stack:
            for name, port in self.ports.items():
                if name == "snmp":
                    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                        stack.enter_context(socket.socket(family, socket.SOCK_DGRAM)).bind((address, port))
                else:
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            yield

    def mend(self) -> None:
        """Certificates and the line."""
        authority(self.place)
        client(self.place, "unit")
        (self.place / "line").symlink_to(os.ttyname(self.line[1]))

    async def until(self, expected: set[tuple[str, str]]) -> None:
        """These are up, and no others; TimeoutError."""
        async with asyncio.timeout(20):
            await until(lambda: self.up == expected)


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unit:
    monkeypatch.setattr(kept, "FIRST_DELAY_S", SOON_S)
    monkeypatch.setattr(modbus, "serve", partial(modbus.serve, second_s=SOON_S / 5))
    return Unit(tmp_path)


ALWAYS = {("http", "socket"), ("snmp", "v3"), ("notifications", "trap to 127.0.0.1:162 as ops")}
OF_PORTS = {("snmp", "127.0.0.1"), ("snmp", "::1"), ("modbus", "tcp"), ("metrics", "tcp")}
OF_FILES = {("http", "tls"), ("modbus", "tls"), ("modbus", "serial")}


def test_a_face_is_down_while_its_port_is_taken_or_its_files_are_missing_and_up_when_it_serves(unit: Unit) -> None:
    """Issue 5: adapter up. All that the settings ask for is told, at 0 until it serves, and nothing else."""

    async def scenario() -> None:
        with unit.taken():
            serving = asyncio.create_task(run_faces(faces_of(unit.settings), unit, unit.told.append, first_delay_s=SOON_S))
            await unit.until(ALWAYS)
            assert shown(unit) == {key: float(key in ALWAYS) for key in keys_of(unit.settings)}
        await unit.until(ALWAYS | OF_PORTS)
        unit.mend()
        await unit.until(ALWAYS | OF_PORTS | OF_FILES)
        assert shown(unit) == dict.fromkeys(keys_of(unit.settings), 1.0)
        os.close(unit.line[0])  # whoever was at the other end of the line is gone
        await unit.until(ALWAYS | OF_PORTS | OF_FILES - {("modbus", "serial")})
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert not unit.up

    asyncio.run(scenario())
    assert any("is taken by another program" in text for text in unit.told)


def test_without_its_users_no_part_of_snmp_serves(unit: Unit) -> None:
    """Issue 5: a file that cannot be used, and notifications that nobody would get; mended without a restart."""
    users = unit.place / "users.toml"
    text = users.read_text()
    users.unlink()
    faces = [face for face in faces_of(unit.settings) if face.name == "snmp"]

    async def scenario() -> None:
        serving = asyncio.create_task(run_faces(faces, unit, unit.told.append, first_delay_s=SOON_S))
        async with asyncio.timeout(20):
            await until(lambda: len(unit.told) >= 2)  # the agent's sentence and that of the receiver
        assert not unit.up
        private(users, text)
        await unit.until({key for key in keys_of(unit.settings) if key[0] in ("snmp", "notifications")})
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(scenario())


def shown(unit: Unit) -> dict[tuple[str, str], float | None]:
    """As Prometheus reads it."""
    page = Page(Sources(faces_up=unit.faces_up)).text(unit.view(), PLAIN)
    return {(face, part): value(page, "face_up", face=face, part=part) for face, part in unit.faces_up.parts}


def test_a_unit_without_a_section_has_no_such_face() -> None:
    """Issue 5: what nobody asked for is not down."""
    assert list(keys_of(parse())) == [("http", "socket")]
