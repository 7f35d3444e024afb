"""What core is asked to do, until it is known what became of it (C-17).

Core answers every command, also one that came too late. The answer may get lost (core was killed, a connection broke, a queue was
full), so it is asked for again: only core knows. Nothing here is called failed that may have been done.
"""

import asyncio
import os
import time
from collections.abc import Callable

from agent.management.memory import JsonObject

COMMAND_LIMIT_S = 5.0
"""Core begins a command by then or never; and so often it is asked again for the answer."""
ADJUST_LIMIT_S = 1.0
Waiting = dict[str, asyncio.Future[JsonObject]]


class Questions:
    """`post`: sends a packet; False: it did not leave."""

    def __init__(self, post: Callable[[JsonObject], bool], command_limit_s: float = COMMAND_LIMIT_S) -> None:
        self._post, self._command_limit_s = post, command_limit_s
        self._adjusts: Waiting = {}
        self._commands: Waiting = {}
        self._is_connected = False

    def connected(self) -> None:
        """Core is there again: it may have done what was asked before, or be another that knows of nothing."""
        self._is_connected = True
        self._ask_again()

    def lost(self) -> None:
        """Core has gone. Controls are told again when it is back; commands wait for it."""
        self._is_connected = False
        for waiting in self._adjusts.values():
            _answer(waiting, {"outcome": "failed", "text": "Core went away"})

    def take(self, reply: JsonObject) -> None:
        """An answer; one that nobody waits for is left alone."""
        question_id = str(reply.get("id"))
        waiting = self._adjusts.get(question_id) or self._commands.get(question_id)
        if waiting is not None:
            _answer(waiting, {key: value for key, value in reply.items() if key != "id"})

    async def command(self, command: JsonObject) -> JsonObject:
        """The true answer, however late. `outcome`: core's (done, refused, busy, failed: it was not carried out); or unsent: it
        never left; unknown: this core has not heard of it; lost: core has gone, and will not begin it when it is back.
        """
        command_id, answer = _new(self._commands)
        expires_at_ns = time.monotonic_ns() + int(self._command_limit_s * 1e9)
        try:
            if not self._post({"command": {"id": command_id, "expires_at_ns": expires_at_ns, **command}}):
                return {"outcome": "unsent", "text": _NO_CORE}
            return await self._outcome(answer)
        finally:
            del self._commands[command_id]

    async def _outcome(self, answer: asyncio.Future[JsonObject]) -> JsonObject:
        while True:
            await asyncio.wait({answer}, timeout=self._command_limit_s)
            if answer.done():
                return answer.result()
            if not self._is_connected:
                return {"outcome": "lost", "text": _LOST}
            self._ask_again()

    def _ask_again(self) -> None:
        for command_id, answer in self._commands.items():
            if not answer.done():
                self._post({"ask": "outcome", "id": command_id})

    async def adjust(self, controls: JsonObject) -> JsonObject | None:
        """The whole set of controls of one seat; core's answer. None: core is away, or did not answer within 1 s."""
        question_id, answer = _new(self._adjusts)
        try:
            if not self._post({"adjust": {"id": question_id, **controls}}):
                return None
            async with asyncio.timeout(ADJUST_LIMIT_S):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._adjusts[question_id]


def _new(waiting: Waiting) -> tuple[str, asyncio.Future[JsonObject]]:
    """A question under a fresh id."""
    question_id = os.urandom(8).hex()
    answer = waiting[question_id] = asyncio.get_running_loop().create_future()
    return question_id, answer


def _answer(waiting: asyncio.Future[JsonObject], answer: JsonObject) -> None:
    if not waiting.done():
        waiting.set_result(answer)


_NO_CORE = (
    "The core process is not running or does not answer, so nothing was done; the supervisor starts it again by itself. "
    "Try again in a second; if it stays so, read the messages of `understudy run` (journalctl -u understudy)"
)
_LOST = (
    "Core went away before it answered and is not back. It will not begin this any more; what it had done of it, it says when it "
    "is there again: see `understudy status`"
)
