"""Carrier of the LAN interface, from rtnetlink: events as they come, and a question whenever the answer decides something."""

import contextlib
import socket
import struct
from typing import NamedTuple

_RTMGRP_LINK = 1
_NETLINK_ROUTE = 0
_RTM_NEWLINK, _RTM_DELLINK, _RTM_GETLINK = 16, 17, 18
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_IFLA_IFNAME = 3
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_HEADER = struct.Struct("=IHHII")
_IFINFO = struct.Struct("=BxHiII")
_ATTRIBUTE = struct.Struct("=HH")


class LinkState(NamedTuple):
    """`interface_index` 0: there is no such interface."""

    interface_index: int
    is_up: bool
    detail: str


class LinkMonitor:
    """Watches one interface by name, through its disappearance and return."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self._name = interface.encode() + b"\0"
        self._events = _netlink(_RTMGRP_LINK)
        self._questions = _netlink(0)
        self._question = self._make_question()

    def fileno(self) -> int:
        """Readable when some interface has changed."""
        return self._events.fileno()

    def drain(self) -> None:
        """Forget the events; `ask` tells what they were about, even when some were lost."""
        with contextlib.suppress(BlockingIOError, OSError):
            while True:
                self._events.recv(65536)

    def ask(self) -> LinkState:
        """The state now, straight from the device (about 20 us)."""
        try:
            self._questions.send(self._question)
            return self._read(self._questions.recv(65536))
        except OSError as error:
            return LinkState(0, False, f"{self.interface}: {error}")

    def _make_question(self) -> bytes:
        attribute = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(self._name), _IFLA_IFNAME) + self._name
        attribute += bytes(-len(attribute) % 4)
        body = _IFINFO.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + attribute
        return _HEADER.pack(_HEADER.size + len(body), _RTM_GETLINK, _NLM_F_REQUEST, 1, 0) + body

    def _read(self, data: bytes) -> LinkState:
        _, kind, _, _, _ = _HEADER.unpack_from(data)
        if kind != _RTM_NEWLINK:
            return LinkState(0, False, f"there is no interface {self.interface}")
        _, _, index, flags, _ = _IFINFO.unpack_from(data, _HEADER.size)
        if not flags & _IFF_UP:
            return LinkState(index, False, f"{self.interface} is down")
        if not flags & _IFF_LOWER_UP:
            return LinkState(index, False, f"{self.interface} has no carrier: cable, switch port or peer")
        return LinkState(index, True, f"{self.interface} is up")


def _netlink(groups: int) -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
    opened.bind((0, groups))
    if groups:
        opened.setblocking(False)
    return opened
