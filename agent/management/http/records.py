"""What was done and by whom: operations and audit, as the arbiter keeps them."""

import json

from starlette.requests import Request
from starlette.responses import Response

from agent.management.http.paths import known, number_in
from agent.management.httpd.problems import Problem
from agent.model.answers import Principal, Role
from agent.model.arbiter import Model

MAX_AUDIT = 1000


class Records:
    """Not part of the view: they do not change what the unit is."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def operations(self, request: Request) -> Response:
        """Running and past ones, newest last."""
        known(request)
        return _answer({"operations": list(self._model.operations())})

    async def operation(self, request: Request) -> Response:
        """`/operations/5`: how it stands. Problem 404 when it is not known any more."""
        known(request)
        given = request.path_params["operation"]
        found = [one for one in self._model.operations() if str(one.get("operation")) == given]
        if not found:
            raise Problem(404, "There is no such operation, or it was too long ago", "GET /api/v1/operations lists those known")
        return _answer({"operation": found[-1]})

    async def audit(self, request: Request) -> Response:
        """`?limit=100`: the last entries, oldest first. Names and addresses of people: for operators."""
        known(request, "limit")
        principal: Principal = request.state.principal
        if principal.role < Role.OPERATOR:
            raise Problem(403, "The audit is shown to operators", "Ask who runs this unit for the role operator")
        return _answer({"audit": list(await self._model.audit(number_in(request, "limit", 100, 1, MAX_AUDIT)))})


def _answer(said: object) -> Response:
    return Response(json.dumps(said).encode(), headers={"cache-control": "no-store"}, media_type="application/json")
