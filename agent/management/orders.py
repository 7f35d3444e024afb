"""Carrying out orders: one at a time a member, each with a definite end (C-17, D-26). See deeds.py for what a verb does."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace

from agent.management.again import Same
from agent.management.arbiter import Arbiter
from agent.management.memory import Memory
from agent.management.operations import Operation
from agent.management.records import outcome_of, who_of
from agent.model.answers import Answer, Denial, Order, Principal, Verb
from agent.settings.runtime_file import Runtime

State = tuple[object, Runtime, frozenset[int]]
"""Core's revision, what was set at run time, and the alarms that nobody has acknowledged."""


class Orders:
    """Commands. `unacknowledged`: numbers of a group's alarms that nobody has seen yet.

    Core tells of what it has done before it answers, so the lock that it may bring (D-51) is there by then."""

    def __init__(
        self,
        arbiter: Arbiter,
        do: Callable[[Operation], Awaitable[Answer]],
        changed: Callable[[], None],
        memory: Memory,
        unacknowledged: Callable[[int], frozenset[int]],
    ) -> None:
        self._arbiter, self._do, self._changed = arbiter, do, changed
        self._memory, self._unacknowledged = memory, unacknowledged
        self._tasks: set[asyncio.Task[None]] = set()

    async def command(self, order: Order, principal: Principal, wait_s: float) -> Answer:
        """See Model.command."""
        arbiter = self._arbiter
        refused = arbiter.checks.of_order(order, principal)
        if refused is not None:
            self._note_refusal(order, principal, refused)
            return refused
        if order.verb is Verb.NO_ACTION:
            return Answer(None, "Nothing was asked for, and nothing was done.")
        order = replace(order, reason=order.reason or arbiter.reasons.take(order.group, principal))
        same = arbiter.records.again.knows(_key(order, principal), self._state(order.group))
        refused = None if same else arbiter.records.too_many(principal)
        if refused is not None:
            self._note_refusal(order, principal, refused)
            return refused
        operation = arbiter.operations.begin(order, principal, time.time_ns())
        task = asyncio.create_task(self._carry_out(operation, same))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._changed()
        await asyncio.wait({task}, timeout=wait_s)
        return operation.answer()

    def _note_refusal(self, order: Order, principal: Principal, refused: Answer) -> None:
        verb = order.verb.name.lower()
        is_noted = self._arbiter.records.refused("command", principal, order.reason, refused, **_asked(order))
        if is_noted and refused.denial is not Denial.UNKNOWN:
            self._event(order, principal, refused.denial, f"{verb} refused: {refused.text}")
            self._changed()

    async def _carry_out(self, operation: Operation, same: Same | None) -> None:
        """The audit is written first, and does not keep the air waiting for the disk. `same`: the same order has been carried out
        lately, changed nothing, and all is as it was then: if it changes nothing again it is only counted."""
        order, before = operation.order, self._state(operation.order.group)
        asked = None if same else self._note_asked(operation)
        try:
            answer = await self._do(operation)
        except Exception as error:  # an operation that never ends would block the member for ever
            answer = Answer(Denial.FAILED, f"This failed in management itself: {error!r}. Look at: understudy status")
        self._arbiter.operations.end(operation, answer.denial, answer.text, time.time_ns())
        is_same = not _has_unacknowledged(order, before) and self._state(order.group) == before
        if same and is_same and same.last.get("outcome") == outcome_of(answer.denial):
            self._count(operation, same, answer)
        else:
            self._note_end(operation, self._note_asked(operation) if same else asked, answer, before if is_same else None)
            await self._sync()
        self._changed()

    def _note_asked(self, operation: Operation) -> int | None:
        order, records = operation.order, self._arbiter.records
        records.again.end(_key(order, operation.principal))  # what came before is told before
        return records.asked("command", operation.principal, order.reason, operation=operation.number, **_asked(order))

    def _count(self, operation: Operation, same: Same, answer: Answer) -> None:
        before = same.last.get("operation")
        self._arbiter.operations.replace(before if isinstance(before, int) else None, operation)
        self._arbiter.records.again.count(same, _entry(operation, answer))

    def _note_end(self, operation: Operation, asked: int | None, answer: Answer, unchanged: State | None) -> None:
        order, records = operation.order, self._arbiter.records
        more = {} if unchanged is None else {"changed": False}
        records.ended(asked, outcome_of(answer.denial), answer.text, operation=operation.number, **more)
        why = f" ({order.reason})" if order.reason else ""
        self._event(order, operation.principal, answer.denial, f"{operation.verb}{why}: {answer.text}", operation.number)
        if unchanged is not None:
            records.again.begin(_key(order, operation.principal), unchanged, asked, _entry(operation, answer))

    def _state(self, group: int) -> State:
        """All that an order could change, as far as it is known here. Core tells of what it changes before it answers."""
        return self._memory.revision, self._arbiter.standing.runtime, self._unacknowledged(group)

    async def _sync(self) -> None:
        try:
            await self._arbiter.records.audit.sync()
        except OSError:
            return  # it is written again at the next entry, and told then

    def _event(self, order: Order, principal: Principal, denial: Denial | None, text: str, operation: int = 0) -> None:
        severity = "none" if denial is None else "warning"
        more = {"before": order.verb.name.lower(), "after": outcome_of(denial), "author": str(principal), "operation": operation}
        self._arbiter.records.event("command", order.group, text, severity=severity, **more)


def _asked(order: Order) -> dict[str, object]:
    flags = {name: True for name, is_set in (("forced", order.is_forced), ("override", order.is_override)) if is_set}
    return {"verb": order.verb.name.lower(), "group": order.group} | flags


def _key(order: Order, principal: Principal) -> Hashable:
    return principal.name, principal.face, principal.address, order


def _entry(operation: Operation, answer: Answer) -> dict[str, object]:
    """What a count of the same orders says besides."""
    order = operation.order
    asked = {"what": "command", "reason": order.reason, **who_of(operation.principal), **_asked(order)}
    return {**asked, "operation": operation.number, "outcome": outcome_of(answer.denial), "text": answer.text}


def _has_unacknowledged(order: Order, before: State) -> bool:
    """Then this changed something: acknowledging is known here, and by the event that tells of it."""
    return order.verb is Verb.ACKNOWLEDGE and bool(before[2])
