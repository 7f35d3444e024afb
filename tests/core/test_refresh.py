"""A device looks again when what it holds has changed: the group's content, or this unit's own part (C-19)."""

import json
import socket

from agent.core.channel import Client
from agent.core.devices import DevicePort
from agent.core.handover_news import config_changed
from agent.engine.effects import LoadDevice, ParkDevice

DIGESTS = "11" * 32, "22" * 32


class Wired:
    """A device port with a worker's end of its connection."""

    def __init__(self) -> None:
        here, self.worker = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.worker.setblocking(False)
        self.port = DevicePort("rx", lambda _report: None)
        self.port.home_group = 7
        self.port.connect(Client(here))
        self.port.hear({"report": "ready"})
        assert "page" in json.loads(self.worker.recv(65536))

    def hears(self, group: int = 7, digest: str = DIGESTS[0], own: object = "") -> list[int]:
        """`config` from the handover process; the groups that the worker was told to look at."""
        news = config_changed({"group": group, "revision": 1, "digest": digest, "held": True, "own": own})
        assert news is not None
        self.port.refresh(news.group, news.digest, news.own)
        return self.told()

    def told(self) -> list[int]:
        found: list[int] = []
        while True:
            try:
                order = json.loads(self.worker.recv(65536))
            except BlockingIOError:
                return found
            found += [order["group"]] if order["order"] == "refresh" else []


def test_an_edit_of_own_values_alone_reaches_the_device() -> None:
    """C-19, S-31: they are in no digest."""
    wired = Wired()
    assert wired.hears(own="a") == [7]
    assert wired.hears(own="a") == []
    assert wired.hears(own="b") == [7]
    assert wired.hears(digest=DIGESTS[1], own="b") == [7]


def test_another_groups_own_values_are_no_news() -> None:
    """S-28: a device of a pool looks again at what it has loaded, and at its own group afterwards."""
    wired = Wired()
    assert wired.hears(8, own="a") == []
    wired.port.load(LoadDevice("rx", 1, 8))
    assert wired.told() == []
    assert wired.hears(8, own="b") == [8]
    assert wired.hears(7, own="c") == []
    wired.port.park(ParkDevice("rx", 7))
    assert wired.hears(8, own="c") == [7], "what came while it was away"
    assert wired.hears(8, own="d") == []
    assert wired.hears(7, own="d") == [7]


def test_a_mark_that_is_no_text_is_taken_as_one() -> None:
    """Nothing that a process says ends core."""
    assert Wired().hears(own=["x"] * 1000) == [7]
