"""A tap on every port of a LAN: what each host put on its cable, and when."""

import select
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from tests.netns.harness.capture import WHOLE, Rule, drops, ip_protocol, open_port, receive, to_address, udp_port
from tests.netns.harness.lan import Lan
from tests.netns.harness.packets import Packet, Said, parse_frame, said, said_vrrp

PAUSE_S = 0.01  # packets are collected in batches: the tap takes little from what it measures
Reader = Callable[[Packet], Said | None]


class Tap:
    """`packets()` is everything so far, in the order of time. A host is heard on its own port, so nobody can pretend."""

    def __init__(
        self, lan: Lan, network: str, rules: list[Rule], hosts: Iterable[str] | None = None, reader: Reader = said
    ) -> None:
        chosen = [host for host in (hosts or lan.hosts) if host != "src"]
        self._sockets = {open_port(lan.switch, f"{network}-{host}", rules): host for host in chosen}
        self._reader = reader
        self._lock = threading.Lock()
        self._packets: list[Packet] = []
        self._dropped = 0
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="tap", daemon=True)
        self._thread.start()

    @classmethod
    def redundancy(cls, lan: Lan, hosts: Iterable[str] | None = None, port: int = 7420) -> Self:
        return cls(lan, "red", udp_port(port), hosts)

    @classmethod
    def vrrp(cls, lan: Lan, hosts: Iterable[str] | None = None) -> Self:
        return cls(lan, "red", ip_protocol(112), hosts, said_vrrp)

    @classmethod
    def output(cls, lan: Lan, hosts: Iterable[str] | None = None, address: str = "239.2.2.2", snap: int = WHOLE) -> Self:
        """`snap`: bytes of each frame to keep; 64 are enough when only the times matter."""
        return cls(lan, "med", to_address(address, snap), hosts)

    def _collect(self) -> None:
        while not self._is_closed.is_set():
            select.select(list(self._sockets), [], [], 0.2)
            with self._lock:
                self._drain()
            self._is_closed.wait(PAUSE_S)

    def _drain(self) -> None:
        for tap, host in self._sockets.items():
            while (frame := receive(tap)) is not None:
                packet = parse_frame(frame[0], host, frame[1])
                if packet:
                    self._packets.append(packet)

    def packets(self, since_ns: int = 0) -> list[Packet]:
        """What was put on a cable from `since_ns` until this call, in the order of time."""
        with self._lock:
            self._drain()
            self._packets.sort(key=_time)  # nearly sorted already: each port's packets are
            return self._packets[bisect_left(self._packets, since_ns, key=_time) :]

    def said(self, since_ns: int = 0) -> list[Said]:
        """The same as messages of the protocol that this tap listens to."""
        return [message for packet in self.packets(since_ns) if (message := self._reader(packet))]

    def wait_for(self, is_wanted: Callable[[Said], bool], timeout_s: float, since_ns: int = 0) -> Said:
        """The first message since `since_ns` that is wanted; TimeoutError when none comes."""
        limit = time.monotonic() + timeout_s
        while time.monotonic() < limit:
            found = next(filter(is_wanted, self.said(since_ns)), None)
            if found:
                return found
            time.sleep(PAUSE_S)
        raise TimeoutError(f"not on the wire within {timeout_s} s")

    def clear(self) -> None:
        with self._lock:
            self._drain()
            self._packets.clear()

    def dropped(self) -> int:
        """Frames that were lost to us since the start; a judgement needs 0."""
        self._dropped += sum(map(drops, self._sockets))
        return self._dropped

    def close(self) -> None:
        self._is_closed.set()
        self._thread.join()
        for tap in self._sockets:
            tap.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _time(packet: Packet) -> int:
    return packet.time_ns
