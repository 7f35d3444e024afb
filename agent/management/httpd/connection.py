"""One client's connection: uvicorn's HTTP/1.1 with deadlines, and errors in our own words.

uvicorn's protocol bounds the size of headers and how long an idle connection is kept; it waits for ever for the rest of a
request that has begun, and for a client that does not read. Here neither costs more than ten seconds.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from agent.management.httpd.form import MAX_HEADER_BYTES
from agent.management.httpd.peer import Peer
from agent.management.httpd.problems import Problem

LIMIT_S = 10.0
"""For a whole request, counted from the connection or its first byte; and for a client that takes nothing of what is ready."""
KEEP_ALIVE_S = 15
_RECEIVING = (h11.IDLE, h11.SEND_BODY)


class Connection(H11Protocol):
    """`on_lost` is called once, when it is over. `limit_s`: for tests."""

    def __init__(
        self, config: Config, state: ServerState, peer: Peer, on_lost: Callable[[], None], limit_s: float = LIMIT_S
    ) -> None:
        super().__init__(config, state, {"peer": peer})
        self._on_lost, self._limit_s = on_lost, limit_s
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    @property
    def address(self) -> str:
        """Of the client."""
        peer: Peer = self.app_state["peer"]
        return peer.address

    @property
    def idle_until_s(self) -> float | None:
        """By the loop's clock: when it would be closed between two requests. None: it is not between two, or ends already."""
        timer = self.timeout_keep_alive_task
        return None if timer is None or self.transport.is_closing() else timer.when()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """TLS is done by now, and has checked the certificate."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self.app_state["peer"] = replace(self.app_state["peer"], certificate=tls.getpeercert(binary_form=True))
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """However it ended."""
        for timer in (self._reading, self._writing):
            if timer is not None:
                timer.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        """As long as the request is not whole, its time runs; it is not given more for sending slowly."""
        super().data_received(data)
        if self.conn.their_state in _RECEIVING:
            self._await_request()
        else:
            self._request_is_whole()

    def on_response_complete(self) -> None:
        """Between two requests the keep-alive time of uvicorn runs."""
        if self.conn.their_state is not h11.SEND_BODY:
            self._request_is_whole()
        super().on_response_complete()

    def _await_request(self) -> None:
        if self._reading is None:
            self._reading = self.loop.call_later(self._limit_s, self.transport.abort)

    def _request_is_whole(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def pause_writing(self) -> None:
        """The client has not read what it has been sent."""
        super().pause_writing()
        self._writing = self.loop.call_later(self._limit_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It has."""
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Not HTTP, or headers that are too long: h11 says which in the exception that is being handled."""
        fault = sys.exc_info()[1]
        if self.cycle is not None and not self.cycle.response_complete:  # its body is what went wrong: it answers no more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        status = getattr(fault, "error_status_hint", 400)
        limit = f"headers are bounded to {MAX_HEADER_BYTES // 1024} KiB"
        problem = Problem(431 if status == 431 else 400, "The request is not readable as HTTP/1.1", f"Send it whole; {limit}")
        body = problem.body()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        try:
            answer = h11.Response(status_code=problem.status, headers=headers, reason=b"Bad Request")
            for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # in the middle of an answer
            self.transport.abort()
        else:
            self.transport.close()


def quiet_config(app: object, keep_alive_s: int = KEEP_ALIVE_S) -> Config:
    """uvicorn without its logging, its proxies' headers, its WebSockets and its name. `keep_alive_s`: between two requests."""
    config = Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=keep_alive_s,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    config.load()
    return config
