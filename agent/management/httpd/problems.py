"""What goes wrong, as `application/problem+json` (RFC 9457): a sentence, and what to do instead."""

import json
from collections.abc import Mapping

from starlette.responses import Response

from agent.model.answers import Answer, Denial

STATUS = {
    Denial.BAD_VALUE: 400,
    Denial.UNKNOWN: 404,
    Denial.NOT_ALLOWED: 403,
    Denial.CONFLICT: 409,
    Denial.BUSY: 409,
    Denial.FAILED: 503,
}
"""Beside each denial in agent.model.answers (C-17)."""
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
_REMEDIES = {
    Denial.BAD_VALUE: "GET /api/v1/openapi.json says what each object can be",
    Denial.UNKNOWN: "GET /api/v1/view shows what there is",
    Denial.NOT_ALLOWED: "Ask who runs this unit for a token or certificate with the role operator",
    Denial.CONFLICT: "Look at GET /api/v1/view, and do first what the sentence says",
    Denial.BUSY: "Wait until the running operation has ended: GET /api/v1/operations; it is not queued",
    Denial.FAILED: "Look at GET /api/v1/view and at the messages of understudy run, then try again",
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


def denied(answer: Answer, **more: object) -> Problem:
    """Of an answer with a denial; BUSY names the running operation, or says when to come again (429)."""
    assert answer.denial is not None
    said: dict[str, object] = {"denial": answer.denial.value, **answer.details, **more}
    headers = {}
    if answer.running:
        said |= {"running": answer.running}
        headers["location"] = f"/api/v1/operations/{answer.running}"
    if answer.operation:
        said |= {"operation": answer.operation}
    if (wait_s := answer.details.get("retry_after_s")) is not None:
        remedy = f"Wait {wait_s} s, and send what changes something only"
        return Problem(429, answer.text, remedy, {"retry-after": str(wait_s)}, **said)
    return Problem(STATUS[answer.denial], answer.text, _REMEDIES[answer.denial], headers, **said)
