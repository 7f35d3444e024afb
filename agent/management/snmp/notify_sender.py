"""From what the model shows into the queue of what is to be told."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from agent.management.alerts import Watch
from agent.management.alerts_told import Alert, Told, told_from
from agent.management.snmp.notify_body import COLD_START, WARM_START, body_of, body_of_start
from agent.management.snmp.notify_clock import machine_boot, machine_ms
from agent.management.snmp.notify_limit import limiter_from
from agent.management.snmp.notify_target import Target
from agent.management.snmp.queue_safe import SafeQueue
from agent.model.arbiter import Model
from agent.model.kinds import Value
from agent.model.view import View

LOOK_EVERY_S: Final = 0.05
"""Views may come quicker; events are not lost by it."""
DOUBT_S: Final = 1.0
SAVE_EVERY_S: Final = 5.0
"""What was only learned, not told, is kept on the disk so often."""


class Sender:
    """From the model into the queue."""

    def __init__(self, model: Model, queue: SafeQueue) -> None:
        self._model, self._queue = model, queue
        self._targets: list[Target] = []
        self._watch, self._limiter = Watch(Told()), limiter_from("", 0)
        self._saved, self._saved_at_s, self._suppressed = "", 0.0, 0
        self._changed = asyncio.Event()

    async def serve(self, target: Target) -> None:
        """It hears of news as long as it runs."""
        self._targets.append(target)
        try:
            await target.run()
        finally:
            self._targets.remove(target)

    async def follow(self) -> None:
        """The model's news."""
        async for _ in self._model.changes():
            self._changed.set()

    async def run(self) -> None:
        """Looks at every view that stays for LOOK_EVERY_S."""
        kept = await self._queue.ask(lambda queue: {key: queue.state(key) for key in ("told", "held", "start", "suppressed")})
        self._watch, self._limiter = Watch(told_from(kept["told"])), limiter_from(kept["held"], machine_ms())
        self._suppressed, start = int(kept["suppressed"] or 0), kept["start"]
        while True:
            self._changed.clear()
            view = self._model.view()
            if not view.is_stale and (unit := view.row("unit")):
                start = await self._start(start, unit)
            await self._look(view)
            await self._pause(view)

    async def _start(self, kept: str, unit: Mapping[str, Value]) -> str:
        """coldStart when the machine has started since, warmStart when only the unit has; nothing for management alone."""
        now = f"{machine_boot()} {unit.get('unit_id')!s} {unit.get('boot')!s}"
        if now == kept:
            return kept
        kind = WARM_START if kept.split(" ", maxsplit=1)[0] == machine_boot() else COLD_START
        bodies = [body_of_start(kind)] if unit.get("notifications_enabled") is not False else []
        await self._add({"start": now}, bodies)
        return now

    async def _look(self, view: View) -> None:
        unit = view.row("unit") or {}
        alerts = self._watch.look(view, time.monotonic_ns(), time.time_ns())
        due = self._limited(alerts, int(unit.get("notification_min_interval_ms") or 0))
        if unit.get("notifications_enabled") is False:
            due = []
        name = str(unit.get("name") or "")
        bodies = [body_of(alert, name, suppressed) for alert, suppressed in due]
        if alerts or bodies or time.monotonic() - self._saved_at_s >= SAVE_EVERY_S:
            await self._save(bodies)

    def _limited(self, alerts: list[Alert], interval_ms: int) -> list[tuple[Alert, int]]:
        now_ms = machine_ms()
        offered = [self._limiter.offer(alert, now_ms, interval_ms) for alert in alerts]
        return [*self._limiter.due(now_ms, interval_ms), *(one for one in offered if one is not None)]

    async def _save(self, bodies: list[str]) -> None:
        told, held = self._watch.told.as_text(), self._limiter.as_text()
        self._saved_at_s = time.monotonic()
        if bodies or told + held != self._saved:
            suppressed = str(self._suppressed + self._limiter.suppressed)
            await self._add({"told": told, "held": held, "suppressed": suppressed}, bodies)
            self._saved = told + held
        await self._count()

    async def _add(self, states: dict[str, str], bodies: list[str]) -> None:
        await self._queue.ask(lambda queue: queue.add(states, bodies, machine_boot(), machine_ms()))
        for target in self._targets:
            target.news.set()

    async def _count(self) -> None:
        sent = await self._queue.ask(lambda queue: queue.counted("sent"))
        self._model.notified(sent, self._suppressed + self._limiter.suppressed)

    async def _pause(self, view: View) -> None:
        """Until there is a new view, something held back is due, or a doubt may be over."""
        await asyncio.sleep(LOOK_EVERY_S)
        interval_ms = int((view.row("unit") or {}).get("notification_min_interval_ms") or 0)
        due_ms = self._limiter.next_ms(interval_ms)
        waits = [SAVE_EVERY_S] if due_ms is None else [SAVE_EVERY_S, max(0.0, (due_ms - machine_ms()) / 1000)]
        waits += [DOUBT_S] if self._watch.is_in_doubt else []
        with suppress(TimeoutError):
            async with asyncio.timeout(min(waits)):
                await self._changed.wait()
