"""Who may, decided on the path that is routed."""

import pytest
from starlette.requests import Request

from agent.management.http.guard import Guard
from agent.management.http.tokens import Tokens
from agent.management.httpd.peer import Peer
from agent.management.httpd.problems import Problem


def test_a_host_header_with_a_path_in_it_opens_nothing() -> None:
    """The URL is made of the Host header; the path that is routed is not."""
    guard = Guard(Tokens(None, print), "none", frozenset)
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/api/v1/unit",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:18410/-/?")],
        "state": {"peer": Peer("192.0.2.1", None, None)},
    }
    with pytest.raises(Problem) as problem:
        guard.principal(Request(scope))
    assert problem.value.status == 401
