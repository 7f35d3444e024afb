"""A cable that loses and holds frames, with the count of what it did: a relay between a host's port and the bridge.

Kernels without netem have nothing of the kind; and what netem has dropped nobody can ask it packet by packet.
"""

import heapq
import random
import select
import socket
import threading
import time
from types import TracebackType
from typing import Self

from tests.netns.harness.capture import ETH_P_ALL, PACKET_IGNORE_OUTGOING, SOL_PACKET
from tests.netns.harness.lan import Lan
from tests.netns.harness.namespaces import ip_batch, socket_in

_IDLE_S = 0.2


class BadCable:
    """Between `host` and the redundancy LAN. Towards the host, UDP to `port` is lost with chance `loss`, and `hold` keeps all."""

    def __init__(self, lan: Lan, host: str, port: int = 7420, seed: int = 1) -> None:
        self.loss = 0.0
        self.dropped: list[int] = []
        """Lengths of the runs that were lost, the last one perhaps unfinished."""
        self.passed = 0
        self._lan, self._host, self._port = lan, host, port
        self._rng, self._run = random.Random(seed), 0
        self._held_until_s = 0.0
        self._waiting: list[tuple[float, int, bytes]] = []
        self._is_over = threading.Event()

    def hold(self, seconds: float) -> None:
        """Nothing reaches the host for so long; then everything does, in order."""
        self._held_until_s = time.monotonic() + seconds

    def __enter__(self) -> Self:
        near, far = f"near-{self._host}", f"far-{self._host}"
        lines = [f"link add {near} type veth peer name {far}", f"link set {near} up", f"link set {far} up"]
        ip_batch(self._lan.switch, [*lines, f"link set red-{self._host} nomaster", f"link set {far} master red"])
        self._bridge, self._port_of_host = (self._open(port) for port in (near, f"red-{self._host}"))
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
        self._bridge.close()
        self._port_of_host.close()

    def _open(self, port: str) -> socket.socket:
        opened = socket_in(self._lan.switch, socket.AF_PACKET, socket.SOCK_RAW, 0)
        opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        opened.bind((port, ETH_P_ALL))
        return opened

    def _relay(self) -> None:
        while not self._is_over.is_set():
            wait_s = self._waiting[0][0] - time.monotonic() if self._waiting else _IDLE_S
            readable, _, _ = select.select([self._bridge, self._port_of_host], [], [], max(0.0, min(wait_s, _IDLE_S)))
            if self._port_of_host in readable:
                self._bridge.send(_unsummed(self._port_of_host.recv(65535)))
            if self._bridge in readable:
                self._towards_host(_unsummed(self._bridge.recv(65535)))
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                self._port_of_host.send(heapq.heappop(self._waiting)[2])

    def _towards_host(self, frame: bytes) -> None:
        if _udp_port(frame) == self._port and self._rng.random() < self.loss:
            self._run += 1
            return
        if self._run:
            self.dropped.append(self._run)
            self._run = 0
        self.passed += 1
        heapq.heappush(self._waiting, (max(self._held_until_s, time.monotonic()), self.passed, frame))


def _udp_port(frame: bytes) -> int | None:
    """Its destination; None: it is no UDP over IPv4."""
    if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
        return None
    at = 14 + (frame[14] & 15) * 4
    return int.from_bytes(frame[at + 2 : at + 4])


def _unsummed(frame: bytes) -> bytes:
    """On a veth the UDP sum is left to a card that there is none of; 0 says that there is no sum."""
    if _udp_port(frame) is None:
        return frame
    at = 14 + (frame[14] & 15) * 4 + 6
    return frame[:at] + b"\0\0" + frame[at + 2 :]
