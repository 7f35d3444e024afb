"""What management holds at `push: end` and at `snapshot: end` is one whole state, whatever happens while it is told."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from agent.core.channel import Client, Json
from agent.core.devices import DevicePort, NoOutput
from agent.core.reports import ManagementPort
from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.controls import controls_of
from agent.engine.engine import Engine
from agent.engine.events import Adjusted, Event, LinkChanged, Start

GROUPS = range(1, 6)


class Desk:
    """An engine of five groups, its port, and one management process that reads when it is told to."""

    def __init__(self) -> None:
        configs = [MemberConfig(group, 1, 200, 1000, "rx") for group in GROUPS]
        self.engine = Engine(Identity(1, 1, "unit", "0", bytes(16)), LanRules(), configs)
        devices: dict[str, DevicePort] = {"rx": NoOutput("rx", lambda _: None)}
        self.port = ManagementPort(self.engine, devices, dict, lambda _: None, lambda _: None)
        ours, self.reader = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self.reader.settimeout(2)
        self.client = Client(ours)
        self.members: dict[int, Json] = {}
        self.states: dict[object, dict[int, int]] = {}
        """By revision: the priority of each member."""
        self.ends = 0
        self.told: object = None

    def feed(self, event: Event) -> None:
        """As core does: first everything is done, then told."""
        self.port.tell(self.engine.handle(event, 0))
        state = {group: member.config.priority for group, member in self.engine.members.items()}
        assert self.states.setdefault(self.engine.unit.revision, state) == state

    def set_priority(self, group: int, priority: int) -> None:
        """A change of one member."""
        controls = replace(controls_of(self.engine.members[group].config), priority=priority)
        self.feed(Adjusted(group, controls))

    def work(self) -> None:
        """One piece of what waits, and management reads what has come; at an end it compares."""
        self.client.work()
        self.reader.setblocking(False)
        try:
            while True:
                said = json.loads(self.reader.recv(65536))
                for message in said if isinstance(said, list) else [said]:
                    self._take(message)
        except BlockingIOError:
            return

    def _take(self, message: Json) -> None:
        if "member" in message:
            member = message["member"]
            assert isinstance(member, dict)
            self.members[int(member["group"])] = member
        if message.get("push") == "end" or message.get("snapshot") == "end":
            self.ends, self.told = self.ends + 1, message["revision"]
            assert {group: member["priority"] for group, member in self.members.items()} == self.states[message["revision"]]

    def close(self) -> None:
        self.client.close()
        self.reader.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Connected; nothing told yet."""
    made = Desk()
    made.feed(Start())
    made.port.connect(made.client)
    yield made
    made.close()


def test_change_in_the_middle_of_a_snapshot_is_in_it_at_its_end(desk: Desk) -> None:
    """C-17, C-18: a reader never sees a mixture of two states."""
    for turn in range(40):
        if turn < 12:
            desk.set_priority(GROUPS[turn % 5], 100 + turn)
        desk.work()
    assert desk.ends >= 2
    assert desk.told == desk.engine.unit.revision


def test_changes_that_come_faster_than_they_are_told_end_in_one_whole_state(desk: Desk) -> None:
    """C-18: each member at most once a push, however often it has changed."""
    for _ in range(20):
        desk.work()
    ends = desk.ends
    for turn in range(30):
        desk.set_priority(1, 100 + turn)
        desk.set_priority(2, 50 + turn)
    for _ in range(5):
        desk.work()
    assert desk.ends == ends + 1
    assert desk.members[1]["priority"] == 129


def test_everything_changes_at_once(desk: Desk) -> None:
    """A link that comes: all members, one end."""
    for _ in range(20):
        desk.work()
    ends = desk.ends
    desk.feed(LinkChanged(True, "up"))
    desk.feed(LinkChanged(False, "down"))
    for group in GROUPS:
        desk.set_priority(group, 7)
    for _ in range(8):
        desk.work()
    assert desk.ends == ends + 1


def test_client_that_has_gone_costs_nothing(desk: Desk) -> None:
    """Its list of changes goes with it."""
    desk.port.forget(desk.client)
    desk.set_priority(1, 9)
    assert desk.port.clients == []
    for _ in range(10):
        desk.work()
