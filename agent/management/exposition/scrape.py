"""One scrape: a fresh view, in the format and encoding that were asked for. The same on every face that has /metrics."""

import asyncio
import time
import zlib
from typing import NamedTuple

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, gzip_accepted
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE_OPEN

from agent.management.exposition.page import Page
from agent.management.exposition.sources import sources_of
from agent.management.exposition.text import OPEN, PLAIN
from agent.model.arbiter import Model
from agent.model.view import View

MAX_AGE_S = 1.0
"""Core is asked again when the view is older."""
GZIP_LEVEL = 1
"""Level 9 takes fifty times as long for a few percent."""
_GZIP_BITS = 31
_THREAD_BYTES = 256 * 1024
"""What is longer is compressed in a thread."""
_TYPES = {PLAIN: CONTENT_TYPE_PLAIN_0_0_4, OPEN: CONTENT_TYPE_OPEN}


class Scraped(NamedTuple):
    """What goes out."""

    headers: dict[str, str]
    body: bytes


class Scrapes:
    """Of one face."""

    def __init__(self, model: Model) -> None:
        sources = sources_of(model)
        self._model, self._page, self._counts = model, Page(sources), sources.counts

    async def answer(self, accept: str, encodings: str) -> Scraped:
        """`accept`, `encodings`: the headers Accept and Accept-Encoding, whatever they hold."""
        form = form_of(accept)
        view = await self._model.fresh(MAX_AGE_S)
        body = self._written(view, form)
        headers = {"content-type": _TYPES[form], "vary": "Accept, Accept-Encoding", "cache-control": "no-store"}
        if gzip_accepted(encodings):
            headers["content-encoding"] = "gzip"
            body = await asyncio.to_thread(compressed, body) if len(body) > _THREAD_BYTES else compressed(body)
        return Scraped(headers, body)

    def _written(self, view: View, form: int) -> bytes:
        """What it takes is told by the next scrape."""
        before_s = time.thread_time()
        body = self._page.text(view, form)
        if self._counts is not None:
            self._counts.scraped(time.thread_time() - before_s)
        return body


def form_of(accept: str) -> int:
    """prometheus-client chooses, as for its own pages. What it cannot read gets the older format, which everybody reads."""
    try:
        _encoder, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # of a version that is none
        return PLAIN
    return OPEN if content_type.startswith("application/openmetrics-text") else PLAIN


def compressed(body: bytes) -> bytes:
    """gzip, quickly."""
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_BITS)
    return packer.compress(body) + packer.flush()
