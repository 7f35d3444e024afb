"""The one door for changes: tested, written down, saved, carried out, answered. See agent/model/arbiter.py.

Settings: all of one request or none. They are on the disk before core hears of them; when core refuses one, the disk goes back.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.management.arbiter_checks import Checks, warnings_between
from agent.management.arbiter_restore import UNIT, Kept, kept_of, plan_of, restored
from agent.management.arbiter_values import Plan, Stamp, planned
from agent.management.interval_note import interval_note
from agent.management.operations import Operations
from agent.management.records import Records, outcome_of
from agent.management.standing import Standing
from agent.model.answers import Answer, Change, Denial, Principal
from agent.settings.errors import SettingsError
from agent.settings.model import Settings
from agent.settings.runtime_file import Runtime

NOTE = " Note: "
"""Between what was done and what should be known of it."""
REASON_LIFE_S = 300.0
"""A command_reason that nobody used by then was for something else."""
_KINDS = {"locked": "lock", "auto_lock": "lock", "maintenance": "maintenance"}


class Arbiter:
    """Settings. `changed` is called when what faces show may be different."""

    def __init__(self, standing: Standing, operations: Operations, records: Records, changed: Callable[[], None]) -> None:
        self.standing, self.operations, self.records, self._changed = standing, operations, records, changed
        self.saving = asyncio.Lock()
        self._groups_being_set: set[int] = set()
        self._reasons: dict[int, tuple[str, str, float]] = {}
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
        reason = reason or next(filter(None, (self.reason_of(group, principal) for group in groups)), "")
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
        self._remember_reasons(plan, stamp)
        if plan.runtime == self.standing.runtime:
            return Answer(
                None, "Nothing to change: it is so already." if not plan.reasons else "The reason is kept for the next command."
            )
        asked = self.records.asked("setting", stamp.principal, stamp.reason, before=plan.before, after=plan.after)
        answer = await self._saved_and_told(plan) if asked is not None else Answer(Denial.FAILED, _NO_AUDIT)
        self.records.ended(asked, outcome_of(answer.denial), answer.text)
        if answer.denial is None:
            self._tell_events(plan, stamp)
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
        """With what `check` says of it now and did not say before, and with peers that have another interval."""
        text = "Saved; it acts when core is back." if outcome == "away" else "Saved, and in force."
        after = self.standing.overrides.effective
        found = ["" if before is after else warnings_between(before, after), self._of_intervals(plan)]
        note = " ".join(filter(None, found))
        return Answer(None, f"{text}{NOTE}{note}" if note else text, details={"note": note} if note else {})

    def _of_intervals(self, plan: Plan) -> str:
        groups = [group for group in plan.groups if f"{group}.advertisement_interval_ms" in plan.after]
        if not groups:
            return ""
        own_ms = plan.after[f"{groups[0]}.advertisement_interval_ms"]
        assert isinstance(own_ms, int)
        return interval_note(self.standing.told_of(groups), own_ms)

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

    def _remember_reasons(self, plan: Plan, stamp: Stamp) -> None:
        for group, text in plan.reasons.items():
            self._reasons[group] = (text, _key(stamp.principal), time.monotonic())

    def reason_of(self, group: int, principal: Principal) -> str:
        """The command_reason that this very principal has left for its next command; used once."""
        _, key, _ = self._reasons.get(group, ("", "", 0.0))
        text = self.shown_reason(group) if key == _key(principal) else ""
        if text:
            del self._reasons[group]
        return text

    def shown_reason(self, group: int) -> str:
        """What command_reason reads as: nothing once it is too old to be used."""
        text, _, at_s = self._reasons.get(group, ("", "", 0.0))
        return text if time.monotonic() - at_s < REASON_LIFE_S else ""

    def _tell_events(self, plan: Plan, stamp: Stamp) -> None:
        for name, after in plan.after.items():
            group, _, column = name.rpartition(".")
            before = plan.before[name]
            if column in ("command_reason", "write_semaphore") or before == after:
                continue
            text = f"{column} is {_shown(after)}, was {_shown(before)}{f': {stamp.reason}' if stamp.reason else ''}"
            more = {"before": _shown(before), "after": _shown(after), "author": str(stamp.principal), "name": column}
            self.records.event(_KINDS.get(column, "setting"), int(group or UNIT), text, **more)

    async def confirm(self, groups: Sequence[int]) -> None:
        """Disk and core follow what was edited at once."""
        async with self.saving:
            await self.standing.save_again()
            await self.standing.tell_core(groups)


_NO_AUDIT = (
    "Nothing was changed: the audit cannot be written, and settings are not changed without it. Free space, or mend the disk."
)


def _key(principal: Principal) -> str:
    return str(replace(principal, address=""))


def _asked(changes: Sequence[Change]) -> list[str]:
    return [
        f"{change.table}{'.'.join(map(str, ('', *change.index)))}.{change.name} = {change.value!r}"[:100]
        for change in changes[:32]
    ]


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
