"""The model of a running unit (agent/model/arbiter.py): what core, handover and management know, as one view; one door for all.

Reading is view_keeper.py's, changing arbiter.py's and orders.py's; here they are put together.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence

from agent.management.arbiter import Arbiter
from agent.management.arbiter_restore import Kept
from agent.management.audit import Audit
from agent.management.audit_answer import verified
from agent.management.audit_chain import JsonObject
from agent.management.deeds import Deeds
from agent.management.events import Events
from agent.management.exposition.counts import Counts
from agent.management.exposition.processes import Processes
from agent.management.exposition.sources import Sources
from agent.management.face_news import FaceNews
from agent.management.face_up import FacesUp, keys_of
from agent.management.faults import faults
from agent.management.guard import Guard
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.operations import Operations
from agent.management.orders import Orders
from agent.management.records import Records, outcome_of
from agent.management.standing import Standing
from agent.management.switched_off import SwitchedOff
from agent.management.view_keeper import ViewKeeper
from agent.management.view_sources import ViewSources
from agent.management.viewer_events import event_of
from agent.model.answers import Answer, Change, Order, Principal
from agent.model.view import View
from agent.settings.model import Settings

RECORDS_S = 10.0
"""Between two looks at what has been counted, and at the files of the audit."""


class UnitModel:
    """Model. `run` keeps it going."""

    def __init__(self, settings: Settings, memory: Memory, link: CoreLink, tell: Callable[[str], None]) -> None:
        data_dir, lasting = settings.unit.data_dir, settings.management
        self.memory, self.link = memory, link
        self.audit_log = Audit(data_dir / "audit", lasting.audit_max_entries, tell)
        self.events = Events(data_dir / "events.jsonl", tell)
        self.counts, self.processes = Counts(lambda: memory.whole), Processes(settings, os.getppid())
        self.counts.recall(self.events.kept)
        self.book = Operations(self.audit_log.last_operation, self.counts.ended)
        self.records = Records(self.audit_log, self.events)
        self.faces_up = FacesUp(keys_of(settings))
        self.exposed = Sources(self.counts, self.processes, memory, self.faces_up)
        self.face_news = FaceNews(self.records, tell, self._change)
        self.standing = Standing(settings, memory, link, tell)
        self.arbiter = Arbiter(self.standing, self.book, self.records, self._change)
        self.guard = Guard(self.arbiter, memory, link, self._change)
        self.switched_off = SwitchedOff(self.arbiter, memory, link, self.guard.follow)
        deeds = Deeds(self.arbiter, link, self.switched_off)
        self.orders = Orders(self.arbiter, deeds.do, self._change, memory, self._unacknowledged)
        self._sources = ViewSources(
            settings, memory, link, self.arbiter, lambda: faults(self.standing, self.audit_log, self.switched_off)
        )
        self.handover = self._sources.handover
        self._keeper = ViewKeeper(self._sources)
        memory.on_whole, memory.on_journal, link.on_connection = self._take_whole, self._take_journal, self._connection
        self.records.settle_open()
        for sentence in self.standing.overrides.told:
            self.records.event("fault", -1, sentence, severity="warning")

    def view(self) -> View:
        """See Model."""
        return self._keeper.view()

    async def fresh(self, max_age_s: float = 1.0) -> View:
        """See Model."""
        return await self._keeper.fresh(max_age_s)

    def changes(self) -> AsyncIterator[View]:
        """See Model."""
        return self._keeper.changes()

    def object_to(self, changes: Sequence[Change], principal: Principal) -> Answer | None:
        """See Model."""
        return self.arbiter.checks.of_changes(changes, principal)

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str = "") -> Answer:
        """See Model."""
        answer = await self.arbiter.set(changes, principal, reason)
        self.counts.command(principal.face, "set", outcome_of(answer.denial))
        self._keeper.build()
        return answer

    def kept(self, changes: Sequence[Change]) -> object:
        """See Model."""
        return self.arbiter.kept(changes)

    async def restore(self, kept: object, principal: Principal, reason: str) -> Answer:
        """See Model."""
        assert isinstance(kept, Kept)
        answer = await self.arbiter.restore(kept, principal, reason)
        self._keeper.build()
        return answer

    def object_to_order(self, order: Order, principal: Principal) -> Answer | None:
        """See Model."""
        return self.arbiter.checks.of_order(order, principal)

    async def command(self, order: Order, principal: Principal, wait_s: float = 5.0) -> Answer:
        """See Model."""
        answer = await self.orders.command(order, principal, wait_s)
        if answer.denial is not None and not answer.operation:
            self.counts.command(principal.face, order.verb.name.lower(), outcome_of(answer.denial))
        self._keeper.build()
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
        return await verified(self.audit_log)

    def notified(self, sent: int, suppressed: int) -> None:
        """Totals of the notifications of all lives."""
        self._sources.notified = (sent, suppressed)
        self._change()

    def _unacknowledged(self, group: int) -> frozenset[int]:
        """Alarms of the group that nobody has seen yet, by number."""
        rows = self._keeper.build().tables["alarm"].items()
        return frozenset(index[0] for index, row in rows if row.get("group") == group and not row.get("acknowledged"))

    async def run(self) -> None:
        """For ever: fresh states, views for those who wait, the guard, the records."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keeper.keep_fresh())
                group.create_task(self._keeper.publish())
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
        self.face_news.look()
        if self.events.number != before:
            self._change()

    def _change(self) -> None:
        self._keeper.note_change()
        self.guard.look()

    def _take_whole(self) -> None:
        self._sources.is_fresh = True
        self.switched_off.look()
        self._change()

    def _take_journal(self, entry: JsonObject) -> None:
        if self.events.note({**event_of(entry), **self.counts.times(entry)}):
            self.counts.journal(entry)

    def _connection(self, is_there: bool) -> None:
        self._sources.is_fresh &= is_there
        self.standing.is_untold = is_there
        self._change()
