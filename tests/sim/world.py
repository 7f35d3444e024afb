"""Virtual time: a heap of events, one random generator, and the transcript of what happened."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from random import Random

from agent.engine.effects import Effect, GrantLease, RaiseAlarm, Reply, Send, Transition
from agent.engine.events import Command, DeviceReported, Event, LinkChanged, Stalled
from tests.sim.lan import Lan
from tests.sim.unit import SimUnit
from tests.sim.watch import Watch

MS = 1_000_000
SECOND = 1_000_000_000
TRANSCRIPT_LINES = 400
MAX_STEPS = 300_000
"""Of one history. More is a packet storm."""


class World:
    """All units of one history."""

    def __init__(
        self,
        seed: int = 0,
        *,
        is_authenticated: bool = True,
        is_clean: bool = True,
        delay_ns: int = 100_000,
        jitter_ns: int = 0,
        is_wired: bool = False,
        has_loopback: bool = False,
    ) -> None:
        self.rng = Random(seed)
        self.now_ns = 0
        self.steps = 0
        self.max_steps = MAX_STEPS
        self.is_authenticated = is_authenticated
        self.units: list[SimUnit] = []
        self.lan = Lan(self, delay_ns, jitter_ns, is_wired=is_wired, has_loopback=has_loopback)
        self.watch = Watch(self, is_clean)
        self.transcript: deque[tuple[int, str, object]] = deque(maxlen=TRANSCRIPT_LINES)
        self._heap: list[tuple[int, int, Callable[..., None], tuple[object, ...]]] = []
        self._pushed = 0

    def at(self, at_ns: int, action: Callable[..., None], *arguments: object) -> None:
        """Do this then; events of one moment happen in the order in which they were asked for."""
        self._pushed += 1
        heapq.heappush(self._heap, (at_ns, self._pushed, action, arguments))

    def after(self, delay_ns: int, action: Callable[..., None], *arguments: object) -> None:
        """Do this so much later."""
        self.at(self.now_ns + delay_ns, action, *arguments)

    def run_until(self, until_ns: int) -> None:
        """Let time pass."""
        heap, check = self._heap, self.watch.check_outputs
        while heap and heap[0][0] <= until_ns:
            self.now_ns, _, action, arguments = heapq.heappop(heap)
            action(*arguments)
            check()
        self.now_ns = max(self.now_ns, until_ns)
        check()

    def stepped(self, unit: SimUnit, event: Event, effects: list[Effect]) -> None:
        """One event has been handled, and its effects carried out."""
        self.steps += 1
        assert self.steps < self.max_steps, "a packet storm: one history takes no end"
        if isinstance(event, Command | DeviceReported | LinkChanged | Stalled):
            self.transcript.append((self.now_ns, unit.name, event))
        for effect in effects:
            if not isinstance(effect, GrantLease):
                self.transcript.append((self.now_ns, unit.name, effect))
        self.watch.after_step(unit, event, effects)

    def note(self, who: str, what: str) -> None:
        """A line of the transcript."""
        self.transcript.append((self.now_ns, who, what))

    def tell(self) -> str:
        """The transcript, as a log is read."""
        return "\n".join(f"{at_ns / MS:12.3f} ms  {who:8} {_line(what)}" for at_ns, who, what in self.transcript)


def _line(what: object) -> str:
    if isinstance(what, Send):
        m = what.message
        target = f" to {m.target:x}" if m.target else ""
        return (
            f"> {m.kind.name.lower()}{target} priority {m.priority} sequence {m.sequence} {m.why.name.lower() if m.why else ''}"
        )
    if isinstance(what, Transition):
        return f"{what.before.upper()} -> {what.after.upper()} ({what.reason}): {what.text}"
    if isinstance(what, RaiseAlarm):
        return f"! {what.name}: {what.text}"
    if isinstance(what, Reply):
        return f"answers {what.command_id}: {what.outcome}, {what.text}"
    return str(what)
