"""At most one notification in so long about one thing; what is held back is counted, and the last state is always told. Pure."""

import json
from dataclasses import dataclass

from agent.management.alerts_told import Alert

MAX_SUBJECTS = 4096
"""Things that are remembered; beyond, the one told of longest ago is forgotten: it may then be told of a little early."""


@dataclass(slots=True)
class _Slot:
    """`told_ms`: when it was last let through. `held`: the newest of those held back since, `count` of them."""

    told_ms: int
    held: Alert | None = None
    count: int = 0


class Limiter:
    """Times are ms on a clock that never jumps while the machine runs."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self.suppressed = 0
        """In this life."""

    def offer(self, alert: Alert, now_ms: int, interval_ms: int) -> tuple[Alert, int] | None:
        """The alert, to be told now, and how many before it were suppressed; None: held back, `due` gives it or a newer one."""
        slot = self._slots.get(alert.subject)
        if slot is None or (slot.held is None and now_ms - slot.told_ms >= interval_ms):
            self._pass(alert, now_ms, interval_ms)
            return alert, 0
        is_replaced = slot.held is not None
        slot.count += is_replaced
        self.suppressed += is_replaced
        slot.held = alert
        return None

    def _pass(self, alert: Alert, now_ms: int, interval_ms: int) -> None:
        self._slots.pop(alert.subject, None)
        if interval_ms > 0:
            self._slots[alert.subject] = _Slot(now_ms)
        if len(self._slots) > MAX_SUBJECTS:
            quiet = next((subject for subject, slot in self._slots.items() if slot.held is None), None)
            if quiet is not None:
                del self._slots[quiet]

    def due(self, now_ms: int, interval_ms: int) -> list[tuple[Alert, int]]:
        """The last state of everything whose interval is over, with how many were suppressed."""
        over = {subject: slot for subject, slot in self._slots.items() if now_ms - slot.told_ms >= interval_ms}
        for subject in over:
            del self._slots[subject]
        found = [(slot.held, slot.count) for slot in over.values() if slot.held is not None]
        for alert, _count in found:
            self._pass(alert, now_ms, interval_ms)
        return found

    def next_ms(self, interval_ms: int) -> int | None:
        """When `due` will have something; None: nothing is held back."""
        waiting = [slot.told_ms + interval_ms for slot in self._slots.values() if slot.held is not None]
        return min(waiting, default=None)

    def as_text(self) -> str:
        """Of what is held back: for the disk."""
        held = [(slot.told_ms, slot.count, slot.held.as_json()) for slot in self._slots.values() if slot.held is not None]
        return json.dumps(held)


def limiter_from(text: str, now_ms: int) -> Limiter:
    """What `as_text` has written; the machine may have started anew since, and its clock with it."""
    limiter = Limiter()
    try:
        for told_ms, count, held in json.loads(text or "[]"):
            alert = Alert(**held)
            limiter._slots[alert.subject] = _Slot(min(int(told_ms), now_ms), alert, int(count))
    except (ValueError, TypeError):
        return Limiter()
    return limiter
