"""GET /metrics behind this face's own guard: whoever may look at the view may scrape it."""

import asyncio
import importlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from agent.management.http.paths import known
from agent.model.arbiter import Model


class Metrics:
    """What writes it is imported at the first scrape: most sites scrape the port of its own, or nothing."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._scrapes: Any = None

    async def scrape(self, request: Request) -> Response:
        """Text 0.0.4 or OpenMetrics, as `Accept` says."""
        known(request)
        if self._scrapes is None:
            module = await asyncio.to_thread(importlib.import_module, "agent.management.exposition.scrape")
            self._scrapes = self._scrapes or module.Scrapes(self._model)
        headers = request.headers
        found = await self._scrapes.answer(headers.get("accept", ""), headers.get("accept-encoding", ""))
        return Response(found.body, headers=found.headers)
