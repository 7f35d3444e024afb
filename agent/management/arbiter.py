"""The one door for changes: tested, written down, saved, carried out, answered. See agent/model/arbiter.py.

Settings: all of one request or none. They are on the disk before core hears of them; when core refuses one, the disk goes back.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from agent.management.arbiter_checks import Checks
from agent.management.arbiter_events import events_of
from agent.management.arbiter_restore import UNIT, Kept, kept_of, plan_of, restored
from agent.management.arbiter_values import Plan, Stamp, planned
from agent.management.arbiter_warnings import note_of
from agent.management.operations import Operations
from agent.management.reasons import Reasons
from agent.management.records import Records, outcome_of
from agent.management.standing import Standing
from agent.model.answers import Answer, Change, Denial, Principal
from agent.settings.errors import SettingsError
from agent.settings.model import Settings
from agent.settings.runtime_file import Runtime

NOTE = " Note: "
"""Between what was done and what should be known of it."""


class Arbiter:
    """Settings. `changed` is called when what faces show may be different."""

    def __init__(self, standing: Standing, operations: Operations, records: Records, changed: Callable[[], None]) -> None:
        self.standing, self.operations, self.records, self._changed = standing, operations, records, changed
        self.saving = asyncio.Lock()
        self._groups_being_set: set[int] = set()
        self.reasons = Reasons()
        self.checks = Checks(standing, operations, self._groups_being_set.__contains__)

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str) -> Answer:
        """See Model.set. It goes on when whoever asked has gone away."""
        return await asyncio.shield(asyncio.create_task(self._set(tuple(changes), principal, reason)))

    async def _set(self, changes: tuple[Change, ...], principal: Principal, reason: str) -> Answer:
        refused = self.checks.of_changes(changes, principal)
        is_new = refused is None and self._changes_something(changes, principal)
        if is_new:
            refused = self.records.too_many(principal)
        if refused is not None:
            self.records.refused("setting", principal, reason, refused, changes=_asked(changes))
            return refused
        groups = {change.index[0] if change.table == "member" else UNIT for change in changes}
        reason = reason or next(filter(None, (self.reasons.take(group, principal) for group in groups)), "")
        self._groups_being_set |= groups
        try:
            async with self.saving:
                before = self.standing.runtime
                answer = await self.carry_out(changes, Stamp(principal, reason, time.time_ns()))
            if answer.denial is None and self.standing.runtime == before:
                self.records.unchanged("setting", principal, reason, answer, changes=_asked(changes))
            return answer
        finally:
            self._groups_being_set -= groups
            self._changed()

    def _changes_something(self, changes: Sequence[Change], principal: Principal) -> bool:
        overrides = self.standing.overrides
        return planned(overrides, changes, Stamp(principal, "", time.time_ns())).runtime != overrides.runtime

    async def carry_out(self, changes: Sequence[Change], stamp: Stamp) -> Answer:
        """Tested changes, `saving` being held."""
        return await self._carry_out(planned(self.standing.overrides, changes, stamp), stamp)

    def kept(self, changes: Sequence[Change]) -> Kept:
        """See Model."""
        return kept_of(self.standing.runtime, changes)

    async def restore(self, kept: Kept, principal: Principal, reason: str) -> Answer:
        """See Model. It goes on when whoever asked has gone away."""
        return await asyncio.shield(asyncio.create_task(self._restore(kept, Stamp(principal, reason, time.time_ns()))))

    async def _restore(self, kept: Kept, stamp: Stamp) -> Answer:
        try:
            async with self.saving:
                now = self.standing.overrides
                then = self.standing.with_runtime(restored(now.runtime, kept))
                return await self._carry_out(plan_of(now, then, kept, stamp.now_ns), stamp)
        except SettingsError as error:
            return Answer(Denial.CONFLICT, f"It does not fit any more: {error}")
        finally:
            self._changed()

    async def _carry_out(self, plan: Plan, stamp: Stamp) -> Answer:
        for group, text in plan.reasons.items():
            self.reasons.leave(group, text, stamp.principal)
        if plan.runtime == self.standing.runtime:
            return Answer(
                None, "Nothing to change: it is so already." if not plan.reasons else "The reason is kept for the next command."
            )
        asked = self.records.asked("setting", stamp.principal, stamp.reason, before=plan.before, after=plan.after)
        answer = await self._saved_and_told(plan) if asked is not None else Answer(Denial.FAILED, _NO_AUDIT)
        self.records.ended(asked, outcome_of(answer.denial), answer.text)
        if answer.denial is None:
            for event in events_of(plan, stamp):
                self.records.event(event.what, event.group, event.text, **event.more)
        return answer

    async def _saved_and_told(self, plan: Plan) -> Answer:
        """Planned just now: what comes from here on, while the disk is busy, goes on top of it."""
        before, effective, known = self.standing.runtime, self.standing.overrides.effective, self.standing.urgent.latest
        try:
            await self.records.audit.sync()
            await self.standing.save(plan.runtime, known)
        except OSError as error:
            return Answer(
                Denial.FAILED,
                f"Nothing was changed: it cannot be saved ({error.strerror or error}). Free space, or mend the disk.",
            )
        outcome, said = await self.standing.tell_core(plan.groups)
        if outcome == "refused":
            return Answer(
                Denial.CONFLICT, f"Core refuses it, so nothing was changed: {said}{await self._back(before, known, plan)}"
            )
        return self._done(outcome, effective, plan)

    def _done(self, outcome: str, before: Settings, plan: Plan) -> Answer:
        text = "Saved; it acts when core is back." if outcome == "away" else "Saved, and in force."
        note = note_of(self.standing, before, plan)
        return Answer(None, f"{text}{NOTE}{note}" if note else text, details={"note": note} if note else {})

    async def _back(self, before: Runtime, known: int, plan: Plan) -> str:
        """The disk and core as they were. What went wrong with that, as one more sentence."""
        try:
            await self.standing.save(before, known)
        except OSError as error:
            self.standing.go_back(before, known)
            return f". The disk still has it ({error.strerror or error}); it is tried again every few seconds"
        finally:
            await self.standing.tell_core(plan.groups)
        return ""

    async def confirm(self, groups: Sequence[int]) -> None:
        """Disk and core follow what was edited at once."""
        async with self.saving:
            await self.standing.save_again()
            await self.standing.tell_core(groups)


_NO_AUDIT = (
    "Nothing was changed: the audit cannot be written, and settings are not changed without it. Free space, or mend the disk."
)


def _asked(changes: Sequence[Change]) -> list[str]:
    return [
        f"{change.table}{'.'.join(map(str, ('', *change.index)))}.{change.name} = {change.value!r}"[:100]
        for change in changes[:32]
    ]
