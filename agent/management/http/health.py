"""`/-/…`: for load balancers and service managers. Cheap, short, and the status says all."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.management.http.paths import known
from agent.management.http.reading import MAX_AGE_S
from agent.management.httpd.problems import Problem
from agent.model.arbiter import Model
from agent.model.json_values import value_as_json
from agent.model.words import ROLE

_FRESH = {"cache-control": "no-store"}
_MASTER = ROLE.words["master"]


class Health:
    """Answers from the last view; core is asked when it is older than 1 s."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def healthy(self, request: Request) -> Response:
        """200 while management turns: whoever reads this has its proof."""
        known(request)
        return JSONResponse({"healthy": True}, headers=_FRESH)

    async def ready(self, request: Request) -> Response:
        """200 when core answers; 503 when what could be shown is not of now (C-18)."""
        known(request)
        view = await self._model.fresh(MAX_AGE_S)
        is_ready = not view.is_stale and view.row("unit") is not None
        return JSONResponse({"ready": is_ready, "revision": view.revision}, 200 if is_ready else 503, _FRESH)

    async def role(self, request: Request) -> Response:
        """200 on the master of GROUP, 503 elsewhere and when nobody knows; 404: no seat in it here."""
        known(request)
        group = request.path_params["group"]
        view = await self._model.fresh(MAX_AGE_S)
        is_number = group.isascii() and group.isdigit() and len(group) <= 3
        row = view.row("member", (int(group),)) if is_number else None
        if row is None:
            raise Problem(404, "This unit has no seat in such a group", "GET /api/v1/members lists its groups")
        is_master = row.get("role") == _MASTER and not view.is_stale
        said = {"group": int(group), "role": value_as_json(ROLE, row.get("role")), "stale": view.is_stale}
        return JSONResponse(said, 200 if is_master else 503, _FRESH)
