"""A LAN of two hosts: `a` is the core's, `x` the test's."""

import select
from collections.abc import Iterator
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM

import pytest

from tests.core.bystander import Bystander
from tests.core.process import CoreProcess
from tests.netns.harness import Lan
from tests.netns.harness.namespaces import socket_in

PROBE_PORT = 9


@pytest.fixture
def lan() -> Iterator[Lan]:
    """Made anew for every test: that takes 0.1 s."""
    with Lan(("a", "x")) as made:
        for network in ("red", "med"):
            wait_until_it_carries(made, network, "a", "x")
            wait_until_it_carries(made, network, "x", "a")
        yield made


def wait_until_it_carries(lan: Lan, network: str, sender: str, receiver: str) -> None:
    """The kernel wakes new interfaces up in its own time; what is sent before that is lost."""
    address = (lan.address(receiver, network), PROBE_PORT)
    with (
        socket_in(lan.namespace(receiver), AF_INET, SOCK_DGRAM) as ear,
        socket_in(lan.namespace(sender), AF_INET, SOCK_DGRAM) as mouth,
    ):
        ear.bind(address)
        for _ in range(500):
            mouth.sendto(b"?", address)
            if select.select([ear], [], [], 0.01)[0]:
                return
    raise AssertionError(f"{network} does not carry from {sender} to {receiver}")


@pytest.fixture
def other(lan: Lan) -> Iterator[Bystander]:
    """Another unit of the group, stronger than the core under test."""
    made = Bystander(lan)
    yield made
    made.close()


@pytest.fixture
def core(lan: Lan, tmp_path: Path) -> Iterator[CoreProcess]:
    """P = 255 less 2 steps: T = 0.4 s at A = 0.1 s."""
    with CoreProcess(lan, tmp_path, priority=253) as made:
        yield made
