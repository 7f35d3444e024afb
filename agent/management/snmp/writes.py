"""SET in two phases: everything is tested, then everything is done. What was done is undone when the rest is refused after all.

A command is waited for `WAIT_S`: a refusal that comes within it is the SET's answer. A changeover that takes longer is answered
noError, and usMemberOperationPhase says how it ends (C-17).
"""

from collections.abc import Callable
from typing import Final

from agent.management.snmp.ber import INTEGER, SEQUENCE, BerError, wrap
from agent.management.snmp.pdu import MAX_VARBINDS, RESPONSE, Pdu, Status, bad_response, varbinds_of
from agent.management.snmp.plan import STATUS_OF, Plan, Refusal, make_plan
from agent.management.snmp.tree import Tree
from agent.model.answers import Answer, Denial, Principal
from agent.model.arbiter import Model

WAIT_S: Final = 0.3
_NO_ERROR: Final = wrap(INTEGER, b"\0") * 2


class Writer:
    """Of one model. `tell` hears of what should not happen."""

    def __init__(self, model: Model, tree: Tree, tell: Callable[[str], None]) -> None:
        self._model, self._tree, self._tell = model, tree, tell

    async def write(self, pdu: Pdu, principal: Principal) -> bytes:
        """The whole response PDU: the request's own varbinds, done or not. BerError for names that are no OIDs."""
        if len(pdu.names) > MAX_VARBINDS:
            return bad_response(pdu, Status.TOO_BIG)
        try:
            plan = make_plan(self._tree, varbinds_of(pdu), self._model, principal)
            await self._carry_out(plan, principal)
        except Refusal as refusal:
            return bad_response(pdu, refusal.status, refusal.index)
        except BerError:
            raise
        except Exception as error:  # a manager that gets no answer asks again, and again
            self._tell(f"a SET by {principal} failed: {type(error).__name__}: {error}. It was answered genErr")
            return bad_response(pdu, Status.GEN_ERR, min(1, len(pdu.names)))
        return wrap(RESPONSE, pdu.request_id + _NO_ERROR + wrap(SEQUENCE, pdu.body))

    async def _carry_out(self, plan: Plan, principal: Principal) -> None:
        """Refusal."""
        before = self._model.kept(plan.changes) if plan.order is not None and plan.changes else None
        if plan.changes:
            answer = await self._model.set(plan.changes, principal, plan.reason)
            if answer.denial is not None:
                raise Refusal(STATUS_OF[answer.denial], plan.change_at[answer.culprit])
        if plan.order is None:
            return
        answer = await self._model.command(plan.order, principal, WAIT_S)
        if answer.denial is not None:
            raise Refusal(await self._undo(before, answer, principal), plan.order_at)

    async def _undo(self, before: object, refused: Answer, principal: Principal) -> Status:
        """Status of a SET whose command was refused: undoFailed when its settings could not be taken back, owner and end too."""
        assert refused.denial is not None
        if before is not None:
            why = f"taken back, as the command with it was refused: {refused.text}"[:200]
            answer = await self._model.restore(before, principal, why)
            if answer.denial is not None:
                self._tell(f"settings of {principal} could not be taken back: {answer.text}")
                return Status.UNDO_FAILED
        return Status.GEN_ERR if refused.denial is Denial.FAILED else STATUS_OF[refused.denial]
