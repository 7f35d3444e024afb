"""Another unit on the LAN, played by the test: it says what it is told to, and hears with the kernel's time."""

import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests import scapy_layer
from tests.core.process import GROUP, INTERVAL_MS, MS, PATIENCE_S, SECOND, Moment
from tests.netns.harness import Lan
from tests.netns.harness.namespaces import inside

GROUP_ADDRESS, PORT = "239.192.7.7", 7420
SO_TIMESTAMPNS, IP_RECVTTL = 35, 12
Fields = dict[str, Any]


class Heard(NamedTuple):
    """One packet of the unit under test. `at_ns`: when the kernel took it, on the monotonic clock."""

    at_ns: int
    kind: str
    fields: Fields
    data: bytes
    ttl: int


class Bystander:
    """Speaks as unit `unit_id`; everybody else's packets are kept in `heard` when `listen` is called."""

    def __init__(self, lan: Lan, host: str = "x", unit_id: int = 0x77, priority: int = 254) -> None:
        self.unit_id, self.priority, self.boot = unit_id, priority, 1
        self.interval_ms = INTERVAL_MS
        self.heard: list[Heard] = []
        self._sequence = 0
        with inside(lan.namespace(host)):
            index = socket.if_nametoindex("red0")
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        membership = socket.inet_aton(GROUP_ADDRESS) + bytes(4) + struct.pack("=i", index)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, membership)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.socket.bind((GROUP_ADDRESS, PORT))

    def datagram(self, kind: str, **fields: Any) -> bytes:
        """The next packet of this unit; `fields` are those of the scapy layer."""
        self._sequence += 1
        own = {"group": GROUP, "unit_id": self.unit_id, "boot": self.boot, "priority": self.priority}
        times = {"interval_ms": self.interval_ms, "sent_at_us": time.monotonic_ns() // 1000}
        if kind in ("give-up", "handover"):
            own["priority"] = 0
        return scapy_layer.craft(kind, **{**own, **times, "sequence": self._sequence, **fields})

    def say(self, kind: str, **fields: Any) -> Moment:
        """Send it; when that was."""
        return self.send(self.datagram(kind, **fields))

    def send(self, data: bytes) -> Moment:
        before_ns = time.monotonic_ns()
        self.socket.sendto(data, (GROUP_ADDRESS, PORT))
        return Moment(before_ns, time.monotonic_ns())

    @contextmanager
    def advertising(self) -> Iterator[list[Moment]]:
        """A live master for the length of the block: an advert now and every interval; the times at which they were sent."""
        times = [self.say("advert", master_for_ms=1)]
        is_over = threading.Event()

        def advertise() -> None:
            while not is_over.wait(self.interval_ms / 1000):
                times.append(self.say("advert", master_for_ms=1))

        thread = threading.Thread(target=advertise, daemon=True)
        thread.start()
        try:
            yield times
        finally:
            is_over.set()
            thread.join()

    def listen(self, seconds: float) -> list[Heard]:
        """Everything that comes within that time, from now on."""
        found, end_s = [], time.monotonic() + seconds
        while (rest_s := end_s - time.monotonic()) > 0:
            if select.select([self.socket], [], [], rest_s)[0]:
                found.append(self._receive())
        return found

    def forget(self) -> None:
        """What has come so far and was not heard."""
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recv(65536)

    def hear(self, *kinds: str, patience_s: float = PATIENCE_S) -> Heard:
        """The next packet of these kinds; what comes before it goes to `heard`."""
        end_s = time.monotonic() + patience_s
        while (rest_s := end_s - time.monotonic()) > 0:
            if select.select([self.socket], [], [], rest_s)[0]:
                self.heard.append(self._receive())
                if self.heard[-1].kind in kinds:
                    return self.heard[-1]
        raise AssertionError(f"no {' or '.join(kinds)} within {patience_s} s, only {[heard.kind for heard in self.heard]}")

    def _receive(self) -> Heard:
        data, ancillary, _, _ = self.socket.recvmsg(65536, 128)
        values = {kind: value for _, kind, value in ancillary}
        seconds, rest_ns = struct.unpack("=qq", values[SO_TIMESTAMPNS])
        at_ns = time.monotonic_ns() - (time.time_ns() - seconds * SECOND - rest_ns)
        fields = scapy_layer.dissect(data)
        return Heard(at_ns, scapy_layer.KINDS[fields["kind"]], fields, data, struct.unpack("=i", values[socket.IP_TTL])[0])

    def close(self) -> None:
        self.socket.close()


def kinds(heard: Sequence[Heard]) -> list[str]:
    """What was said, in order."""
    return [packet.kind for packet in heard]


def ms(span_ns: int) -> float:
    """For readable failures."""
    return span_ns / MS
