"""What the demo sees by itself: the redundancy LAN and the output stream, every datagram with the kernel's receive time.

The times are of the wall clock, as the kernel gives them. Nothing here asks the agent.
"""

import select
import socket
import struct
import threading
from collections import deque
from typing import NamedTuple

from agent.cli.demo.ground import PARTS, Ground
from agent.devices.address import Endpoint
from agent.devices.meter import StreamMeter
from agent.devices.sockets import dropped_datagrams, open_input
from agent.wire.codec import decode
from agent.wire.errors import DecodeError
from agent.wire.message import Kind, Message

SECOND_NS = 1_000_000_000
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("=qq")
_MAX_DATAGRAM_BYTES = 65_536
_MAX_HEARD = 10_000
_NAMES = {part.address: part.name for part in PARTS}


class Seen(NamedTuple):
    """A datagram: which socket, when, from where."""

    sock: socket.socket
    at_ns: int
    address: str
    data: bytes


class Heard(NamedTuple):
    """A packet on the LAN."""

    at_ns: int
    message: Message


class Eyes:
    """Reads in a thread of its own, so that drawing costs no datagram; `look` takes over what was read."""

    def __init__(self, ground: Ground) -> None:
        self._keyring = ground.keyring
        self._lan, self._output = _open(ground.lan), _open(ground.output)
        self._seen: deque[Seen] = deque()
        self._sent: dict[str, deque[tuple[int, int]]] = {part.name: deque() for part in PARTS}
        self.heard: deque[Heard] = deque(maxlen=_MAX_HEARD)
        self.total, self.step = StreamMeter(), StreamMeter()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def own_losses(self) -> int:
        """Datagrams that came out, but for which this machine left the demo no time."""
        return dropped_datagrams(self._output)

    def new_step(self) -> None:
        """Measure the output afresh."""
        self.step = StreamMeter()

    def look(self) -> None:
        """Take over everything that was read."""
        while self._seen:
            seen = self._seen.popleft()
            if seen.sock is self._lan:
                self._hear(seen)
            else:
                self._measure(seen)

    def rate(self, name: str, now_ns: int) -> int:
        """Transport packets that came from this unit in the last second."""
        sent = self._sent[name]
        while sent and sent[0][0] < now_ns - SECOND_NS:
            sent.popleft()
        return sum(packets for _, packets in sent)

    def last(self, name: str, *kinds: Kind) -> Heard | None:
        """The latest such packet of this unit."""
        return next((heard for heard in reversed(self.heard) if heard.message.name == name and heard.message.kind in kinds), None)

    def first(self, name: str, after_ns: int, *kinds: Kind) -> Heard | None:
        """The earliest such packet of this unit since then."""
        for heard in self.heard:
            if heard.at_ns >= after_ns and heard.message.name == name and heard.message.kind in kinds:
                return heard
        return None

    def _hear(self, seen: Seen) -> None:
        try:
            self.heard.append(Heard(seen.at_ns, decode(seen.data, self._keyring)))
        except DecodeError:
            return  # none of ours

    def _measure(self, seen: Seen) -> None:
        name = _NAMES.get(seen.address, seen.address)
        before = self.total.packets
        self.total.feed(seen.data, seen.at_ns, name)
        self.step.feed(seen.data, seen.at_ns, name)
        self._sent.setdefault(name, deque()).append((seen.at_ns, self.total.packets - before))

    def _read(self) -> None:
        while True:
            for sock in select.select([self._lan, self._output], [], [])[0]:
                data, ancillary, _, source = sock.recvmsg(_MAX_DATAGRAM_BYTES, 64)
                self._seen.append(Seen(sock, _time_ns(ancillary), source[0], data))


def _open(endpoint: Endpoint) -> socket.socket:
    sock = open_input(endpoint)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return sock


def _time_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(value)
            return int(seconds * SECOND_NS + nanoseconds)
    raise RuntimeError("the kernel gives no receive times")
