"""What goes wrong, as `application/problem+json` (RFC 9457): a sentence, and what to do instead."""

import json
from collections.abc import Mapping

from starlette.responses import Response

TITLES = {
    400: "Not a request that could be carried out",
    401: "Who are you?",
    403: "Not allowed",
    404: "There is none",
    405: "Not that way",
    408: "Too slow",
    409: "Not now",
    412: "It has changed since",
    413: "Too long",
    415: "JSON only",
    421: "Not this host",
    429: "Too many",
    431: "Headers too long",
    500: "A fault of ours",
    503: "Not at the moment",
}


class Problem(Exception):  # noqa: N818 (an answer, not a fault)
    """Raised by a handler, answered by the application. `more`: further members of the JSON object."""

    def __init__(self, status: int, text: str, remedy: str, headers: Mapping[str, str] | None = None, **more: object) -> None:
        super().__init__(status, text)
        self.status, self.text, self.remedy = status, text, remedy
        self.headers, self.more = dict(headers or {}), more

    def response(self) -> Response:
        """As it goes out."""
        headers = {"cache-control": "no-store", **self.headers}
        return Response(self.body(), self.status, headers, media_type="application/problem+json")

    def body(self) -> bytes:
        """The JSON object."""
        said = {"type": "about:blank", "title": TITLES.get(self.status, "No"), "status": self.status, "detail": self.text}
        return json.dumps({**said, "remedy": self.remedy, **self.more}).encode()
