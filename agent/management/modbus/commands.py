"""The command block and the buttons: an order to the arbiter, and what became of it.

A client writes its token, the flags and the command (best in one request), then reads the result until it is not 0. Whoever is
refused at once also gets the exception; the block of an operation that runs stays as it is then (C-17, D-26, D-54).
"""

from dataclasses import dataclass

from agent.management.modbus.client import Client
from agent.management.modbus.codes import Code, Refused, code_of
from agent.management.modbus.renderer import Renderer
from agent.model.answers import Answer, Denial, Order, Phase, Verb
from agent.model.arbiter import Model
from agent.model.command_block import (
    FLAG_FORCED,
    FLAG_OVERRIDE,
    RESULT_BUSY,
    RESULT_DONE,
    RESULT_FAILED,
    RESULT_REFUSED,
)
from agent.model.view import Row, View

BUTTON_WAIT_S = 0.3
_RESULT = {Phase.IDLE: RESULT_DONE, Phase.RUNNING: RESULT_BUSY, Phase.DONE: RESULT_DONE}
_RESULT |= {Phase.REFUSED: RESULT_REFUSED, Phase.FAILED: RESULT_FAILED}
_DENIAL: dict[Denial | None, int] = {None: 0} | {denial: number for number, denial in enumerate(Denial, start=1)}


@dataclass(frozen=True, slots=True)
class Asked:
    """One command as it was written. `flags`: 1 forced, 2 override."""

    group: int
    verb: Verb
    flags: int = 0
    token: int = 0

    def order(self) -> Order:
        return Order(
            self.verb, self.group, is_forced=bool(self.flags & FLAG_FORCED), is_override=bool(self.flags & FLAG_OVERRIDE)
        )


def verb_of(number: int) -> Verb:
    """Refused (03) when there is none of that number."""
    try:
        return Verb(number)
    except ValueError:
        raise Refused(Code.ILLEGAL_VALUE) from None


class Commands:
    """`follow` is called with each view that is shown, so that a result appears together with what it is the result of."""

    def __init__(self, model: Model, renderer: Renderer) -> None:
        self._model, self._renderer = model, renderer
        self._running: tuple[int, int] | None = None
        """Group and operation that the block speaks of and that has not ended yet."""

    @property
    def is_waiting(self) -> bool:
        """Does the block speak of an operation that has not ended yet?"""
        return self._running is not None

    async def press(self, group: int, verb: Verb, client: Client) -> None:
        """A button. Refused when it was; what has not ended after 0.3 s goes on, and the group's registers show its end."""
        _demand(await self._model.command(Order(verb, group), client.principal, wait_s=BUTTON_WAIT_S))

    async def give(self, asked: Asked, client: Client) -> None:
        """The command block. Refused when it was at once; else accepted, and the block tells what becomes of it."""
        answer = await self._model.command(asked.order(), client.principal, wait_s=0)
        if answer.denial is not Denial.BUSY or self._running is None:
            self._show(asked, answer)
        _demand(answer)

    def follow(self, view: View) -> None:
        """Has the view the end of the operation that was running?"""
        if self._running is None:
            return
        group, operation = self._running
        row = view.row("member", (group,))
        result = RESULT_FAILED if row is None else _result_in(row, operation)
        if result != RESULT_BUSY:
            self._running = None
            self._renderer.put("command_result", result)

    def _show(self, asked: Asked, answer: Answer) -> None:
        result = _result_of(answer)
        self._running = (asked.group, answer.operation) if result == RESULT_BUSY else None
        for name, value in (
            ("command_echo", asked.verb),
            ("command_echo_group", asked.group),
            ("command_echo_token", asked.token),
            ("command_denial", _DENIAL[answer.denial]),
            ("command_operation", answer.operation),
            ("command_in_the_way", answer.running),
            ("command_result", result),
        ):
            self._renderer.put(name, int(value))
        self.follow(self._model.view())


def _result_of(answer: Answer) -> int:
    if answer.denial is None:
        return _RESULT[answer.phase]
    return RESULT_FAILED if answer.denial is Denial.FAILED else RESULT_REFUSED


def _result_in(row: Row, operation: int) -> int:
    """Of that operation; when the row already speaks of a later one nobody can say how it ended: that is not called done."""
    found, phase = row.get("operation_id"), row.get("operation_phase")
    if not isinstance(found, int) or not isinstance(phase, int) or found < operation:
        return RESULT_BUSY
    return _RESULT[Phase(phase)] if found == operation else RESULT_FAILED


def _demand(answer: Answer) -> None:
    code = code_of(answer)
    if code is not None:
        raise Refused(code)
