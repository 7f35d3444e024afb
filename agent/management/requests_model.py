"""Verbs of the control socket that speak of the model: reading it whole, setting, commanding, and what was done."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from agent.management.memory import JsonObject
from agent.management.origin import origins
from agent.management.records import outcome_of
from agent.management.unit_model import UnitModel
from agent.model.answers import Answer, Change, Order, Phase, Principal, Verb
from agent.model.json_values import NotThatKind, table_as_json, value_from_json, view_as_json
from agent.model.tables import TABLE, TABLES

WAIT_S = 6.0
"""More than core is given to begin, so that its word comes through if it is only late."""
MAX_LISTED = 1000
MAX_CHANGES = 64
_VERBS = {verb.name.lower(): verb for verb in Verb}
Answered = Callable[[JsonObject, Principal], Awaitable[JsonObject]]


class BadRequest(Exception):  # noqa: N818 (a person's mistake)
    """Asked wrongly; str() says how."""


class ModelRequests:
    """`verbs()`: by name. BadRequest is for whoever calls them."""

    def __init__(self, model: UnitModel) -> None:
        self._model = model

    def verbs(self) -> dict[str, Answered]:
        """All of them."""
        return {
            "view": self._view,
            "set": self._set,
            "command": self._command,
            "events": self._events,
            "alarms": self._alarms,
            "operations": self._operations,
            "audit": self._audit,
            "audit-verify": self._audit_verify,
            "origin": self._origin,
        }

    async def _view(self, request: JsonObject, _principal: Principal) -> JsonObject:
        names = request.get("tables", [table.name for table in TABLES])
        if not isinstance(names, list) or not all(isinstance(name, str) and name in TABLE for name in names):
            raise BadRequest(f"tables must be a list of these: {', '.join(TABLE)}")
        view = await self._model.fresh()
        return {"outcome": "done", **view_as_json(view, [TABLE[name] for name in names], time.monotonic_ns())}

    async def _set(self, request: JsonObject, principal: Principal) -> JsonObject:
        changes = _changes(request)
        answer = await self._model.set(changes, principal, _text(request, "reason"))
        culprit = changes[answer.culprit].name if answer.denial and answer.culprit < len(changes) else ""
        return _answered(answer) | {"culprit": culprit}

    async def _command(self, request: JsonObject, principal: Principal) -> JsonObject:
        verb = _VERBS.get(str(request.get("command")))
        if verb is None:
            raise BadRequest(f"command must be one of {', '.join(_VERBS)}")
        return _answered(await self._model.command(_order(verb, request), principal, WAIT_S))

    async def legacy(self, verb: Verb, request: JsonObject, principal: Principal) -> JsonObject:
        """set-master, set-backup: outcome and text, as they have always been."""
        answer = await self._model.command(_order(verb, request), principal, WAIT_S)
        if answer.phase is Phase.RUNNING:
            return {"outcome": "running", "text": answer.text, "operation": answer.operation}
        return {"outcome": outcome_of(answer.denial), "text": answer.text}

    async def _events(self, request: JsonObject, _principal: Principal) -> JsonObject:
        since, limit = _number(request, "since", 0, 0, 1 << 62), _number(request, "limit", 100, 1, MAX_LISTED)
        rows = table_as_json(TABLE["event"], self._model.view())
        return {"outcome": "done", "events": [row for row in rows if _as_number(row.get("number")) > since][-limit:]}

    async def _alarms(self, _request: JsonObject, _principal: Principal) -> JsonObject:
        return {"outcome": "done", "alarms": table_as_json(TABLE["alarm"], await self._model.fresh())}

    async def _operations(self, _request: JsonObject, _principal: Principal) -> JsonObject:
        return {"outcome": "done", "operations": self._model.operations()}

    async def _audit(self, request: JsonObject, _principal: Principal) -> JsonObject:
        return {"outcome": "done", "audit": await self._model.audit(_number(request, "limit", 100, 1, MAX_LISTED))}

    async def _audit_verify(self, _request: JsonObject, _principal: Principal) -> JsonObject:
        answer = await self._model.verify_audit()
        return {"outcome": outcome_of(answer.denial), "text": answer.text} | answer.details

    async def _origin(self, _request: JsonObject, _principal: Principal) -> JsonObject:
        return {"outcome": "done", "settings": origins(self._model.standing.overrides, self._model.standing.groups())}


def _answered(answer: Answer) -> JsonObject:
    outcome = answer.denial.value if answer.denial else ("running" if answer.phase is Phase.RUNNING else "done")
    phase = "refused" if answer.denial and answer.phase is Phase.DONE else answer.phase.name.lower()
    said: JsonObject = {"outcome": outcome, "text": answer.text, "phase": phase}
    return said | {"operation": answer.operation, "running": answer.running, "details": answer.details}


def _changes(request: JsonObject) -> list[Change]:
    """`{"table": "member", "index": [7], "values": {"priority": 200}}`. What the model does not know it refuses itself."""
    table, index, values = request.get("table"), request.get("index", []), request.get("values")
    if not isinstance(table, str) or not isinstance(values, dict) or not 1 <= len(values) <= MAX_CHANGES:
        raise BadRequest(f'set needs "table", "index" and "values" with 1..{MAX_CHANGES} names')
    if not isinstance(index, list) or not all(type(number) is int for number in index):
        raise BadRequest("index must be a list of whole numbers, such as [7]")
    return [_change(table, tuple(index), name, value) for name, value in values.items()]


def _change(table: str, index: tuple[int, ...], name: str, given: object) -> Change:
    with suppress(KeyError):
        try:
            return Change(table, index, name, value_from_json(TABLE[table].column(name), given))
        except NotThatKind as error:
            raise BadRequest(str(error)) from None
    return Change(table, index, name, None)


def _order(verb: Verb, request: JsonObject) -> Order:
    group, forced, override = request.get("group"), request.get("forced", False), request.get("override", False)
    if type(group) is not int or not 0 <= group <= 255:
        raise BadRequest("The command needs a group, a whole number 0..255")
    if type(forced) is not bool or type(override) is not bool:
        raise BadRequest("forced and override must be true or false")
    return Order(verb, group, _text(request, "reason"), forced, override)


def _text(request: JsonObject, key: str) -> str:
    text = request.get(key, "")
    if not isinstance(text, str) or len(text) > 200 or not (text.isprintable() or text == ""):
        raise BadRequest(f"{key} must be text in one line, at most 200 characters")
    return text


def _number(request: JsonObject, key: str, default: int, low: int, high: int) -> int:
    number = request.get(key, default)
    if type(number) is not int or not low <= number <= high:
        raise BadRequest(f"{key} must be a whole number {low}..{high}")
    return number


def _as_number(value: object) -> int:
    return value if isinstance(value, int) else 0
