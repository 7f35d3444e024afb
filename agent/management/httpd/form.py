"""Which requests are answered at all, whatever they ask for."""

from starlette.types import Scope

from agent.management.httpd.problems import Problem

MAX_HEADER_BYTES = 16 * 1024


def check_form(scope: Scope) -> None:
    """What the parser lets pass when it comes in one piece: Problem 400, 431."""
    names = [name for name, _value in scope["headers"]]
    size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) for name, value in scope["headers"])
    if size > MAX_HEADER_BYTES:
        raise Problem(431, "Address and headers are too long", f"{MAX_HEADER_BYTES // 1024} KiB are enough for all there is")
    if b"content-length" in names and b"transfer-encoding" in names:
        raise Problem(400, "The request has two lengths", "Send Content-Length alone", {"connection": "close"})
