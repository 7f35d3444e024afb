"""Limits on all that a network can fill: places, silence, half requests, answers that nobody fetches (house style 8)."""

import socket
import struct
import time
from collections.abc import Hashable
from dataclasses import dataclass, field

import pytest

from agent.management.addresses import address_of, is_in
from agent.management.modbus.client import client_at
from agent.management.modbus.connection import BUFFER_BYTES, UNREAD_BYTES
from agent.management.modbus.room import EVICT_IDLE_S, Room
from agent.model.answers import Role
from agent.settings.faces import LOOPBACK
from tests.modbus.face import Face, Raw, SlowModel, adu, free_port, group, read, words, write


@dataclass(eq=False)
class Guest:
    seen_s: int = 0
    address: Hashable = "192.0.2.1"
    has_left: list[int] = field(default_factory=list)

    def leave(self) -> None:
        self.has_left.append(1)


def test_a_full_room_makes_place_only_by_one_that_is_silent() -> None:
    """The one that has been silent longest, after 5 s; else the new one is refused, and counted."""
    room = Room(2, 60)
    first, second = Guest(), Guest(address="192.0.2.2")
    for guest in (first, second):
        assert room.has_place(guest.address)
        room.enter(guest)
    assert not room.has_place("192.0.2.3")
    assert room.refused == 1
    for _ in range(EVICT_IDLE_S):
        room.sweep()
    second.seen_s = room.now_s
    assert room.has_place("192.0.2.3")
    assert (first.has_left, second.has_left, len(room)) == ([1], [], 1)


def test_one_address_has_at_most_half_of_the_places() -> None:
    """However busy: an allowed host that fails keeps nobody else out. Its own silent connections make place for its new ones."""
    room, guests = Room(4, 60), [Guest() for _ in range(2)]
    for guest in guests:
        assert room.has_place(guest.address)
        room.enter(guest)
    assert not room.has_place("192.0.2.1")
    assert (room.has_place("192.0.2.2"), room.refused) == (True, 1)
    for _ in range(EVICT_IDLE_S):
        room.sweep()
    assert room.has_place("192.0.2.1")
    assert [guest.has_left for guest in guests] == [[1], []]


def test_the_idle_limit_is_exact() -> None:
    """Later than the limit, not at it."""
    room, guest = Room(2, 3), Guest()
    room.enter(guest)
    for _ in range(3):
        room.sweep()
    assert guest.has_left == []
    room.sweep()
    assert (guest.has_left, len(room), room.closed_idle) == ([1], 0, 1)


@pytest.mark.parametrize(
    ("host", "role"),
    [("127.0.0.9", Role.OPERATOR), ("::ffff:127.0.0.1", Role.OPERATOR), ("10.0.0.1", Role.VIEWER), ("fe80::1%eth0", Role.VIEWER)],
)
def test_an_address_is_the_same_however_the_socket_writes_it(host: str, role: Role) -> None:
    """C-20: `write_from` by network, for both versions."""
    assert client_at(address_of(host), LOOPBACK).principal.role is role
    assert is_in(address_of(host), LOOPBACK) is (role is Role.OPERATOR)


def test_an_adu_in_single_bytes_is_one_adu() -> None:
    """And the one behind it, begun in the same segment, another."""
    with Face() as face, face.raw() as raw:
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        both = adu(1, read(0, 2)) + adu(2, write(group(7, 2), 5))
        for place in range(len(both)):
            raw.send(both[place : place + 1])
        assert words(raw.answer()[2]) == [0x5553, 0x4459]
        assert raw.answer()[0] == 2


def test_requests_behind_a_slow_one_wait_in_a_buffer_that_ends() -> None:
    """4 KiB of them; the rest waits in TCP, and all are answered in order when it goes on."""
    model, count = SlowModel(), 3000
    with Face(model) as face, face.raw() as raw:
        raw.send(adu(0, write(group(7, 2), 5)))
        raw.socket.settimeout(0.3)
        requests = b"".join(adu(number, read(0, 1)) for number in range(1, count))
        raw.send(requests)
        with pytest.raises(TimeoutError):
            raw.answer()
        assert len(requests) > 8 * BUFFER_BYTES
        raw.socket.settimeout(5)
        face.do(model.go.set)
        assert [raw.answer()[0] for _ in range(count)] == list(range(count))


def test_who_does_not_fetch_answers_is_not_answered_more_and_leaves() -> None:
    """16 KiB of answers in memory, then he is not read from; without an answer fetched he is idle."""
    with Face(second_s=0.05, idle_timeout_s=5) as face, face.raw(0.5) as greedy:
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = _pour(greedy, adu(1, read(group(7), 64, 4)) * 100)
        with face.raw() as other:
            assert words(other.ask(read(0, 1))) == [0x5553]
        greedy.socket.settimeout(10)
        assert greedy.is_closed()
        assert UNREAD_BYTES < sent < 50_000_000  # what the kernel takes on both sides, and no more


def _pour(raw: Raw, data: bytes) -> int:
    """Until it is not taken any more; bytes."""
    sent = 0
    while sent < 50_000_000:
        try:
            sent += raw.socket.send(data)
        except (TimeoutError, ConnectionError):
            break
    return sent


def test_who_has_said_all_still_gets_his_answer() -> None:
    """A half-closed connection, as of `printf … | nc`; a slow write included."""
    model = SlowModel()
    with Face(model) as face, face.raw() as raw:
        raw.send(adu(1, read(0, 1)) + adu(2, write(group(7, 2), 5)))
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.answer()[0] == 1
        face.do(model.go.set)
        assert raw.answer()[0] == 2
        assert raw.is_closed()


def test_a_cut_connection_does_not_take_a_command_back() -> None:
    """Begun is begun; the face lives on."""
    model = SlowModel()
    with Face(model) as face:
        with face.raw() as raw:
            raw.send(adu(1, write(group(7, 2), 5)))
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with face.raw() as raw:
            assert words(raw.ask(read(group(7, 2), 1))) == [254]
            face.do(model.go.set)
            assert words(raw.ask(read(group(7, 2), 1))) == [5]


def test_a_port_that_is_taken_is_a_sentence_and_opened_when_it_is_free() -> None:
    """Told once; and once when it is back. Nobody reads a traceback at 3 a.m."""
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        face = Face(port=port, second_s=0.01)
        face.__enter__()
        _until(lambda: bool(face.told))
    _until(lambda: len(face.told) > 1)
    with face.raw() as raw:
        assert words(raw.ask(read(0, 1))) == [0x5553]
    face.__exit__(None, None, None)
    assert face.told[0].startswith(f"modbus: port {port} of 127.0.0.1 is taken by another program")
    assert face.told[1:] == ["modbus is back"]


def test_ipv6_and_ipv4_side_by_side() -> None:
    """`address = ["127.0.0.1", "::1"]`."""
    with (
        Face(address=("127.0.0.1", "::1")) as face,
        Raw(_connected("::1", face.port)) as six,
        face.raw() as four,
    ):
        assert words(six.ask(read(0, 1))) == words(four.ask(read(0, 1))) == [0x5553]
        assert not six.ask(write(group(7, 2), 5))[0] & 0x80
        six.socket.close()


def _connected(host: str, port: int) -> socket.socket:
    """The face waits for one of its addresses; the other may come a moment later."""
    until_s = time.monotonic() + 5
    while True:
        try:
            return socket.create_connection((host, port), 5)
        except ConnectionRefusedError:
            assert time.monotonic() < until_s
            time.sleep(0.005)  # that a port is there is no event


def _until(is_so: object) -> None:
    assert callable(is_so)
    until_s = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.005)  # a sentence told by another thread is no event
