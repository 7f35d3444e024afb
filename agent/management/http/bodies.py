"""What is sent to us: one small JSON object, and nothing else."""

import json

from starlette.requests import ClientDisconnect, Request

from agent.management.httpd.problems import Problem

MAX_BODY_BYTES = 16 * 1024
_EXAMPLE = 'Send one object, such as {"priority": 200, "reason": "why"}'


async def object_in(request: Request) -> dict[str, object]:
    """Problem 400, 413, 415. JSON alone is taken: a form of another site can send everything but that."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "The request is not application/json", f"Set Content-Type: application/json. {_EXAMPLE}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "The request is compressed", "Send it as it is")
    return _parsed(await _read(request))


async def _read(request: Request) -> bytes:
    """As it comes, so that nothing is kept of one that is too long."""
    data = b""
    try:
        async for piece in request.stream():
            data += piece
            if len(data) > MAX_BODY_BYTES:
                raise Problem(413, f"The request is longer than {MAX_BODY_BYTES // 1024} KiB", _EXAMPLE, {"connection": "close"})
    except ClientDisconnect:
        raise Problem(400, "The request was cut off", _EXAMPLE) from None
    return data


def _parsed(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(400, "The request is not readable as JSON", _EXAMPLE) from None
    if not isinstance(found, dict):
        raise Problem(400, "The request is not a JSON object", _EXAMPLE)
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A name that is given twice has no meaning."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _no_constant(word: str) -> object:
    """NaN and Infinity are no JSON."""
    raise ValueError(word)
