"""One turn of the loop is bounded, whatever a client has written into its socket (docs/architecture.md)."""

import socket
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from agent.core.clients import MESSAGES_A_TURN, Clients
from agent.core.devices import DevicePort
from agent.core.listener import MAX_CLIENTS
from agent.core.reports import ManagementPort
from agent.engine.config import Identity, LanRules
from agent.engine.engine import Engine
from agent.wire.keys import Keyring
from tests.core.process import connect


class Counted:
    """Clients of a unit without members; counts the orders for new keys that reach it."""

    def __init__(self, path: Path, devices: int = 0) -> None:
        self.orders = 0
        engine = Engine(Identity(1, 1, "unit", "0", bytes(16)), LanRules(), [])
        ports = {name: DevicePort(name, lambda _: None) for name in (f"rx{number}" for number in range(devices))}
        self.clients = Clients(path, ports, ManagementPort(engine, ports, dict, lambda _: None, self._count))

    def _count(self, _keyring: Keyring) -> None:
        self.orders += 1

    def turn(self) -> None:
        """What the loop does with clients that have written."""
        self.clients.accept()
        for client in self.clients.all():
            self.clients.hear(client)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """On a real socket."""
    return Counted(tmp_path / "core.sock")


def manager(tmp_path: Path, orders: int) -> socket.socket:
    """A management process that has written so many orders at once."""
    client = connect(tmp_path / "core.sock", {"hello": "management"})
    for _ in range(orders):
        client.send(b'{"keys": []}')
    return client


def test_one_turn_reads_a_bounded_number_of_messages_of_a_client(counted: Counted, tmp_path: Path) -> None:
    """S-12: the adverts of other groups are due meanwhile."""
    with closing(manager(tmp_path, 40)):
        counted.turn()
        assert 0 < counted.orders <= MESSAGES_A_TURN
        for _ in range(100):
            counted.turn()
        assert counted.orders == 40


def test_flooding_client_does_not_keep_others_from_being_heard(counted: Counted, tmp_path: Path) -> None:
    """C-17: everybody has a share of every turn."""
    with closing(manager(tmp_path, 40)):
        counted.turn()
        before = counted.orders
        with closing(manager(tmp_path, 5)):
            counted.turn()
            assert counted.orders == before + MESSAGES_A_TURN + 5


def test_messages_before_the_end_of_a_connection_are_heard(counted: Counted, tmp_path: Path) -> None:
    """A process that writes and ends at once has spoken all the same; then it is forgotten."""
    manager(tmp_path, 40).close()
    for _ in range(5):
        counted.turn()
    assert counted.orders == 40
    assert counted.clients.all() == []


def test_many_devices_leave_room_for_management(tmp_path: Path) -> None:
    """Issue 3: a unit may have more devices than core has room for strangers; those stay bounded."""
    counted = Counted(tmp_path / "core.sock", devices=40)
    with ExitStack() as stack:
        for number in range(40):
            stack.enter_context(closing(connect(tmp_path / "core.sock", {"hello": "device", "name": f"rx{number}"})))
            counted.turn()
            counted.turn()
        assert len(counted.clients.all()) == 40
        with closing(manager(tmp_path, 1)):
            for _ in range(3):
                counted.turn()
            assert counted.orders == 1
            for _ in range(MAX_CLIENTS + 10):
                stack.enter_context(closing(manager(tmp_path, 0)))
                counted.turn()
            assert len(counted.clients.all()) == 40 + MAX_CLIENTS
        for client in counted.clients.all():
            client.close()
