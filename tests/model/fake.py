"""A model without a unit behind it: shows the view it is given, remembers what it is asked, refuses what it is told to refuse."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.model.answers import Answer, Change, Denial, Order, Phase, Principal, Role, Verb
from agent.model.check import objection
from agent.model.tables import TABLE
from agent.model.view import View
from tests.model.sample import sample_view, with_row

OPERATOR = Principal("ann", "cli", "", Role.OPERATOR)
VIEWER = Principal("vic", "cli", "", Role.VIEWER)


@dataclass
class FakeModel:
    """agent.model.arbiter.Model. `refusals`: by column name ("priority") or verb (Verb.SET_MASTER) → the answer.

    `phase`: how an accepted command answers; RUNNING: it goes on. A change that is accepted is in the next view.
    """

    current: View = field(default_factory=sample_view)
    refusals: dict[str | Verb, Answer] = field(default_factory=dict)
    phase: Phase = Phase.DONE
    changed: list[tuple[tuple[Change, ...], Principal, str]] = field(default_factory=list)
    orders: list[tuple[Order, Principal, float]] = field(default_factory=list)
    questions: int = 0
    """How often somebody wanted a fresh view."""
    notifications: tuple[int, int] = (0, 0)
    _operations: int = 0
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def advance(self, view: View) -> None:
        """Show this one from now on; whoever waits for changes gets it. Its revision is made the next one."""
        if view.revision <= self.current.revision:
            view = replace(view, revision=self.current.revision + 1)
        self.current = view
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    def view(self) -> View:
        """The one that it was given last."""
        return self.current

    async def fresh(self, max_age_s: float = 1.0) -> View:  # noqa: ARG002
        """The same."""
        self.questions += 1
        return self.current

    async def changes(self) -> AsyncIterator[View]:
        """Each view that `advance` brings; a slow reader gets the newest."""
        seen = self.current.revision
        while True:
            if self.current.revision == seen:
                waiting = asyncio.get_running_loop().create_future()
                self._waiting.append(waiting)
                await waiting
            seen = self.current.revision
            yield self.current

    def object_to(self, changes: Sequence[Change], principal: Principal) -> Answer | None:
        """Role, existence, range, then `refusals`."""
        for culprit, change in enumerate(changes):
            answer = self._objection(change, principal)
            if answer is not None:
                return replace(answer, culprit=culprit)
        return None

    def _objection(self, change: Change, principal: Principal) -> Answer | None:
        if principal.role < Role.OPERATOR:
            return Answer(Denial.NOT_ALLOWED, f"{principal.name} may look, not change")
        row = self.current.row(change.table, change.index)
        if row is None or change.name not in row:
            return Answer(Denial.UNKNOWN, f"there is no {change.name} of {change.table} {change.index}")
        why = objection(TABLE[change.table].column(change.name), change.value)
        if why:
            return Answer(Denial.BAD_VALUE, why)
        if change.name == "write_semaphore" and change.value != row[change.name]:
            return Answer(Denial.CONFLICT, f"another writer has moved it; it is {row[change.name]!r} now")
        return self.refusals.get(change.name)

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str = "") -> Answer:
        """All or nothing; then in the view."""
        refused = self.object_to(changes, principal)
        if refused is not None:
            return refused
        self.changed.append((tuple(changes), principal, reason))
        view = self.current
        for change in changes:
            is_moved = change.name == "write_semaphore" and isinstance(change.value, int)
            value = (int(change.value or 0) + 1) % (1 << 31) if is_moved else change.value
            view = with_row(view, change.table, change.index, **{change.name: value})
        self.advance(view)
        return Answer(None, "changed")

    def kept(self, changes: Sequence[Change]) -> object:
        """The values; a unit keeps their owners too."""
        rows = [(change, self.current.row(change.table, change.index) or {}) for change in changes]
        return [replace(one, value=row.get(one.name)) for one, row in rows if one.name != "write_semaphore"]

    async def restore(self, kept: object, principal: Principal, reason: str) -> Answer:
        """By setting them."""
        assert isinstance(kept, list)
        return await self.set(kept, principal, reason)

    def object_to_order(self, order: Order, principal: Principal) -> Answer | None:
        """Role, existence, then `refusals`."""
        if principal.role < Role.OPERATOR:
            return Answer(Denial.NOT_ALLOWED, f"{principal.name} may look, not command")
        if self.current.row("member", (order.group,)) is None:
            return Answer(Denial.UNKNOWN, f"this unit has no seat in group {order.group}")
        return self.refusals.get(order.verb)

    async def command(self, order: Order, principal: Principal, wait_s: float = 5.0) -> Answer:
        """Ends at once as `phase`, which stands in the member's row."""
        refused = self.object_to_order(order, principal)
        if refused is not None:
            return refused
        if order.verb is Verb.NO_ACTION:
            return Answer(None, "nothing to do")
        self.orders.append((order, principal, wait_s))
        self._operations += 1
        self.end(order.group, self.phase, order.verb, principal)
        return Answer(None, f"{order.verb.name.lower()} {self.phase.name.lower()}", self.phase, self._operations)

    def end(self, group: int, phase: Phase, verb: Verb, principal: Principal = OPERATOR, text: str = "as the test wants") -> None:
        """What the member's row says of the operation from now on."""
        said = {"operation_id": self._operations, "operation_verb": int(verb), "operation_phase": int(phase)}
        view = with_row(self.current, "member", (group,), **said, operation_text=text, operation_author=str(principal))
        self.advance(view)

    def operations(self) -> Sequence[Mapping[str, object]]:
        """None: what runs stands in the member's row."""
        return []

    async def audit(self, limit: int = 100) -> Sequence[Mapping[str, object]]:  # noqa: ARG002
        """Nothing is written down."""
        return []

    async def verify_audit(self) -> Answer:
        """It is."""
        return Answer(None, "whole")

    def notified(self, sent: int, suppressed: int) -> None:
        """Kept."""
        self.notifications = (sent, suppressed)
