"""What the port answers: /metrics, and whether it lives and is ready. Nothing can be changed here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from agent.management.exposition.scrape import MAX_AGE_S, Scrapes
from agent.management.httpd.form import check_form
from agent.management.httpd.problems import Problem
from agent.management.metrics.passwords import Passwords, TooMany
from agent.management.metrics.tls import names_in
from agent.management.once import Once
from agent.model.arbiter import Model
from agent.settings.web_config import WebConfig

Handler = Callable[[Headers], Awaitable[Response]]
_WHO = "Send the user and password of web_config: curl -u NAME, or basic_auth in Prometheus' scrape configuration"
_SEE = "GET /metrics, /-/healthy or /-/ready"


@dataclass(slots=True)
class Access:
    """Who may look. Another one as soon as the file says so."""

    config: WebConfig
    passwords: Passwords


class Application:
    """What uvicorn calls. `tell` hears of faults of ours, once for each kind."""

    def __init__(self, model: Model, config: WebConfig, tell: Callable[[str], None]) -> None:
        self._model, self._scrapes, self._faults = model, Scrapes(model), Once(tell)
        self._handlers: dict[str, Handler] = {"/metrics": self._metrics, "/-/healthy": self._healthy, "/-/ready": self._ready}
        self._access = Access(config, Passwords(config.users))

    def use(self, config: WebConfig) -> None:
        """From now on."""
        self._access = Access(config, Passwords(config.users, self._access.passwords))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            response = await self._answer(scope)
        except Problem as problem:
            response = problem.response()
        except Exception as error:  # what a network can cause must not end the face
            kind = type(error).__name__
            self._faults.tell(f"metrics: a scrape was answered 500, because of a fault of ours: {kind}: {error}", kind)
            remedy = "The messages of understudy run say which"
            response = Problem(500, "The agent has a fault; redundancy goes on without this face", remedy).response()
        response.headers.update(self._access.config.headers)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        """Problem."""
        check_form(scope)
        path, headers = scope["path"], Headers(scope=scope)
        if not path.startswith("/-/"):
            await self._check_who(scope, headers)
        handler = self._handlers.get(path)
        if handler is None:
            raise Problem(404, "There is nothing at this address", _SEE)
        if scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "This address does not take this method", _SEE, {"allow": "GET, HEAD"})
        return await handler(headers)

    async def _check_who(self, scope: Scope, headers: Headers) -> None:
        """Problem 401, 403, 503. TLS has asked for a certificate where web.yml wants one."""
        access = self._access
        if access.config.client_names:
            names = names_in(scope["state"]["peer"].certificate or b"")
            if names.isdisjoint(access.config.client_names):
                raise Problem(403, "The client certificate has none of the names in client_allowed_sans", "Show another one")
        if not access.config.users:
            return
        try:
            is_right = await access.passwords.is_right(headers.get("authorization", ""), scope["state"]["peer"].address)
        except TooMany:
            raise Problem(503, "Too many passwords are being looked at", "Come again", {"retry-after": "5"}) from None
        if not is_right:
            raise Problem(401, "Nobody may look without the right name and password", _WHO, _BASIC)

    async def _metrics(self, headers: Headers) -> Response:
        found = await self._scrapes.answer(headers.get("accept", ""), headers.get("accept-encoding", ""))
        return Response(found.body, headers=found.headers)

    async def _healthy(self, _headers: Headers) -> Response:
        """Whoever reads this has its proof that management turns."""
        return PlainTextResponse("healthy\n", headers={"cache-control": "no-store"})

    async def _ready(self, _headers: Headers) -> Response:
        """503 while what could be shown is not of now (C-18)."""
        view = await self._model.fresh(MAX_AGE_S)
        is_ready = not view.is_stale and view.row("unit") is not None
        said = "ready\n" if is_ready else "not ready: core does not answer\n"
        return PlainTextResponse(said, 200 if is_ready else 503, {"cache-control": "no-store"})


_BASIC = {"www-authenticate": 'Basic realm="understudy", charset="UTF-8"'}
