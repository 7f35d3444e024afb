"""All deadlines of a unit in one heap. Postponing a deadline, the common case, touches one dict and no heap."""

import heapq
from enum import StrEnum


class Timer(StrEnum):
    """A member's deadlines."""

    LEASE = "lease"
    ADVERT = "advert"
    REPEAT = "repeat"
    TAKEOVER = "takeover"
    REQUEST = "request"
    BEACON = "beacon"
    LIMIT = "limit"
    SETTLE = "settle"
    CHALLENGE = "challenge"
    STRANGERS = "strangers"
    POOL_WATCH = "pool watch"
    POOL_NEWS = "pool news"
    MAINTENANCE = "maintenance"
    HOLD = "hold"
    THIN = "thin"


URGENT = frozenset({Timer.LEASE, Timer.ADVERT, Timer.REPEAT})
"""Deadlines that do not depend on what other units said: they are kept even while packets wait unread."""

_Slot = tuple[int, Timer]


class Agenda:
    """(group, timer) → ns. The heap holds at most one entry a slot; an entry may be early, never late."""

    def __init__(self) -> None:
        self.at_ns: dict[_Slot, int] = {}
        self._queued_ns: dict[_Slot, int] = {}
        self._heap: list[tuple[int, int, Timer]] = []

    def arm(self, group: int, timer: Timer, at_ns: int) -> None:
        """Set or move a deadline."""
        slot = (group, timer)
        self.at_ns[slot] = at_ns
        queued_ns = self._queued_ns.get(slot)
        if queued_ns is None or at_ns < queued_ns:
            self._push(slot, at_ns)

    def disarm(self, group: int, *timers: Timer) -> None:
        """Forget deadlines, armed or not."""
        for timer in timers:
            self.at_ns.pop((group, timer), None)

    def get(self, group: int, timer: Timer) -> int | None:
        """When this deadline is, if it is armed."""
        return self.at_ns.get((group, timer))

    def next_ns(self) -> int | None:
        """The earliest deadline."""
        while self._heap:
            queued_ns, group, timer = self._heap[0]
            at_ns = self.at_ns.get((group, timer))
            if at_ns == queued_ns:
                return at_ns
            self._drop_top(at_ns)
        return None

    def next_timer(self) -> Timer | None:
        """What the earliest deadline is for."""
        return self._heap[0][2] if self.next_ns() is not None else None

    def pop_due(self, now_ns: int, urgent_only: bool) -> tuple[int, Timer, int] | None:
        """The earliest deadline due at `now_ns` as (group, timer, its time), disarmed. With `urgent_only` the others stay."""
        kept: list[tuple[_Slot, int]] = []
        found = None
        while found is None and (at_ns := self.next_ns()) is not None and at_ns <= now_ns:
            slot = self._heap[0][1:]
            self._drop_top(None)
            del self.at_ns[slot]
            if urgent_only and slot[1] not in URGENT:
                kept.append((slot, at_ns))
            else:
                found = (*slot, at_ns)
        for slot, at_ns in kept:
            self.arm(*slot, at_ns)
        return found

    def _push(self, slot: _Slot, at_ns: int) -> None:
        self._queued_ns[slot] = at_ns
        heapq.heappush(self._heap, (at_ns, *slot))

    def _drop_top(self, again_at_ns: int | None) -> None:
        queued_ns, group, timer = heapq.heappop(self._heap)
        slot = (group, timer)
        if self._queued_ns.get(slot) == queued_ns:
            del self._queued_ns[slot]
            if again_at_ns is not None:
                self._push(slot, again_at_ns)
