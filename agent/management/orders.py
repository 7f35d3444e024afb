"""Carrying out orders: one at a time a member, each with a definite end (C-17, D-26). What a verb does is one method."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from agent.management.arbiter import Arbiter
from agent.management.arbiter_values import Stamp, with_group
from agent.management.link import CoreLink
from agent.management.operations import Operation
from agent.management.records import outcome_of
from agent.model.answers import Answer, Change, Denial, Order, Phase, Principal, Verb
from agent.model.words import STANDBY_MODE
from agent.settings.runtime_file import Runtime

_AFTER_WORDS = {None: None, "done": None, "refused": Denial.CONFLICT, "busy": Denial.BUSY}


class Orders:
    """Commands. Core tells of what it has done before it answers, so the lock that it may bring (D-51) is there by then."""

    def __init__(self, arbiter: Arbiter, link: CoreLink, changed: Callable[[], None]) -> None:
        self._arbiter, self._link, self._changed = arbiter, link, changed
        self._tasks: set[asyncio.Task[None]] = set()
        self._do: dict[Verb, Callable[[Operation], Awaitable[Answer]]] = {
            Verb.SET_MASTER: lambda operation: self._tell_core("set-master", operation),
            Verb.FORCE_MASTER: lambda operation: self._tell_core("set-master", operation, is_forced=True),
            Verb.SET_BACKUP: lambda operation: self._tell_core("set-backup", operation),
            Verb.ACKNOWLEDGE: lambda operation: self._tell_core("acknowledge", operation),
            Verb.OFF: self._off,
            Verb.ON: self._on,
            Verb.ARM_STANDBY: self._arm,
        }

    async def command(self, order: Order, principal: Principal, wait_s: float) -> Answer:
        """See Model.command."""
        arbiter = self._arbiter
        refused = arbiter.checks.of_order(order, principal)
        if refused is not None:
            self._note_refusal(order, principal, refused)
            return refused
        if order.verb is Verb.NO_ACTION:
            return Answer(None, "Nothing was asked for, and nothing was done.")
        order = replace(order, reason=order.reason or arbiter.reason_of(order.group, principal))
        operation = arbiter.operations.begin(order, principal, time.time_ns())
        task = asyncio.create_task(self._carry_out(operation))
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

    async def _carry_out(self, operation: Operation) -> None:
        """The audit is written first, and does not keep the air waiting for the disk."""
        order, records = operation.order, self._arbiter.records
        asked = records.asked("command", operation.principal, order.reason, operation=operation.number, **_asked(order))
        try:
            answer = await self._do[order.verb](operation)
        except Exception as error:  # an operation that never ends would block the member for ever
            answer = Answer(Denial.FAILED, f"This failed in management itself: {error!r}. Look at: understudy status")
        self._arbiter.operations.end(operation, answer.denial, answer.text, time.time_ns())
        records.ended(asked, outcome_of(answer.denial), answer.text, operation=operation.number)
        why = f" ({order.reason})" if order.reason else ""
        self._event(order, operation.principal, answer.denial, f"{operation.verb}{why}: {answer.text}", operation.number)
        self._changed()
        await self._sync()

    async def _sync(self) -> None:
        try:
            await self._arbiter.records.audit.sync()
        except OSError:
            return  # it is written again at the next entry, and told then

    def _event(self, order: Order, principal: Principal, denial: Denial | None, text: str, operation: int = 0) -> None:
        severity = "none" if denial is None else "warning"
        more = {"before": order.verb.name.lower(), "after": outcome_of(denial), "author": str(principal), "operation": operation}
        self._arbiter.records.event("command", order.group, text, severity=severity, **more)

    async def _tell_core(self, verb: str, operation: Operation, *, is_forced: bool = False) -> Answer:
        order = operation.order
        command: dict[str, object] = {"verb": verb, "group": order.group, "author": str(operation.principal)}
        reply = await self._link.command(command | {"forced": order.is_forced or is_forced, "override": order.is_override})
        denial = _AFTER_WORDS.get(str(reply.get("outcome")), Denial.FAILED)
        return Answer(denial, str(reply.get("text", "")), Phase.DONE, operation.number)

    async def _off(self, operation: Operation) -> Answer:
        """Kept first, so that core stays off after a restart (D-12)."""
        stamp = Stamp(operation.principal, operation.order.reason, time.time_ns())
        group = operation.order.group

        def with_off(runtime: Runtime) -> Runtime:
            return with_group(runtime, group, {**runtime.of(group), "off": stamp.override(True)})

        return await self._kept_and_told("off", operation, with_off)

    async def _on(self, operation: Operation) -> Answer:
        group = operation.order.group

        def without_off(runtime: Runtime) -> Runtime:
            return with_group(runtime, group, {name: one for name, one in runtime.of(group).items() if name != "off"})

        return await self._kept_and_told("on", operation, without_off)

    async def _kept_and_told(self, verb: str, operation: Operation, edit: Callable[[Runtime], Runtime]) -> Answer:
        """When core does not do it, the disk goes back. A full disk does not keep a person from it; it is said."""
        standing = self._arbiter.standing
        async with self._arbiter.saving:
            before, known, said = standing.runtime, standing.urgent.latest, ""
            try:
                await standing.save(edit(before), known)
            except OSError as error:
                said = f". It cannot be saved ({error.strerror or error}): after a restart of core it is as before."
            answer = await self._tell_core(verb, operation)
            if answer.denial is not None and standing.runtime != before:
                standing.go_back(before, known)
                await standing.save_again()
        return replace(answer, text=answer.text.rstrip(".") + said if said else answer.text)

    async def _arm(self, operation: Operation) -> Answer:
        """D-45, C-23: takes over by itself again. A pooled seat is armed with its nmBackup."""
        home = self._arbiter.standing.home_of(operation.order.group).group
        change = Change("member", (home,), "standby_mode", STANDBY_MODE.words["automatic"])
        async with self._arbiter.saving:
            stamp = Stamp(operation.principal, operation.order.reason, time.time_ns())
            return await self._arbiter.carry_out([change], stamp)


def _asked(order: Order) -> dict[str, object]:
    flags = {name: True for name, is_set in (("forced", order.is_forced), ("override", order.is_override)) if is_set}
    return {"verb": order.verb.name.lower(), "group": order.group} | flags
