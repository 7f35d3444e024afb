"""Management's end of run/core.sock: SOCK_SEQPACKET, one JSON object a packet. Comes back whenever core does."""

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.management.memory import JsonObject, Memory

RECONNECT_S = 0.2
TOLD_AFTER_FAILURES = 10
SNAPSHOT_LIMIT_S = 1.0
COMMAND_LIMIT_S = 5.0
ADJUST_LIMIT_S = 1.0
MAX_PACKET_BYTES = 64 * 1024


class CoreLink:
    """Keeps the connection, fills the memory, and matches replies to commands."""

    def __init__(self, path: Path, memory: Memory, command_limit_s: float = COMMAND_LIMIT_S) -> None:
        self._path, self._memory, self._command_limit_s = path, memory, command_limit_s
        self._socket: socket.socket | None = None
        self._replies: dict[str, asyncio.Future[JsonObject]] = {}
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
            self.on_connection(True)
            try:
                with suppress(OSError):
                    while packet := await loop.sock_recv(connection, MAX_PACKET_BYTES):
                        self._take(packet)
            finally:
                self._lose()

    def _take(self, packet: bytes) -> None:
        value = _read(packet)
        if value is None:
            self.unreadable_packets += 1
            self._is_torn = True  # it may have been a piece of the snapshot
        elif self._is_torn and (value.get("snapshot") == "end" or value.get("push") == "end"):
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
            waiting = self._replies.get(str(reply.get("id")))
            if waiting and not waiting.done():
                waiting.set_result({key: inner for key, inner in reply.items() if key != "id"})

    def _lose(self) -> None:
        """Whoever waits is told at once instead of waiting for what cannot come."""
        self._socket = None
        self.on_connection(False)
        text = "Core went away while the command ran, so its outcome is not known. Look at: understudy status"
        for waiting in self._replies.values():
            if not waiting.done():
                waiting.set_result({"outcome": "failed", "text": text})
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
        """Post it under a fresh id and wait up to 5 s for the definite answer (C-17). Core begins it by then or never."""
        expires_at_ns = time.monotonic_ns() + int(self._command_limit_s * 1e9)
        reply = await self._ask("command", {"expires_at_ns": expires_at_ns, **command}, self._command_limit_s)
        if reply is None:
            return {"outcome": "failed", "text": _TOO_LONG.format(self._command_limit_s)}
        return reply or {"outcome": "failed", "text": _NO_CORE}

    async def adjust(self, controls: JsonObject) -> JsonObject | None:
        """The whole set of controls of one seat; core's answer. None: core is away, or did not answer within 1 s."""
        return await self._ask("adjust", controls, ADJUST_LIMIT_S) or None

    async def _ask(self, what: str, content: JsonObject, limit_s: float) -> JsonObject | None:
        """One question under a fresh id. Empty: it could not be sent. None: it was not answered in time."""
        question_id = os.urandom(8).hex()
        reply: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self._replies[question_id] = reply
        try:
            if not self.post({what: {"id": question_id, **content}}):
                return {}
            async with asyncio.timeout(limit_s):
                return await reply
        except TimeoutError:
            return None
        finally:
            del self._replies[question_id]


def _read(packet: bytes) -> JsonObject | None:
    """None: not a JSON object, or the first 64 KiB of a longer one."""
    try:
        value = json.loads(packet)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _ignore(_is_there: bool) -> None:
    """Nobody listens."""


_TOO_LONG = (
    "The changeover has not ended after {:g} s. If core has begun it, it goes on; if not, it will not be carried out any more. "
    "See `understudy status`"
)
_NO_CORE = (
    "The core process is not running or does not answer, so nothing was done; the supervisor starts it again by itself. "
    "Try again in a second; if it stays so, read the messages of `understudy run` (journalctl -u understudy)"
)
