"""PATCH and commands. The model decides; here a request becomes its question, and its answer a status (C-17)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.management.http.bodies import object_in
from agent.management.http.denials import denied
from agent.management.http.paths import PREFIX, collection_name, index_of, known, table_of
from agent.management.http.reading import matches, tag_of
from agent.management.httpd.problems import Problem
from agent.model.answers import MAX_REASON_BYTES, Answer, Change, Denial, Order, Phase, Verb
from agent.model.arbiter import Model
from agent.model.json_values import NotThatKind, row_as_json, value_from_json
from agent.model.kinds import Value
from agent.model.managed import Table
from agent.model.tables import ORDER_COLUMNS
from agent.model.view import Index

WAIT_S = 5.0
_VERBS = {verb.name.lower(): verb for verb in Verb if verb is not Verb.NO_ACTION}


class Writing:
    """Changes and orders of authorised principals."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def patch_scalars(self, request: Request) -> Response:
        """`PATCH /unit`: the one row of a table without an index."""
        table = table_of(request)
        if table.index:
            raise Problem(
                405, "Rows are changed one at a time", f"PATCH {PREFIX}/{collection_name(table.name)}/…", {"allow": "GET, HEAD"}
            )
        return await self._patch(request, table, ())

    async def patch(self, request: Request) -> Response:
        """`PATCH /members/7 {"priority": 200, "preempt": true, "reason": "…"}`: all of it or nothing."""
        table, index = table_of(request), index_of(request)
        if len(index) != len(table.index):
            raise Problem(404, "That is not one row", f"Add the rest of its index: GET {PREFIX}/{collection_name(table.name)}")
        return await self._patch(request, table, index)

    async def _patch(self, request: Request, table: Table, index: Index) -> Response:
        known(request)
        given = await object_in(request)
        reason = _reason(given.pop("reason", ""))
        names = list(given)
        if table.name == "member" and not ORDER_COLUMNS.isdisjoint(names):
            raise Problem(400, "A command is no setting", f"POST {PREFIX}/members/GROUP/commands")
        if not names:
            raise Problem(400, "The request changes nothing", 'Name at least one object: {"priority": 200}')
        self._check_match(request)
        changes = [Change(table.name, index, name, _value(table, name, given[name])) for name in names]
        answer = await self._model.set(changes, request.state.principal, reason)
        if answer.denial is not None:
            raise denied(answer, culprit=names[answer.culprit])
        view = self._model.view()
        row = view.row(table.name, index)
        said = {"outcome": "done", "text": answer.text, "revision": view.revision}
        said |= {table.name: row_as_json(table, index, row)} if row is not None else {}
        return JSONResponse(said, headers={"etag": tag_of(view), "cache-control": "no-store"})

    def _check_match(self, request: Request) -> None:
        """`If-Match`: only if nothing has changed since the client looked."""
        given = request.headers.get("if-match")
        if given is not None and not matches(given, self._model.view()):
            raise Problem(412, "The unit is not as it was when you looked (If-Match)", "Look again, then decide again")

    async def command(self, request: Request) -> Response:
        """`POST /members/7/commands {"verb": "set_master", "reason": "…", "force": false, "override": false}`."""
        known(request)
        order = _order(request.path_params["group"], await object_in(request))
        answer = await self._model.command(order, request.state.principal, WAIT_S)
        if answer.denial is not None:
            raise denied(answer)
        return _commanded(answer)


def _commanded(answer: Answer) -> Response:
    """202: it goes on, and Location says where it can be watched."""
    said = {"outcome": answer.phase.name.lower(), "text": answer.text, "operation": answer.operation, **answer.details}
    headers = {"cache-control": "no-store"}
    if answer.operation:
        headers["location"] = f"{PREFIX}/operations/{answer.operation}"
    return JSONResponse(said, 202 if answer.phase is Phase.RUNNING else 200, headers)


def _value(table: Table, name: str, given: object) -> Value:
    """Problem 404 for a name that there is none of, 400 for what no value can be."""
    try:
        return value_from_json(table.column(name), given)
    except KeyError:
        text = f"There is no {name[:64]!r} of a {table.name}"
        raise denied(Answer(Denial.UNKNOWN, text), culprit=name[:64]) from None
    except NotThatKind as error:
        raise denied(Answer(Denial.BAD_VALUE, str(error)), culprit=name) from None


def _order(group: str, given: dict[str, object]) -> Order:
    """Problem 400, 404."""
    if not (group.isascii() and group.isdigit() and len(group) <= 3):
        raise Problem(404, "There is nothing at this address", f"POST {PREFIX}/members/GROUP/commands")
    unknown = sorted(set(given) - {"verb", "reason", "force", "override"})
    if unknown:
        raise Problem(400, f"Unknown in a command: {unknown[0][:40]!r}", "A command has verb, reason, force and override")
    verb = _VERBS.get(str(given.get("verb")).replace("-", "_"))
    if verb is None:
        raise Problem(400, "The command has no known verb", f"Verbs: {', '.join(_VERBS)}")
    return Order(verb, int(group), _reason(given.get("reason", "")), _flag(given, "force"), _flag(given, "override"))


def _flag(given: dict[str, object], name: str) -> bool:
    found = given.get(name, False)
    if not isinstance(found, bool):
        raise Problem(400, f"{name} must be true or false", f"Leave {name} out where it is not wanted")
    return found


def _reason(given: object) -> str:
    """Why, in the person's words. Problem 400."""
    is_good = isinstance(given, str) and given.isprintable() and _bytes_of(given) <= MAX_REASON_BYTES
    if not is_good:
        raise Problem(
            400, f"reason must be one line of at most {MAX_REASON_BYTES} bytes of UTF-8", "Say it shorter, or leave it out"
        )
    assert isinstance(given, str)
    return given


def _bytes_of(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:  # half a character of JSON's \\ud800
        return MAX_REASON_BYTES + 1
