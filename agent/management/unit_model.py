"""The model of a running unit (agent/model/arbiter.py): what core, handover and management know, as one view; one door for all.

A view is of one moment (memory.Memory.whole). Core is asked once a second while somebody looks, more seldom while nobody does,
and tells of each change by itself. Making a view takes 30 ms for 255 groups, so many changes in a row share one.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

from agent.management.arbiter import Arbiter
from agent.management.arbiter_restore import Kept
from agent.management.arbiter_values import columns_of, unit_columns_of
from agent.management.audit import Audit
from agent.management.audit_chain import JsonObject
from agent.management.deeds import Deeds
from agent.management.events import LIMIT, Events
from agent.management.exposition.counts import Counts
from agent.management.exposition.processes import Processes
from agent.management.guard import Guard
from agent.management.handover import HandoverLink, HandoverStatus
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.operations import Operations
from agent.management.orders import Orders
from agent.management.records import Records, outcome_of
from agent.management.standing import Standing
from agent.management.switched_off import SwitchedOff
from agent.management.viewer import Sources, Viewer
from agent.management.viewer_events import event_of
from agent.model.answers import Answer, Change, Denial, Order, Principal
from agent.model.view import View
from agent.settings.model import Settings
from agent.settings.runtime_disk import COPY

LOOKED_AT_S = 10.0
"""Whoever read so long ago may read again."""
ACTIVE_S, IDLE_S = 1.0, 5.0
SHARE_ACTIVE, SHARE_IDLE = 20, 100
"""A refresh takes at most a 20th (a 100th) of the time."""
RECORDS_S = 10.0
"""Between two looks at what has been counted, and at the files of the audit."""
BUILD_SHARE = 5
"""Views are made for at most a fifth of the time."""


class UnitModel:
    """Model. `run` keeps it going."""

    def __init__(self, settings: Settings, memory: Memory, link: CoreLink, tell: Callable[[str], None]) -> None:
        data_dir, lasting = settings.unit.data_dir, settings.management
        self.memory, self.link = memory, link
        self.audit_log = Audit(data_dir / "audit", lasting.audit_max_entries, tell)
        self.events = Events(data_dir / "events.jsonl", tell)
        self.counts, self.processes = Counts(), Processes(settings, os.getppid())
        self.book = Operations(self.audit_log.last_operation, self.counts.ended)
        self.records = Records(self.audit_log, self.events)
        self.standing = Standing(settings, memory, link, tell)
        self.arbiter = Arbiter(self.standing, self.book, self.records, self._change)
        self.guard = Guard(self.arbiter, memory, link, self._change)
        self.switched_off = SwitchedOff(self.arbiter, memory, link, self.guard.follow)
        deeds = Deeds(self.arbiter, link, self.switched_off)
        self.orders = Orders(self.arbiter, deeds.do, self._change, memory, self._unacknowledged)
        self.handover = HandoverLink(settings.run_dir / "config.sock" if settings.handover else None)
        self._handover_said, self._decisions = HandoverStatus(None, None), list[object]()
        self._drivers = {name: device.driver for name, device in settings.devices.items()}
        self._notified, self._is_fresh = (0, 0), False
        self._viewer = Viewer()
        self._view = self._viewer.view(self._sources(), is_stale=True)
        self._is_dirty, self._built_at_s, self._build_s, self._looked_at_s = False, 0.0, 0.0, time.monotonic()
        self._changed, self._subscribers = asyncio.Event(), set[asyncio.Event]()
        memory.on_whole, memory.on_journal, link.on_connection = self._take_whole, self._take_journal, self._connection
        self.records.settle_open()
        for sentence in self.standing.overrides.told:
            self.records.event("fault", -1, sentence, severity="warning")

    def view(self) -> View:
        """See Model. Makes a new one when there is something new and the last was not made just now."""
        self._looked_at_s = time.monotonic()
        if self._is_dirty and self._looked_at_s >= self._next_build_s():
            self._build()
        return self._view

    async def fresh(self, max_age_s: float = 1.0) -> View:
        """See Model."""
        age_ms = self.memory.age_ms
        if age_ms is None or age_ms > max_age_s * 1000 or not self.link.is_connected:
            await self._refresh()
        self._build()
        return self.view()

    async def changes(self) -> AsyncIterator[View]:
        """See Model."""
        wake = asyncio.Event()
        self._subscribers.add(wake)
        try:
            while True:
                await wake.wait()
                wake.clear()
                yield self._view
        finally:
            self._subscribers.discard(wake)

    def object_to(self, changes: Sequence[Change], principal: Principal) -> Answer | None:
        """See Model."""
        return self.arbiter.checks.of_changes(changes, principal)

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str = "") -> Answer:
        """See Model."""
        answer = await self.arbiter.set(changes, principal, reason)
        self.counts.command(principal.face, "set", outcome_of(answer.denial))
        self._build()
        return answer

    def kept(self, changes: Sequence[Change]) -> object:
        """See Model."""
        return self.arbiter.kept(changes)

    async def restore(self, kept: object, principal: Principal, reason: str) -> Answer:
        """See Model."""
        assert isinstance(kept, Kept)
        answer = await self.arbiter.restore(kept, principal, reason)
        self._build()
        return answer

    def object_to_order(self, order: Order, principal: Principal) -> Answer | None:
        """See Model."""
        return self.arbiter.checks.of_order(order, principal)

    async def command(self, order: Order, principal: Principal, wait_s: float = 5.0) -> Answer:
        """See Model."""
        answer = await self.orders.command(order, principal, wait_s)
        if answer.denial is not None and not answer.operation:
            self.counts.command(principal.face, order.verb.name.lower(), outcome_of(answer.denial))
        self._build()
        return answer

    def operations(self) -> list[JsonObject]:
        """The last 64, newest last."""
        return self.book.as_json()

    async def audit(self, limit: int = 100) -> list[JsonObject]:
        """The last entries, at most 1000, newest last."""
        return self.audit_log.read(limit)

    async def verify_audit(self) -> Answer:
        """Is the chain whole? FAILED with the place of the first break."""
        self._look_at_records()
        try:
            verdict = await self.audit_log.verify()
        except OSError as error:
            where = error.filename or "a file of the audit"
            what = f"{where} cannot be read ({error.strerror or error}), so nobody can say whether the audit is whole"
            return Answer(Denial.FAILED, f"{what}. Give it back to the user that runs the agent, and ask again.")
        details: dict[str, object] = {"entries": verdict.entries, "head": verdict.head, "lost": self.audit_log.lost}
        return Answer(None if verdict.is_whole else Denial.FAILED, f"{verdict.text}.", details=details)

    def notified(self, sent: int, suppressed: int) -> None:
        """Totals of the notifications of all lives."""
        self._notified = (sent, suppressed)
        self._change()

    def _unacknowledged(self, group: int) -> frozenset[int]:
        """Alarms of the group that nobody has seen yet, by number."""
        self._build()
        rows = self._view.tables["alarm"].items()
        return frozenset(index[0] for index, row in rows if row.get("group") == group and not row.get("acknowledged"))

    async def run(self) -> None:
        """For ever: fresh states, views for those who wait, the guard, the records."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_fresh())
                group.create_task(self._publish())
                group.create_task(self.guard.run())
                group.create_task(self.processes.watch())
                group.create_task(self._keep_records())
        finally:
            self.records.again.close()

    async def _keep_records(self) -> None:
        while True:
            await asyncio.sleep(RECORDS_S)
            self._look_at_records()

    def _look_at_records(self) -> None:
        before = self.events.number
        self.records.again.tick()
        self.audit_log.look()
        if self.events.number != before:
            self._change()

    async def _keep_fresh(self) -> None:
        while True:
            started_s = time.monotonic()
            await self._refresh()
            took_s = time.monotonic() - started_s
            is_watched = bool(self._subscribers) or started_s - self._looked_at_s < LOOKED_AT_S
            await asyncio.sleep(max(ACTIVE_S, took_s * SHARE_ACTIVE) if is_watched else max(IDLE_S, took_s * SHARE_IDLE))

    async def _refresh(self) -> None:
        self._is_fresh, self._handover_said = await asyncio.gather(self.link.refresh(), self.handover.status())
        groups = (self._handover_said.answer or {}).get("groups")
        asks = any(isinstance(one, dict) and one.get("pending") for one in groups) if isinstance(groups, list) else False
        self._decisions = await self.handover.decisions() if asks else []
        self._change()

    async def _publish(self) -> None:
        """Whoever waits for changes gets each new view, and the newest when they come faster than they can be made."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(max(0.0, self._next_build_s() - time.monotonic()))
            self._changed.clear()
            if self._subscribers:
                self._build()

    def _next_build_s(self) -> float:
        return self._built_at_s + BUILD_SHARE * self._build_s

    def _build(self) -> None:
        if not self._is_dirty:
            return
        started_s, before = time.monotonic(), self._view
        self._is_dirty = False
        self._view = self._viewer.view(self._sources(), is_stale=not (self._is_fresh and self.link.is_connected))
        self._built_at_s = time.monotonic()
        self._build_s = self._built_at_s - started_s
        if self._view is not before:
            for wake in self._subscribers:
                wake.set()

    def _sources(self) -> Sources:
        said = self._handover_said
        handover: JsonObject = {"handover": said.answer, "handover_reason": said.reason, "decisions": self._decisions}
        status = self.memory.whole_status(is_fresh=True) | handover | self._by_ms()
        now_ns = time.time_ns()
        members = {group: self._of_member(group, now_ns) for group in self.memory.members}
        return Sources(status, self._of_unit(), members, self.events.kept)

    def _by_ms(self) -> JsonObject:
        """How much older ages are than core said. While it answers: nothing, for what it pushed is younger than what it did not,
        and a peer must not seem lost because nobody has asked for a second."""
        return {"by_ms": 0} if self._is_fresh and self.link.is_connected else {"by_ms": self.memory.age_ms}

    def _of_member(self, group: int, now_ns: int) -> JsonObject:
        with suppress(KeyError):
            reason = {"command_reason": self.arbiter.shown_reason(group)}
            return columns_of(self.standing.overrides, group, now_ns) | reason | self.book.columns(group, now_ns)
        return {}

    def _of_unit(self) -> JsonObject:
        sent, suppressed = self._notified
        return unit_columns_of(self.standing.overrides) | {
            "event_limit": LIMIT,
            "events_dropped": self.events.dropped,
            "notifications_sent": sent,
            "notifications_suppressed": suppressed,
            "drivers": self._drivers,
            "faults": self._faults(),
        }

    def _faults(self) -> list[str]:
        """What a person must mend, as sentences; it is an alarm as long as it lasts."""
        found = self.switched_off.faults
        if self.audit_log.is_failing:
            lost = f"{self.audit_log.lost} entries are lost"
            found.append(f"The audit cannot be written, {lost}; settings are refused. Free space, or mend the disk.")
        if self.audit_log.touched:
            found.append(f"{self.audit_log.touched}. This is said for a day, or until management starts anew.")
        if self.standing.is_failing:
            found.append("What was set at run time cannot be saved: a restart forgets it. Free space, or mend the disk.")
        if self.standing.is_without_copy:
            found.append(f"{COPY} cannot be replaced: see what stands in its place, and remove it.")
        if self.standing.overrides.is_lost:
            found.append(
                "runtime.json was broken: the settings file alone is in force, nothing is locked. Set again what is missing."
            )
        return found

    def _change(self) -> None:
        self._is_dirty = True
        self._changed.set()
        self.guard.look()

    def _take_whole(self) -> None:
        self._is_fresh = True
        self.switched_off.look()
        self._change()

    def _take_journal(self, entry: JsonObject) -> None:
        if self.events.note(event_of(entry)):
            self.counts.journal(entry)

    def _connection(self, is_there: bool) -> None:
        self._is_fresh &= is_there
        self.standing.is_untold = is_there
        self._change()
