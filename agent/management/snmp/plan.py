"""What a SET asks for, before anything is done: each varbind is a change of a setting, a command to a member, or refused."""

from dataclasses import dataclass, field
from typing import Final

from agent.management.snmp.ber import oid_of
from agent.management.snmp.blocks import TableBlock
from agent.management.snmp.pdu import Status, Varbind
from agent.management.snmp.tree import Tree
from agent.management.snmp.values import Unfit, value_of
from agent.model.answers import Change, Denial, Order, Principal, Role, Verb
from agent.model.arbiter import Model
from agent.model.check import objection
from agent.model.kinds import Value
from agent.model.managed import Access, Managed
from agent.model.view import Index

COMMAND: Final = ("member", "command")
REASON: Final = ("member", "command_reason")
SEMAPHORE: Final = ("unit", "write_semaphore")

STATUS_OF: Final = {
    Denial.BAD_VALUE: Status.WRONG_VALUE,
    Denial.UNKNOWN: Status.NO_CREATION,
    Denial.NOT_ALLOWED: Status.NO_ACCESS,
    Denial.CONFLICT: Status.INCONSISTENT_VALUE,
    Denial.BUSY: Status.RESOURCE_UNAVAILABLE,
    Denial.FAILED: Status.COMMIT_FAILED,
}
"""C-17. FAILED: nothing was done; where something was, genErr."""


class Refusal(Exception):  # noqa: N818 (an answer to the manager, no failure of ours)
    """`index`: of the varbind, from 1."""

    def __init__(self, status: Status, index: int) -> None:
        super().__init__(f"{status.name} at {index}")
        self.status, self.index = status, index


@dataclass(slots=True)
class Plan:
    """`change_at[n]`: which varbind asks for `changes[n]`, from 1. At most one order: all or nothing is not to be had of two."""

    changes: list[Change] = field(default_factory=list)
    change_at: list[int] = field(default_factory=list)
    order: Order | None = None
    order_at: int = 0
    reasons: dict[Index, tuple[str, int]] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why, as given in the same SET."""
        return next((text for text, _ in self.reasons.values()), "")


def make_plan(tree: Tree, varbinds: list[Varbind], model: Model, principal: Principal) -> Plan:
    """Tested as far as it can be without doing it. Refusal with the status and index of the first varbind that is wrong."""
    if principal.role < Role.OPERATOR:
        raise Refusal(Status.NO_ACCESS, 1)
    plan, seen = Plan(), set[tuple[str, Index, str]]()
    for index, varbind in enumerate(varbinds, 1):
        block, managed, row, value = _understood(tree, varbind, index)
        if (block.table.name, row, managed.name) in seen:
            raise Refusal(Status.INCONSISTENT_VALUE, index)
        seen.add((block.table.name, row, managed.name))
        _enter(plan, Change(block.table.name, row, managed.name, value), managed, index)
    _settle_reasons(plan)
    _ask(plan, model, principal)
    return plan


def _understood(tree: Tree, varbind: Varbind, index: int) -> tuple[TableBlock, Managed, Index, Value]:
    """In the order of RFC 3416, 4.2.5: view, object, type, length, value, instance."""
    oid = oid_of(varbind.name)
    found = tree.column_of(oid)
    if found is None:
        raise Refusal(Status.NO_CREATION if tree.holds(oid) else Status.NO_ACCESS, index)
    block, column = found
    managed = block.columns[column].managed
    if not isinstance(block, TableBlock) or managed is None or managed.access is not Access.WRITE:
        raise Refusal(Status.NOT_WRITABLE, index)
    try:
        value = value_of(managed, varbind.tag, varbind.content)
    except Unfit as unfit:
        raise Refusal(unfit.status, index) from None
    if tree.find(varbind.name) is None:
        raise Refusal(Status.NO_CREATION, index)
    row = oid[len(block.columns[column].oid) :]
    return block, managed, row if block.table.index else (), value


def _enter(plan: Plan, change: Change, managed: Managed, index: int) -> None:
    if objection(managed, change.value):
        raise Refusal(Status.WRONG_VALUE, index)
    what = (change.table, change.name)
    if what == REASON:
        plan.reasons[change.index] = (str(change.value), index)
    elif what != COMMAND:
        plan.changes.append(change)
        plan.change_at.append(index)
    elif change.value != Verb.NO_ACTION:
        if plan.order is not None:
            raise Refusal(Status.RESOURCE_UNAVAILABLE, index)
        assert isinstance(change.value, int)
        plan.order, plan.order_at = Order(Verb(change.value), change.index[0]), index


def _settle_reasons(plan: Plan) -> None:
    """A reason goes with what else the SET asks for; alone it waits for its author's next command, which the arbiter knows:
    what the row shows may be somebody else's, or used."""
    if plan.order is not None:
        given, _ = plan.reasons.get((plan.order.group,), ("", 0))
        plan.order = Order(plan.order.verb, plan.order.group, given)
    elif not plan.changes:
        for index, (text, at) in plan.reasons.items():
            plan.changes.append(Change(REASON[0], index, REASON[1], text))
            plan.change_at.append(at)


def _ask(plan: Plan, model: Model, principal: Principal) -> None:
    if plan.changes:
        answer = model.object_to(plan.changes, principal)
        if answer is not None and answer.denial is not None:
            raise Refusal(STATUS_OF[answer.denial], plan.change_at[answer.culprit])
    if plan.order is not None:
        answer = model.object_to_order(plan.order, principal)
        if answer is not None and answer.denial is not None:
            raise Refusal(STATUS_OF[answer.denial], plan.order_at)
