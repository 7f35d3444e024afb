"""All that a view is made of: what core and the handover process were last heard to say, and what management knows itself."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from agent.management.arbiter import Arbiter
from agent.management.arbiter_values import ColumnsInForce, unit_columns_of
from agent.management.audit_chain import JsonObject
from agent.management.events import LIMIT
from agent.management.handover import HandoverLink, HandoverStatus
from agent.management.link import CoreLink
from agent.management.memory import Memory
from agent.management.viewer import Sources
from agent.management.viewer_read import tables
from agent.settings.model import Settings


class ViewSources:
    """`is_fresh`: the last question to core was answered. `faults`: see faults.py. `notified`: totals sent and suppressed."""

    def __init__(
        self, settings: Settings, memory: Memory, link: CoreLink, arbiter: Arbiter, faults: Callable[[], Iterable[str]]
    ) -> None:
        self.memory, self.link, self._arbiter, self._faults = memory, link, arbiter, faults
        self.handover = HandoverLink(settings.run_dir / "config.sock" if settings.handover else None)
        self._handover_said, self._decisions = HandoverStatus(None, None), list[object]()
        self._drivers = {name: device.driver for name, device in settings.devices.items()}
        self._columns = ColumnsInForce()
        self.is_fresh, self.notified = False, (0, 0)

    @property
    def is_live(self) -> bool:
        """Core is there and answers."""
        return self.is_fresh and self.link.is_connected

    async def refresh(self) -> None:
        """Asks both, at once."""
        self.is_fresh, said = await asyncio.gather(self.link.refresh(), self.handover.status())
        if said.answer is None:
            self._handover_said = HandoverStatus(_last_word(self._handover_said.answer), said.reason)
            return
        self._handover_said = said
        asks = any(entry.get("pending") for entry in tables(said.answer.get("groups")))
        self._decisions = await self.handover.decisions() if asks else []

    def make(self) -> Sources:
        """As they are now."""
        said = self._handover_said
        handover: JsonObject = {"handover": said.answer, "handover_reason": said.reason, "decisions": self._decisions}
        status = self.memory.whole_status(is_fresh=True) | handover | self._by_ms()
        now_ns = time.time_ns()
        members = {group: self._of_member(group, now_ns) for group in self.memory.members}
        return Sources(status, self._of_unit(), members, self._arbiter.records.events.kept)

    def _by_ms(self) -> JsonObject:
        """How much older ages are than core said. While it answers: nothing, for what it pushed is younger than what it did not,
        and a peer must not seem lost because nobody has asked for a second."""
        return {"by_ms": 0} if self.is_live else {"by_ms": self.memory.age_ms}

    def _of_member(self, group: int, now_ns: int) -> JsonObject:
        with suppress(KeyError):
            reason = {"command_reason": self._arbiter.reasons.shown(group)}
            return (
                self._columns.of(self._arbiter.standing.overrides, group, now_ns)
                | reason
                | self._arbiter.operations.columns(group, now_ns)
            )
        return {}

    def _of_unit(self) -> JsonObject:
        sent, suppressed = self.notified
        return unit_columns_of(self._arbiter.standing.overrides) | {
            "event_limit": LIMIT,
            "events_dropped": self._arbiter.records.events.dropped,
            "notifications_sent": sent,
            "notifications_suppressed": suppressed,
            "drivers": self._drivers,
            "faults": list(self._faults()),
        }


def _last_word(answer: JsonObject | None) -> JsonObject | None:
    """What stays true while the handover process is away: a question waits for a person whether or not it can be answered now.

    How tracking stands is not known then.
    """
    entries = tables((answer or {}).get("groups"))
    kept = [{name: entry[name] for name in ("group", "pending", "paired") if name in entry} for entry in entries]
    return {"groups": kept} if kept else None
