"""When a host holds a rival's shared address: their equivalent of an open output."""

import socket
import struct
import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

from tests.netns.harness.lan import Lan
from tests.netns.harness.namespaces import socket_in

RTM_NEWADDR, RTM_DELADDR, GROUP_IPV4_ADDRESSES, IFA_LOCAL = 20, 21, 0x10, 2


class Change(NamedTuple):
    """The address came to a host, or left it."""

    time_ns: int
    host: str
    is_held: bool


class AddressWatch:
    """Listens to the kernel's announcements in each host's namespace."""

    def __init__(self, lan: Lan, hosts: tuple[str, ...], prefix: str) -> None:
        self._prefix = socket.inet_aton(prefix + ".0.0")[:2]
        self.changes: list[Change] = []
        self._is_closed = threading.Event()
        self._sockets = {host: self._open(lan.namespace(host)) for host in hosts}
        self._threads = [threading.Thread(target=self._listen, args=(host,), daemon=True) for host in hosts]

    def _open(self, namespace: str) -> socket.socket:
        listener = socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        listener.bind((0, GROUP_IPV4_ADDRESSES))
        listener.settimeout(0.1)
        return listener

    def _listen(self, host: str) -> None:
        while not self._is_closed.is_set():
            try:
                data = self._sockets[host].recv(65536)
            except TimeoutError:
                continue
            kind = struct.unpack_from("=H", data, 4)[0]
            if kind in (RTM_NEWADDR, RTM_DELADDR) and _local_address(data).startswith(self._prefix):
                self.changes.append(Change(time.time_ns(), host, kind == RTM_NEWADDR))

    def both_held_ms(self, until_ns: int, since_ns: int = 0) -> float:
        """For how long two hosts held it at the same time."""
        held: set[str] = set()
        total, last = 0, 0
        for change in [*sorted(self.changes), Change(until_ns, "", False)]:
            if len(held) > 1:
                total += max(0, change.time_ns - max(last, since_ns))
            (held.add if change.is_held else held.discard)(change.host)
            last = change.time_ns
        return total / 1e6

    def forget_before(self, time_ns: int) -> None:
        """Drop old changes but not what they led to: the last one of each host stays."""
        last = {change.host: change for change in sorted(self.changes)}
        self.changes[:] = [change for change in sorted(self.changes) if change.time_ns >= time_ns or last[change.host] is change]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_closed.set()
        for thread, listener in zip(self._threads, self._sockets.values(), strict=True):
            thread.join()
            listener.close()


def _local_address(data: bytes) -> bytes:
    """IFA_LOCAL of an RTM_NEWADDR or RTM_DELADDR message: netlink header 16, ifaddrmsg 8, then attributes."""
    at = 24
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if kind == IFA_LOCAL:
            return data[at + 4 : at + 8]
        at += max(4, (length + 3) & ~3)
    return b""
