"""What the model denies, as a problem of the JSON API: which status, and what to do instead."""

from agent.management.httpd.problems import Problem
from agent.model.answers import Answer, Denial

_STATUS = {
    Denial.BAD_VALUE: 400,
    Denial.UNKNOWN: 404,
    Denial.NOT_ALLOWED: 403,
    Denial.CONFLICT: 409,
    Denial.BUSY: 409,
    Denial.FAILED: 503,
}
"""Beside each denial in agent.model.answers (C-17)."""
_REMEDIES = {
    Denial.BAD_VALUE: "GET /api/v1/openapi.json says what each object can be",
    Denial.UNKNOWN: "GET /api/v1/view shows what there is",
    Denial.NOT_ALLOWED: "Ask who runs this unit for a token or certificate with the role operator",
    Denial.CONFLICT: "Look at GET /api/v1/view, and do first what the sentence says",
    Denial.BUSY: "Wait until the running operation has ended: GET /api/v1/operations; it is not queued",
    Denial.FAILED: "Look at GET /api/v1/view and at the messages of understudy run, then try again",
}


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
    return Problem(_STATUS[answer.denial], answer.text, _REMEDIES[answer.denial], headers, **said)
