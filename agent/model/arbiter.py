"""What every face gets of the unit: one view, one door for changes. The real one is agent.management.arbiter."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from agent.model.answers import Answer, Change, Order, Principal
from agent.model.view import View


class Model(Protocol):
    """Reading is synchronous and cheap; writing goes through one arbiter."""

    def view(self) -> View:
        """The last whole one; the same object until something changes."""

    async def fresh(self, max_age_s: float = 1.0) -> View:
        """One not older than that, if core answers within a second; else the last, `is_stale`. All share one question."""

    def changes(self) -> AsyncIterator[View]:
        """Each new view from now on; a slow reader gets the newest and misses those between."""

    def object_to(self, changes: Sequence[Change], principal: Principal) -> Answer | None:
        """Would `set` be refused? None: not as things are now. For the first phase of a multi-varbind SET."""

    async def set(self, changes: Sequence[Change], principal: Principal, reason: str = "") -> Answer:
        """All or nothing; saved before it acts; audited whatever the outcome."""

    def kept(self, changes: Sequence[Change]) -> object:
        """What was set at run time where these would change it, for `restore`."""

    async def restore(self, kept: object, principal: Principal, reason: str) -> Answer:
        """As it was, with its owner, since when and until when. Audited as what `principal` did; nobody's role is asked."""

    def object_to_order(self, order: Order, principal: Principal) -> Answer | None:
        """Would `command` be refused at once? As `object_to`."""

    async def command(self, order: Order, principal: Principal, wait_s: float = 5.0) -> Answer:
        """One at a time a member. Phase RUNNING when it has not ended after `wait_s`: it goes on, and the view shows its end."""

    def operations(self) -> Sequence[Mapping[str, object]]:
        """The last ones, newest last; `operation` is the id."""

    async def audit(self, limit: int = 100) -> Sequence[Mapping[str, object]]:
        """The last entries, newest last."""

    async def verify_audit(self) -> Answer:
        """Is it whole? FAILED with the place of the first break."""

    def notified(self, sent: int, suppressed: int) -> None:
        """Totals of the notifications of all lives, for the view."""
