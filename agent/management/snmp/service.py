"""Requests that have shown who they are come here, from v2c and v3 alike: reads are answered at once, writes when they are done.

Reads wait only when the view is older than a second, all of them for one and the same question to core, and never for long.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from agent.management.freshness import Freshness
from agent.management.snmp.ber import BerError
from agent.management.snmp.counters import Counters
from agent.management.snmp.pdu import SET, Pdu, Status, bad_response
from agent.management.snmp.reads import culprit, read
from agent.management.snmp.repeats import Key, Repeats
from agent.management.snmp.tree import Tree
from agent.management.snmp.writes import Writer
from agent.model.answers import Principal
from agent.model.arbiter import Model
from agent.model.view import View

MAX_WAITING: Final = 256
"""Reads that wait for a fresh view; more are answered from the one that there is."""
QUIET_S: Final = 60.0
"""Between two sentences about the same thing."""

Finish = Callable[[bytes], None]
"""Takes the response PDU, puts it into its message and sends that."""


class Service:
    """Of one model; `tell` gets at most one sentence a minute."""

    def __init__(self, model: Model, tree: Tree, counters: Counters, tell: Callable[[str], None]) -> None:
        self._model, self._tree, self._counters, self._tell = model, tree, counters, tell
        self._writer = Writer(model, tree, self.tell)
        self._repeats = Repeats(time.monotonic)
        self._waiting: list[tuple[Pdu, int, Finish]] = []
        self._freshness = Freshness(model, self.tell)
        self._refresh: asyncio.Task[None] | None = None
        self._quiet_until_s = 0.0

    def stop(self) -> None:
        """No more answers."""
        self._repeats.stop()
        self._waiting.clear()
        if self._refresh is not None:
            self._refresh.cancel()
        self._freshness.stop()

    def read(self, pdu: Pdu, max_bytes: int, finish: Finish) -> bytes | None:
        """The response, or None: `finish` gets it later. BerError."""
        if self._freshness.is_fresh() or len(self._waiting) >= MAX_WAITING:
            return self._answer(self._model.view(), pdu, max_bytes)
        self._waiting.append((pdu, max_bytes, finish))
        if self._refresh is None:
            self._refresh = asyncio.get_running_loop().create_task(self._freshen())
        return None

    def _answer(self, view: View, pdu: Pdu, max_bytes: int) -> bytes:
        try:
            self._tree.show(view)
            return read(self._tree, pdu, max_bytes)
        except BerError:
            raise
        except Exception as error:  # a manager that gets no answer asks again, and again
            self.tell(f"a request could not be answered: {type(error).__name__}: {error}. It got genErr")
            return bad_response(pdu, Status.GEN_ERR, culprit(self._tree, pdu))

    async def _freshen(self) -> None:
        """One question for all that wait."""
        try:
            await self._freshness.wait()
        finally:
            self._refresh = None
        self._answer_waiting(self._model.view())

    def _answer_waiting(self, view: View) -> None:
        waiting, self._waiting = self._waiting, []
        for pdu, max_bytes, finish in waiting:
            try:
                response = self._answer(view, pdu, max_bytes)
            except BerError:
                self._counters.parse_errors += 1
            else:
                finish(response)

    def write(self, pdu: Pdu, principal: Principal, key: Key, finish: Finish, *, mac: bytes = b"") -> None:
        """Answered later. `key`: who sends, so that a repetition is known. `mac`: of a v3 message; what is
        sent again from the same place gets the same answer as long as that is kept; any other replay none."""
        assert pdu.tag == SET
        key = (*key, pdu.request_id, pdu.body)
        if mac and self._repeats.is_replay(mac) and not self._repeats.knows(key):
            self._counters.silent_drops += 1
            return
        task = self._repeats.once(key, lambda: self._write(pdu, principal))
        if task is None:
            finish(bad_response(pdu, Status.RESOURCE_UNAVAILABLE, min(1, len(pdu.names))))
        else:
            task.add_done_callback(lambda done: self._written(done, finish))

    async def _write(self, pdu: Pdu, principal: Principal) -> bytes:
        self._tree.show(self._model.view())
        return await self._writer.write(pdu, principal)

    def _written(self, task: asyncio.Task[bytes], finish: Finish) -> None:
        if task.cancelled():
            return
        if task.exception() is None:
            finish(task.result())
        else:
            self._counters.parse_errors += 1  # BerError: a name that is no OID

    def tell(self, text: str) -> None:
        """To a person; not more often than every `QUIET_S`."""
        now_s = time.monotonic()
        if now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + QUIET_S
            self._tell(text)
