"""Which address is answered by whom. Every answer that is no success is a problem with a remedy."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.management.http.changes import Changes
from agent.management.http.guard import Guard
from agent.management.http.health import Health
from agent.management.http.metrics import Metrics
from agent.management.http.openapi import served
from agent.management.http.paths import PREFIX
from agent.management.http.reading import Reading
from agent.management.http.records import Records
from agent.management.http.writing import Writing
from agent.management.httpd.form import check_form
from agent.management.httpd.problems import Problem
from agent.management.once import Once
from agent.model.arbiter import Model

Handler = Callable[[Request], Awaitable[Response]]
_SEE = f"GET {PREFIX}/openapi.json describes every address"


def routes(model: Model, changes: Changes) -> list[Route]:
    """The more special before the more general."""
    reading, writing, health, records = Reading(model), Writing(model), Health(model), Records(model)
    return [
        Route("/-/healthy", health.healthy),
        Route("/-/ready", health.ready),
        Route("/-/role/{group}", health.role),
        Route("/metrics", Metrics(model).scrape),
        Route(f"{PREFIX}/openapi.json", served),
        Route(f"{PREFIX}/view", reading.whole),
        Route(f"{PREFIX}/changes", changes.follow),
        Route(f"{PREFIX}/events", reading.events),
        Route(f"{PREFIX}/operations", records.operations),
        Route(f"{PREFIX}/operations/{{operation}}", records.operation),
        Route(f"{PREFIX}/audit", records.audit),
        Route(f"{PREFIX}/members/{{group}}/commands", writing.command, methods=["POST"]),
        Route(f"{PREFIX}/{{collection}}", _either(reading.collection, writing.patch_scalars), methods=["GET", "PATCH"]),
        Route(f"{PREFIX}/{{collection}}/{{index:path}}", _either(reading.rows, writing.patch), methods=["GET", "PATCH"]),
    ]


def _either(get: Handler, patch: Handler) -> Handler:
    """One address with two methods, so that a third one is told of both."""

    async def handle(request: Request) -> Response:
        return await (patch if request.method == "PATCH" else get)(request)

    return handle


class Application:
    """What uvicorn calls. `tell` hears of faults of ours, once for each kind."""

    def __init__(self, model: Model, guard: Guard, tell: Callable[[str], None]) -> None:
        self._guard, self._faults = guard, Once(tell)
        self.changes = Changes(model)
        handlers = {Problem: _problem, HTTPException: _http_exception, Exception: _fault}
        self._app = Starlette(routes=routes(model, self.changes), exception_handlers=handlers)
        self._app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            check_form(scope)
            scope["state"]["principal"] = self._guard.principal(HTTPConnection(scope))
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # what a network can cause must not end the face
            self._say(error)

    def _say(self, error: Exception) -> None:
        kind = type(error).__name__
        self._faults.tell(f"http: a request was answered 500, because of a fault of ours: {kind}: {error}", kind)


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _http_exception(_request: Request, error: Exception) -> Response:
    """Of the router: 404 and 405."""
    assert isinstance(error, HTTPException)
    texts = {404: "There is nothing at this address", 405: "This address does not take this method"}
    return Problem(error.status_code, texts.get(error.status_code, error.detail), _SEE, error.headers).response()


async def _fault(_request: Request, _error: Exception) -> Response:
    """Nothing of the error goes out: it may hold what nobody is to see."""
    remedy = "The messages of understudy run say which; nothing is known of what was done: look at GET /api/v1/view"
    return Problem(500, "The agent has a fault; redundancy goes on without this face", remedy).response()
