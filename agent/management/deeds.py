"""What each verb does. Most are core's to carry out; the answer is what became of it, never a guess (C-17)."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from agent.management.arbiter import Arbiter
from agent.management.arbiter_values import Stamp
from agent.management.link import CoreLink
from agent.management.operations import Operation
from agent.management.switched_off import SwitchedOff
from agent.model.answers import Answer, Change, Denial, Phase, Verb
from agent.model.words import STANDBY_MODE

_AFTER_WORDS = {"done": None, "refused": Denial.CONFLICT, "busy": Denial.BUSY}
_ANEW = "Core has started anew before it answered: what it had begun of this ended with it, and it will not be carried out"
Deed = Callable[[Operation], Awaitable[Answer]]


class Deeds:
    """`do`: until core has answered, or cannot any more."""

    def __init__(self, arbiter: Arbiter, link: CoreLink, switched_off: SwitchedOff) -> None:
        self._arbiter, self._link, self._switched_off = arbiter, link, switched_off
        self._of_verb: dict[Verb, Deed] = {
            Verb.SET_MASTER: lambda operation: self._tell_core("set-master", operation),
            Verb.FORCE_MASTER: lambda operation: self._tell_core("set-master", operation, is_forced=True),
            Verb.SET_BACKUP: lambda operation: self._tell_core("set-backup", operation),
            Verb.ACKNOWLEDGE: lambda operation: self._tell_core("acknowledge", operation),
            Verb.OFF: self._off,
            Verb.ON: self._on,
            Verb.ARM_STANDBY: self._arm,
        }

    async def do(self, operation: Operation) -> Answer:
        """Carried out, or why not."""
        return await self._of_verb[operation.order.verb](operation)

    async def _tell_core(self, verb: str, operation: Operation, *, is_forced: bool = False) -> Answer:
        order = operation.order
        command: dict[str, object] = {"verb": verb, "group": order.group, "author": str(operation.principal)}
        reply = await self._link.command(command | {"forced": order.is_forced or is_forced, "override": order.is_override})
        outcome = str(reply.get("outcome"))
        text = _ANEW if outcome == "unknown" else str(reply.get("text", ""))
        return Answer(_AFTER_WORDS.get(outcome, Denial.FAILED), text, Phase.DONE, operation.number)

    async def _off(self, operation: Operation) -> Answer:
        """D-12. Kept once core has done it: what core did not do is not found on the disk by the next one."""
        answer = await self._tell_core("off", operation)
        off = Stamp(operation.principal, operation.order.reason, time.time_ns()).override(True)
        return answer if answer.denial else await self._kept(answer, self._switched_off.keep(operation.order.group, off))

    async def _on(self, operation: Operation) -> Answer:
        answer = await self._tell_core("on", operation)
        return answer if answer.denial else await self._kept(answer, self._switched_off.keep(operation.order.group, None))

    async def _kept(self, answer: Answer, keeping: Awaitable[str]) -> Answer:
        """A full disk does not keep a person from it; it is said."""
        said = await keeping
        return replace(answer, text=answer.text.rstrip(".") + said) if said else answer

    async def _arm(self, operation: Operation) -> Answer:
        """D-45, C-23: takes over by itself again. A pooled seat is armed with its nmBackup."""
        home = self._arbiter.standing.home_of(operation.order.group).group
        change = Change("member", (home,), "standby_mode", STANDBY_MODE.words["automatic"])
        async with self._arbiter.saving:
            stamp = Stamp(operation.principal, operation.order.reason, time.time_ns())
            return await self._arbiter.carry_out([change], stamp)
