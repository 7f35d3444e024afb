"""The worker's end of run/core.sock (docs/architecture.md): hello, lease page, orders in, reports out.

Core may go away at any time. Then the worker keeps its page, whose lease runs out by itself, and tries again.
"""

import contextlib
import json
import os
import socket
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from agent.devices.gate import Gate, map_page

MAX_PACKET_BYTES = 65536
MAX_QUEUED_PACKETS = 256
MAX_PACKETS_A_TURN = 32

Packet = bytes


class ChannelLostError(Exception):
    """Core has gone away, or broke the protocol; connect again."""


class Channel:
    """A connection to core. Non-blocking throughout. OSError while connecting: core is not there."""

    def __init__(self, path: Path, name: str) -> None:
        self._outbox: deque[Packet] = deque()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._socket.setblocking(False)
            self._socket.connect(str(path))
            self._socket.send(_encode({"hello": "device", "name": name, "pid": os.getpid()}))
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """To wait on."""
        return self._socket.fileno()

    @property
    def has_unsent(self) -> bool:
        """Wait until it can be written to as well."""
        return bool(self._outbox)

    def close(self) -> None:
        """Core sees the end of the connection at once."""
        self._socket.close()

    def receive(self) -> tuple[list[Packet], Gate | None]:
        """What has come, at most 32 packets, and the newest lease page. ChannelLostError: core is gone."""
        packets: list[Packet] = []
        gate: Gate | None = None
        with contextlib.suppress(BlockingIOError):
            while len(packets) < MAX_PACKETS_A_TURN:
                packet, descriptors = self._receive_one()
                gate = _map(descriptors) if descriptors else gate
                packets += [] if descriptors else [packet]
        return packets, gate

    def send(self, message: Mapping[str, object]) -> None:
        """Queue and send. ChannelLostError: core is gone, or has not read 256 packets."""
        self._outbox.append(_encode(message))
        if len(self._outbox) > MAX_QUEUED_PACKETS:
            raise ChannelLostError(f"core has not read {MAX_QUEUED_PACKETS} packets")
        self.flush()

    def flush(self) -> None:
        """Send what is queued, as far as core takes it. ChannelLostError: core is gone."""
        try:
            while self._outbox:
                self._socket.send(self._outbox[0])
                self._outbox.popleft()
        except BlockingIOError:
            return
        except OSError as error:
            raise ChannelLostError(f"core is gone: {error.strerror}") from None

    def _receive_one(self) -> tuple[Packet, list[int]]:
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._socket, MAX_PACKET_BYTES, 4, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ChannelLostError(f"core is gone: {error.strerror}") from None
        if not packet:
            raise ChannelLostError("core closed the connection")
        return packet, list(descriptors)


def _map(descriptors: list[int]) -> Gate:
    for surplus in descriptors[1:]:
        os.close(surplus)
    try:
        return map_page(descriptors[0])
    except OSError as error:
        raise ChannelLostError(str(error)) from None


def _encode(message: Mapping[str, object]) -> Packet:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")
