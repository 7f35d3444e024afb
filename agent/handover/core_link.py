"""This process's end of run/core.sock: SOCK_SEQPACKET, JSON objects or lists of them. It comes back whenever core does."""

import json
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

RECONNECT_S = 0.1
TOLD_AFTER_FAILURES = 50
MAX_PACKET_BYTES = 64 * 1024

Json = dict[str, object]
Take = Callable[[Json], None]


class CoreLink:
    """One reading thread; anybody may say what the configuration of a group is."""

    def __init__(self, path: Path, take: Take, tell: Callable[[str], None]) -> None:
        self._path, self._take, self._tell = path, take, tell
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._said: dict[int, Json] = {}
        self._failures = 0
        self._is_fresh = threading.Event()
        self.connected_at_s = time.monotonic()
        """When core was last seen, on the monotonic clock."""

    @property
    def is_connected(self) -> bool:
        """Is core there, as far as known?"""
        return self._socket is not None

    def announce(self, config: Json) -> None:
        """What holds for config["group"] from now on. Sent if it is new; all of it again whenever core comes back."""
        group = config["group"]
        assert isinstance(group, int)
        with self._lock:
            if self._said.get(group) != config:
                self._said[group] = config
                self._send({"config": config})

    def refresh(self, limit_s: float = 0.5) -> bool:
        """Let core say again all that it hears, with its age. False: it did not within that time."""
        self._is_fresh.clear()
        with self._lock:
            self._send({"ask": "snapshot"})
        return self.is_connected and self._is_fresh.wait(limit_s)

    def run(self) -> None:
        """For ever; in a daemon thread. Says once that core is away (after 5 s: it may be starting), once that it is back."""
        while True:
            with suppress(OSError):
                self._live_once()
            self._failures += 1
            if self._failures == TOLD_AFTER_FAILURES:
                self._tell("core is not there; trying again every 0.1 s")
            time.sleep(RECONNECT_S)

    def _live_once(self) -> None:
        """From connection to disconnection; OSError when it could not connect."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(str(self._path))
            self._begin(connection)
            try:
                while packet := connection.recv(MAX_PACKET_BYTES):
                    self._hear(packet)
            finally:
                self.connected_at_s = time.monotonic()
                with self._lock:
                    self._socket = None

    def _begin(self, connection: socket.socket) -> None:
        if self._failures >= TOLD_AFTER_FAILURES:
            self._tell("connected to core")
        self._failures = 0
        with self._lock:
            self._socket = connection
            self._send({"hello": "handover", "pid": os.getpid()})
            for config in self._said.values():
                self._send({"config": config})

    def _send(self, value: Json) -> None:
        """With the lock held. Core reads all the time; when it cannot, the connection ends and all is said again."""
        if self._socket is None:
            return
        try:
            self._socket.send(json.dumps(value).encode())
        except OSError:
            self._socket = None

    def _hear(self, packet: bytes) -> None:
        try:
            value = json.loads(packet)
        except (ValueError, RecursionError):
            return
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                self._hear_one(one)

    def _hear_one(self, value: Json) -> None:
        try:
            self._take(value)
        except Exception:  # one message that is misunderstood must not end the hearing of the others
            traceback.print_exc()
        if value.get("snapshot") == "end":
            self._is_fresh.set()
