"""The driver `receiver`: takes transport streams from UDP, and forwards them to UDP by a plan, whenever the gate lets it.

The plan can change while streams flow: what two plans have in common is not touched.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from time import monotonic_ns, sleep

from agent.devices.carrier import Carrier
from agent.devices.gate import Gate
from agent.devices.plan import Plan
from agent.devices.route import Route, Tally
from agent.devices.staging import EMPTY_STAGE, Part, Stage, connect, end_of, left_behind, stage_after, told
from agent.devices.totals import sum_up, totals_of

BATCH_DATAGRAMS = 64
"""Forwarded in one turn, over all carriers and routes, then orders are looked at: 64 take about 2 ms."""

SETTLE_LIMIT_NS = 20_000_000
SETTLE_STEP_S = 0.0005
ALL_AT_ONCE = 16
"""More ends than this are not looked at together every 50 ms, but a quarter of them each time."""

QUARTERS = 4
MAX_LEAVING = 256


class Receiver:
    """`input_timeout_ns`: silence after which a carrier counts as lost."""

    def __init__(self, input_timeout_ns: int) -> None:
        self.carriers: tuple[Carrier, ...] = ()
        self.routes: tuple[Route, ...] = ()
        self.tally = Tally()
        self._input_timeout_ns = input_timeout_ns
        self._stage = EMPTY_STAGE
        self._past: Counter[str] = Counter()
        self._leaving: list[Route] = []
        self._quarter = 0

    @property
    def plan(self) -> Plan:
        """What is in force."""
        return self._stage.plan

    @property
    def is_locked(self) -> bool:
        """Do sync bytes arrive on every carrier (S-26)?"""
        return all(carrier.is_locked for carrier in self.carriers)

    @property
    def standing_problem(self) -> str | None:
        """Why it cannot serve, as far as known; tries nothing."""
        return told(part.problem for part in self._stage.parts)

    def problem(self) -> str | None:
        """Why it cannot serve, or None. Tries to open what is not open."""
        for part in self._stage.parts:
            end_of(part).ensure()
        return self.standing_problem

    def totals(self) -> Counter[str]:
        """See totals.py; since the worker's start."""
        return sum_up(self._past, self._stage.parts)

    def apply(self, plan: Plan) -> None:
        """From now on it is this plan, whatever could be opened of it; the rest is tried again every second."""
        if plan != self.plan:
            self._enforce(self._staged(plan))

    def try_apply(self, plan: Plan) -> str | None:
        """The plan, if all that is new in it could be opened. Else why not, and everything goes on as it was."""
        staged = self._staged(plan)
        if staged.problem:
            staged.discard()
        else:
            self._enforce(staged)
        return staged.problem

    def start_output(self) -> None:
        """What leaves begins anew with the next datagram that comes."""
        for carrier in self.carriers:
            carrier.discard_waiting()
        for route in self.routes:
            route.restart()

    def pump(self, ready: Collection[Carrier], gate: Gate) -> None:
        """Read these carriers, and forward: a turn of many carriers and routes does no more than one of a single stream."""
        for carrier in ready:
            carrier.pump(gate, max(1, BATCH_DATAGRAMS // (len(ready) * max(1, len(carrier.routes)))))

    def settle(self) -> None:
        """Wait until the kernel has handed on what `sendto` gave it, at most 20 ms: after `muted` nothing may leave (S-27)."""
        give_up_ns = monotonic_ns() + SETTLE_LIMIT_NS
        for route in (*self.routes, *self._leaving):
            while not route.is_drained:
                if monotonic_ns() >= give_up_ns:
                    what = f"{route.plan.role} {route.plan.output.url}: the kernel still holds datagrams 20 ms after mute"
                    self.tally.last_error = f"{what}; is the link up?"
                    return
                sleep(SETTLE_STEP_S)

    def tick(self, now_ns: int) -> None:
        """What time alone does. Call it every 50 ms."""
        parts: Sequence[Part] = (*self.carriers, *self.routes)
        if len(parts) > ALL_AT_ONCE:
            self._quarter = (self._quarter + 1) % QUARTERS
            parts = parts[self._quarter :: QUARTERS]
        for part in parts:
            part.check(now_ns)
        self._leave(MAX_LEAVING)

    def _staged(self, plan: Plan) -> Stage:
        return stage_after(self._stage, plan, self._input_timeout_ns, self.tally)

    def _enforce(self, staged: Stage) -> None:
        gone = left_behind(self._stage, staged)
        self._stage = staged
        self.carriers, self.routes = tuple(staged.carriers.values()), tuple(staged.routes.values())
        connect(staged)
        for part in gone:
            self._past.update(totals_of(part))
            if isinstance(part, Route):
                self._leaving.append(part)
            else:
                part.input.close()
        self._leave(MAX_LEAVING)

    def _leave(self, limit: int) -> None:
        """An output that is no more closes when the kernel has sent what it was given: `settle` waits for it."""
        waiting = [route for route in self._leaving if not route.is_drained]
        for route in self._leaving:
            if route not in waiting[-limit:]:
                route.output.close()
        self._leaving = waiting[-limit:]
