"""May this be done now? The same objections on every face, each a whole sentence with what to do (C-17)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.management.arbiter_values import Stamp, planned
from agent.management.operations import Operations, iso
from agent.management.standing import Standing
from agent.model.answers import Answer, Change, Denial, Order, Principal, Role, Verb
from agent.model.check import objection
from agent.model.tables import TABLE
from agent.settings.errors import SettingsError, sentences
from agent.settings.overrides import IN_FILE

WHEN_LOCKED = ("locked", "command_reason")
"""What may be set of a locked member; nothing that moves it."""


class Checks:
    """`is_setting`: is a change of this group being saved now (-1: the unit)?"""

    def __init__(self, standing: Standing, operations: Operations, is_setting: Callable[[int], bool]) -> None:
        self._standing, self._operations, self._is_setting = standing, operations, is_setting

    def of_changes(self, changes: Sequence[Change], principal: Principal) -> Answer | None:
        """Each in turn, then all together."""
        for culprit, change in enumerate(changes):
            refused = self._of_change(change, principal)
            if refused is not None:
                return replace(refused, culprit=culprit)
        return self._together(changes, principal)

    def _of_change(self, change: Change, principal: Principal) -> Answer | None:
        if principal.role < Role.OPERATOR:
            return _not_allowed(principal)
        refused = self._unknown(change)
        if refused is not None:
            return refused
        if why := objection(TABLE[change.table].column(change.name), change.value):
            return Answer(Denial.BAD_VALUE, _sentence(why))
        return self._of_unit(change) if change.table == "unit" else self._of_member(change)

    def _unknown(self, change: Change) -> Answer | None:
        table = TABLE.get(change.table)
        if table is None or all(column.name != change.name for column in table.columns):
            return Answer(Denial.UNKNOWN, f"There is no {change.table} {change.name}.")
        if change.table == "member" and not (len(change.index) == 1 and self._standing.has(change.index[0])):
            return Answer(Denial.UNKNOWN, self.no_seat(*change.index[:1]))
        if change.table == "unit" and change.index != ():
            return Answer(Denial.UNKNOWN, "There is one unit here; its objects have no index.")
        if change.name == "command":
            return Answer(Denial.UNKNOWN, "A command is ordered, not set.")
        return None

    def _of_unit(self, change: Change) -> Answer | None:
        now = self._standing.runtime.semaphore
        if change.name == "write_semaphore" and change.value != now:
            return Answer(
                Denial.CONFLICT, f"Somebody else has written meanwhile: write_semaphore is {now}. Read again, then write."
            )
        return self._being_set(-1)

    def _of_member(self, change: Change) -> Answer | None:
        group = change.index[0]
        if change.name in ("locked", "auto_lock") and change.value and not self._standing.settings.management.lock:
            return Answer(Denial.CONFLICT, _NO_LOCK)
        if change.name not in WHEN_LOCKED and (locked := self._locked(group)):
            return locked
        if change.name in IN_FILE:
            if (home := self._standing.home_of(group).group) != group:
                where = f"Group {group} is protected by the nmBackup of group {home}"
                return Answer(Denial.CONFLICT, f"{where}: set {change.name} there, it holds for all of them.")
            if (busy := self.busy(group)) is not None:
                return busy
        return self._being_set(group)

    def _being_set(self, group: int) -> Answer | None:
        if not self._is_setting(group):
            return None
        return Answer(Denial.BUSY, "Somebody else's change is being saved at this moment. Read again, then write.")

    def _together(self, changes: Sequence[Change], principal: Principal) -> Answer | None:
        """The settings' own checks: a change that `understudy check` would call an error is refused with its sentence."""
        culprit = next((place for place, change in enumerate(changes) if change.name in IN_FILE), None)
        if culprit is None:
            return None
        plan = planned(self._standing.overrides, changes, Stamp(principal, "", time.time_ns()))
        try:
            self._standing.with_runtime(plan.runtime)
        except SettingsError as error:
            return Answer(Denial.CONFLICT, sentences(error.findings[0].what, error.findings[0].remedy), culprit=culprit)
        return None

    def of_order(self, order: Order, principal: Principal) -> Answer | None:
        """Role, seat, lock, and whether something runs."""
        if principal.role < Role.OPERATOR:
            return _not_allowed(principal)
        if order.verb is Verb.NO_ACTION:
            return None
        if not (type(order.group) is int and self._has_say_in(order.group)):
            return Answer(Denial.UNKNOWN, self.no_seat(order.group))
        if why := objection(TABLE["member"].column("command_reason"), order.reason):
            return Answer(Denial.BAD_VALUE, _sentence(why))
        if order.verb is not Verb.ACKNOWLEDGE and (locked := self._locked(order.group)):
            return locked
        return self.busy(order.group)

    def _has_say_in(self, group: int) -> bool:
        """A seat there, or an nmBackup that protects every group (then core knows)."""
        everywhere = any(member.is_nm_backup and member.protects is None for member in self._standing.settings.members)
        return 0 <= group <= 255 and (everywhere or self._standing.has(group))

    def no_seat(self, group: int = -1) -> str:
        """S-18: without N:M a unit has no say in other groups than its own."""
        settings = self._standing.settings
        seats = ", ".join(str(member.group) for member in settings.members)
        why = "" if settings.pool.n_to_m else "; N:M is off, so it stands in for no other (understudy pool enable)"
        return f"This unit has no seat in group {group}. It has: {seats}{why}"

    def _locked(self, group: int) -> Answer | None:
        """D-49, C-13: every operator's order and setting but unlocking and acknowledging; never automatic protection."""
        if not self._standing.overrides.is_locked(group):
            return None
        lock = self._standing.runtime.of(group)["locked"]
        why = f": {lock.reason}" if lock.reason else ""
        what = f"Group {group} is locked, by {lock.author} at {iso(lock.at_ns)}{why}"
        return Answer(Denial.CONFLICT, f"{what}. Unlock it first (locked = false), in a request of its own.")

    def busy(self, group: int) -> Answer | None:
        """D-26, C-17: refused, with the operation that runs, and not carried out later."""
        running = self._operations.running(group)
        if running is None:
            return None
        what = f"Group {group} is busy: {running.verb} by {running.principal} (operation {running.number}) is running"
        return Answer(Denial.BUSY, f"{what}. Try again when it has ended.", running=running.number)


_NO_LOCK = "The settings switch the lock off ([management] lock = false), so nothing can be locked (D-53)."


def _not_allowed(principal: Principal) -> Answer:
    return Answer(Denial.NOT_ALLOWED, f"{principal} may look, not change: that takes the role operator (C-20).")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
