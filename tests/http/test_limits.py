"""What a network can do to the face: too long, too slow, too many, and not HTTP at all. It goes on, and nothing is left over."""

import random
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agent.management.http import serve
from agent.management.httpd import listener
from agent.management.httpd.form import MAX_HEADER_BYTES
from tests.http.server import Server, running
from tests.management.fakes import eventually


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Ten seconds are 0.3 here, and five clients are enough."""
    monkeypatch.setattr(listener, "LIMIT_S", 0.3)
    monkeypatch.setattr(serve, "UNIX_CONNECTIONS", 5)
    with running(tmp_path) as server:
        yield server


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """A plain client of the unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(server.settings.socket))
        yield client


def all_of(client: socket.socket) -> bytes:
    """Until the other end closes."""
    data = b""
    with suppress(ConnectionResetError):
        while piece := client.recv(65536):
            data += piece
    return data


def descriptors() -> int:
    """That this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


SENT_IN_PART = b"PATCH /api/v1/unit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n{"


@pytest.mark.parametrize("begun", [b"", b"GET /api", b"GET / HTTP/1.1\r\nHost: x\r\n", SENT_IN_PART])
def test_a_request_that_does_not_end_is_cut_off(impatient: Server, begun: bytes) -> None:
    """Slow loris: neither silence nor a byte now and then keeps a place."""
    with connected(impatient) as client:
        client.sendall(begun)
        all_of(client)
    with connected(impatient) as client:
        with suppress(OSError):
            client.sendall(begun)
            while True:
                client.sendall(b"x")
                time.sleep(0.02)
        all_of(client)
    assert impatient.curl("/-/healthy").status == 200


def test_a_client_that_reads_nothing_is_cut_off(impatient: Server) -> None:
    before = impatient.tasks()
    with connected(impatient) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with suppress(OSError):
            for _ in range(2000):
                client.sendall(b"GET /api/v1/view HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(lambda: impatient.tasks() <= before)
        assert impatient.curl("/-/healthy").status == 200


def test_the_one_too_many_is_told_so_and_places_come_back(impatient: Server) -> None:
    held = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    try:
        for client in held:
            client.connect(str(impatient.settings.socket))
        with connected(impatient) as client:
            said = all_of(client)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"5 clients are connected already" in said
    finally:
        for client in held:
            client.close()
    eventually(lambda: impatient.curl("/-/healthy").status == 200)


def test_an_idle_connection_is_kept_for_the_next_request(server: Server) -> None:
    with connected(server) as client:
        for _ in range(3):
            client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            said = b""
            while not said.endswith(b"}"):
                said += client.recv(65536)
            assert said.startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with connected(server) as client:
        paths = ["/-/healthy", "/api/v1/nothing", "/-/role/7"]
        ends = ["", "", "Connection: close\r\n"]
        client.sendall(
            "".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n{end}\r\n" for path, end in zip(paths, ends, strict=True)).encode()
        )
        said = all_of(client)
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"404", b"200"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /api/v1/unit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * MAX_HEADER_BYTES + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 2 * MAX_HEADER_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    ],
)
def test_what_is_not_http_is_said_to_be_so(server: Server, request_: bytes, status: int) -> None:
    with connected(server) as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        said = all_of(client)
    assert int(said.split()[1]) == status
    assert b"application/problem+json" in said
    assert b"remedy" in said


@pytest.mark.parametrize("path", [b"/api/v1/unit", b"/api/v1/nothing"])
def test_a_body_that_turns_out_to_be_nonsense_is_answered_once(server: Server, path: bytes) -> None:
    """Whoever was to answer the request finds that it has been answered."""
    with connected(server) as client:
        head = b"PATCH " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.sendall(head + b"x" * 8 + b"\r\n")
        assert re.findall(rb"HTTP/1.1 (\d+)", all_of(client)) == [b"400"]
    assert server.curl("/-/healthy").status == 200
    assert server.told == []


def test_an_upgrade_is_not_followed(server: Server) -> None:
    reply = server.curl(
        "/api/v1/unit", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"
    )
    assert reply.status == 200


SEEDS = [
    b'GET /api/v1/members/7?x=1 HTTP/1.1\r\nHost: x\r\nIf-None-Match: "1"\r\n\r\n',
    b"POST /api/v1/members/7/commands HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n"
    b'{"verb":"off"}',
    b"PATCH /api/v1/members/7 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'10\r\n{"priority": 20}\r\n0\r\n\r\n',
    b"GET /api/v1/changes?tables=unit HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 5\r\n\r\n",
]


def mutated(seed: bytes, dice: random.Random) -> bytes:
    """Bytes changed, cut, doubled, or put in."""
    data = bytearray(seed)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0:
                data[at:at] = dice.randbytes(dice.randint(1, 8))
            case 1:
                del data[at : at + dice.randint(1, 20)]
            case 2:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case _:
                data[at:at] = data[at // 2 : at]
    return bytes(data)


def test_a_thousand_mutated_requests_leave_nothing_behind(impatient: Server) -> None:
    """No crash, no hang, no descriptor, task or timer that stays; whoever comes after is served."""
    dice = random.Random(20260102)
    tasks, open_ones = impatient.tasks(), descriptors()
    for number in range(1000):
        with connected(impatient) as client, suppress(OSError):
            client.sendall(mutated(SEEDS[number % len(SEEDS)], dice))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            if number % 50 == 0:
                client.shutdown(socket.SHUT_WR)
                all_of(client)
    eventually(lambda: impatient.tasks() <= tasks and descriptors() <= open_ones)
    assert impatient.curl("/-/healthy").status == 200
    assert impatient.told == []


def test_the_face_ends_with_all_its_connections(tmp_path: Path) -> None:
    """Cancelled, as when the agent stops: those that follow are cut off, and nothing waits for them."""
    with running(tmp_path) as server, connected(server) as client:
        client.sendall(b"GET /api/v1/changes HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(100)
        server.stop_now()
        all_of(client)
