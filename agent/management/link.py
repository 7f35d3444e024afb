"""Management's end of run/core.sock: SOCK_SEQPACKET, JSON objects or lists of them. Comes back whenever core does."""

import asyncio
import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.management.memory import JsonObject, Memory
from agent.management.questions import COMMAND_LIMIT_S, Questions

RECONNECT_S = 0.2
TOLD_AFTER_FAILURES = 10
SNAPSHOT_LIMIT_S = 1.0
MAX_PACKET_BYTES = 64 * 1024


class CoreLink:
    """Keeps the connection, fills the memory, passes answers on."""

    def __init__(self, path: Path, memory: Memory, command_limit_s: float = COMMAND_LIMIT_S) -> None:
        self._path, self._memory = path, memory
        self._socket: socket.socket | None = None
        self._questions = Questions(self.post, command_limit_s)
        self._snapshot: asyncio.Future[bool] | None = None
        self._failures = 0
        self._is_torn = False
        self.unreadable_packets = 0
        self.on_connection: Callable[[bool], None] = _ignore
        """True: core is there; False: it has gone."""

    @property
    def is_connected(self) -> bool:
        """Is core there, as far as known?"""
        return self._socket is not None

    async def run(self, tell: Callable[[str], None]) -> None:
        """For ever. Says once that core is away (after 2 s: it may just be starting), and once that it is back."""
        while True:
            with suppress(OSError):
                await self._live_once(tell)
            self._failures += 1
            if self._failures == TOLD_AFTER_FAILURES:
                tell("core is not there; trying again every 0.2 s")
            await asyncio.sleep(RECONNECT_S)

    async def _live_once(self, tell: Callable[[str], None]) -> None:
        """From connection to disconnection; OSError when it could not connect."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK) as connection:
            await loop.sock_connect(connection, str(self._path))
            connection.send(json.dumps({"hello": "management", "pid": os.getpid()}).encode())
            self._socket = connection
            if self._failures >= TOLD_AFTER_FAILURES:
                tell("connected to core")
            self._failures = 0
            self._is_torn = False
            self._memory.begin()
            self._questions.connected()
            self.on_connection(True)
            try:
                with suppress(OSError):
                    while packet := await loop.sock_recv(connection, MAX_PACKET_BYTES):
                        self._take(packet)
            finally:
                self._lose()

    def _take(self, packet: bytes) -> None:
        values = _read(packet)
        if values is None:
            self.unreadable_packets += 1
            self._is_torn = True  # it may have been a piece of the snapshot
            return
        for value in values:
            self._take_one(value)

    def _take_one(self, value: JsonObject) -> None:
        if self._is_torn and (value.get("snapshot") == "end" or value.get("push") == "end"):
            self._end_snapshot(is_fresh=False)
        else:
            self._memory.take(value)
            self._answer(value)

    def _answer(self, value: JsonObject) -> None:
        """Wake whoever waits for this."""
        if value.get("snapshot") == "end":
            self._end_snapshot(is_fresh=True)
        reply = value.get("reply")
        if isinstance(reply, dict):
            self._questions.take(reply)

    def _lose(self) -> None:
        """Whoever waits for what cannot come is told at once."""
        self._socket = None
        self.on_connection(False)
        self._questions.lost()
        self._end_snapshot(is_fresh=False)

    def _end_snapshot(self, *, is_fresh: bool) -> None:
        if self._snapshot and not self._snapshot.done():
            self._snapshot.set_result(is_fresh)

    def post(self, value: JsonObject) -> bool:
        """Send one packet without waiting. False: core is away, or does not read."""
        if self._socket is None:
            return False
        try:
            self._socket.send(json.dumps(value).encode())
        except OSError:
            return False
        return True

    async def refresh(self) -> bool:
        """Ask for a fresh snapshot; all who wait share one question. False: it did not come within 1 s."""
        if self._snapshot is None or self._snapshot.done():
            self._snapshot = asyncio.get_running_loop().create_future()
            self._is_torn = False
            if not self.post({"ask": "snapshot"}):
                self._end_snapshot(is_fresh=False)
        try:
            async with asyncio.timeout(SNAPSHOT_LIMIT_S):  # wait_for() loses a cancellation that comes with the answer
                return await asyncio.shield(self._snapshot)
        except TimeoutError:
            self._end_snapshot(is_fresh=False)
            return False

    async def command(self, command: JsonObject) -> JsonObject:
        """See Questions."""
        return await self._questions.command(command)

    async def adjust(self, controls: JsonObject) -> JsonObject | None:
        """See Questions."""
        return await self._questions.adjust(controls)


def _read(packet: bytes) -> list[JsonObject] | None:
    """None: no JSON object nor a list of them, or the first 64 KiB of something longer."""
    try:
        value = json.loads(packet)
    except (ValueError, RecursionError):
        return None
    values = value if isinstance(value, list) else [value]
    return values if all(isinstance(one, dict) for one in values) else None


def _ignore(_is_there: bool) -> None:
    """Nobody listens."""
