"""Operations: what persons ordered, one at a time a member. The last 64 are remembered, with how they ended."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.model.answers import Answer, Denial, Order, Phase, Principal

MAX_KEPT = 64
HIGHEST_ID = 0x7FFF_FFFF


@dataclass(slots=True)
class Operation:
    """One order. Times are wall clock, ns; `ended_at_ns` 0: it runs."""

    number: int
    order: Order
    principal: Principal
    started_at_ns: int
    phase: Phase = Phase.RUNNING
    text: str = ""
    denial: Denial | None = None
    ended_at_ns: int = 0

    @property
    def verb(self) -> str:
        """set_master, set_backup, …"""
        return self.order.verb.name.lower()

    def answer(self) -> Answer:
        """As things are now."""
        if self.phase is Phase.RUNNING:
            text = _RUNNING.format(self.verb, self.order.group)
            return Answer(None, text, Phase.RUNNING, self.number)
        return Answer(self.denial, self.text, self.phase, self.number)

    def as_json(self) -> dict[str, object]:
        """For faces that list them."""
        return {
            "operation": self.number,
            "group": self.order.group,
            "verb": self.verb,
            "phase": self.phase.name.lower(),
            "text": self.text,
            "denial": self.denial.value if self.denial else None,
            "reason": self.order.reason,
            "author": str(self.principal),
            "name": self.principal.name,
            "face": self.principal.face,
            "address": self.principal.address,
            "started_at": iso(self.started_at_ns),
            "ended_at": iso(self.ended_at_ns) if self.ended_at_ns else None,
        }


class Operations:
    """The book of them. Numbers go on where the audit says that they ended: none is used for two."""

    def __init__(self, last_number: int = 0, ended: Callable[[Operation], None] = lambda _operation: None) -> None:
        self._number, self._ended = last_number, ended
        self._kept: deque[Operation] = deque(maxlen=MAX_KEPT)
        self._running: dict[int, Operation] = {}
        self._last: dict[int, Operation] = {}

    def begin(self, order: Order, principal: Principal, now_ns: int) -> Operation:
        """A new one; none must be running in that group."""
        assert order.group not in self._running
        self._number = self._number % HIGHEST_ID + 1
        operation = Operation(self._number, order, principal, now_ns)
        self._kept.append(operation)
        self._running[order.group] = self._last[order.group] = operation
        return operation

    def end(self, operation: Operation, denial: Denial | None, text: str, now_ns: int) -> None:
        """It has ended so."""
        operation.phase = _phase(denial)
        operation.denial, operation.text, operation.ended_at_ns = denial, text, now_ns
        del self._running[operation.order.group]
        self._ended(operation)

    def replace(self, before: int | None, after: Operation) -> None:
        """`after` was the same again and changed nothing, as `before`: one of them is enough to show."""
        kept = [one for one in self._kept if one.number != before or one is after or one.phase is Phase.RUNNING]
        self._kept = deque(kept, maxlen=MAX_KEPT)

    def running(self, group: int) -> Operation | None:
        """Of that group."""
        return self._running.get(group)

    def columns(self, group: int, now_ns: int) -> dict[str, object]:
        """What the member's row says of the last one."""
        last = self._last.get(group)
        if last is None:
            return {}
        return {
            "operation_id": last.number,
            "operation_verb": last.verb,
            "operation_phase": last.phase.name.lower(),
            "operation_text": last.text,
            "operation_author": str(last.principal),
            "operation_started_at": last.started_at_ns,
            "operation_age_ms": max(0, now_ns - last.started_at_ns) // 1_000_000,
        }

    def as_json(self) -> list[dict[str, object]]:
        """The last 64, newest last."""
        return [operation.as_json() for operation in self._kept]


_RUNNING = "{} of group {} has not ended: core is at work on it, or is held up and has not answered. Its end is not known yet"


def _phase(denial: Denial | None) -> Phase:
    if denial is None:
        return Phase.DONE
    return Phase.FAILED if denial is Denial.FAILED else Phase.REFUSED


def iso(at_ns: int) -> str:
    """UTC to the ms."""
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
