"""Carrier of the LAN interface: rtnetlink says that something has changed, an ioctl says what is.

Not RTM_GETLINK: it waits for the kernel's network lock, up to 0.16 s while somebody makes and removes interfaces (measured);
SIOCGIFFLAGS never took 0.2 ms beside it.
"""

import fcntl
import socket
import struct
from typing import NamedTuple

from agent.core.carrier import CarrierCounters

_RTMGRP_LINK = 1
_RTMGRP_IPV4_IFADDR = 0x10
_ADDRESS_EVENTS = (20, 21)
_MESSAGE = struct.Struct("=IH")
_SIOCGIFADDR = 0x8915
_NETLINK_ROUTE = 0
_SIOCGIFFLAGS = 0x8913
_SIOCGIFINDEX = 0x8933
_IFF_UP, _IFF_RUNNING = 0x1, 0x40
_FLAGS = struct.Struct("=16sH22x")
_INDEX = struct.Struct("=16si20x")


class LinkState(NamedTuple):
    """`interface_index` 0: there is no such interface."""

    interface_index: int
    is_up: bool
    detail: str


class LinkMonitor:
    """Watches one interface by name, through its disappearance and return."""

    def __init__(self, interface: str, needs_address: bool = False) -> None:
        """`needs_address`: without an IPv4 address it cannot be used, because nobody hears what comes from 0.0.0.0."""
        self.interface = interface
        self._needs_address = needs_address
        self._has_address = False
        self._index = 0
        self._carrier: CarrierCounters | None = None
        self._events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
        self._events.bind((0, _RTMGRP_LINK | (_RTMGRP_IPV4_IFADDR if needs_address else 0)))
        self._events.setblocking(False)
        self._questions = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._request = interface.encode().ljust(_FLAGS.size, b"\0")

    def fileno(self) -> int:
        """Readable when some interface has changed."""
        return self._events.fileno()

    def drain(self) -> None:
        """Forget the events; `ask` tells what they were about, even when some were lost."""
        try:
            while True:
                _, kind = _MESSAGE.unpack_from(self._events.recv(65536))
                if kind in _ADDRESS_EVENTS:
                    self._has_address = self._ask_address()
        except BlockingIOError:
            return
        except OSError:  # events were lost: whatever they said
            self._has_address = self._ask_address()

    def ask(self) -> LinkState:
        """The state now, in a few us."""
        try:
            _, flags = _FLAGS.unpack(fcntl.ioctl(self._questions, _SIOCGIFFLAGS, self._request))
            _, index = _INDEX.unpack(fcntl.ioctl(self._questions, _SIOCGIFINDEX, self._request))
        except OSError:
            return LinkState(0, False, f"there is no interface {self.interface}")
        if index != self._index:
            self._index, self._has_address = index, self._ask_address()
            self._forget_carrier()
        if not flags & _IFF_UP:
            return LinkState(index, False, f"{self.interface} is down")
        if not flags & _IFF_RUNNING:
            return LinkState(index, False, f"{self.interface} has no carrier: cable, switch port or peer")
        if self._needs_address and not self._has_address:
            return LinkState(index, False, f"{self.interface} has no IPv4 address, so nobody would hear this unit: give it one")
        if self._carrier is None:
            self._carrier = CarrierCounters(self.interface)
        return LinkState(index, True, f"{self.interface} is up")

    def ask_twice(self) -> LinkState:
        """Before a claim: also whether the carrier has just been lost, which the flags may say later."""
        state = self.ask()
        if state.is_up and self._carrier is not None and self._carrier.is_lost():
            return LinkState(state.interface_index, False, f"{self.interface} has just lost its carrier")
        return state

    def _ask_address(self) -> bool:
        """It may wait for the kernel's network lock, so only when an address has come or gone."""
        try:
            fcntl.ioctl(self._questions, _SIOCGIFADDR, self._request)
        except OSError:
            return False
        return True

    def _forget_carrier(self) -> None:
        if self._carrier is not None:
            self._carrier.close()
            self._carrier = None
