"""Function codes that are about the server itself: 8 (diagnostics), 17 (server id), 43/14 (identification)."""

import struct
from collections.abc import Iterator

import pytest

from agent.management.modbus.identity import identify, objects_of
from agent.management.modbus.requests import Identify
from tests.modbus.face import Face, Raw, read


@pytest.fixture
def raw() -> Iterator[Raw]:
    with Face() as face, face.raw() as raw:
        yield raw


def diagnose(sub_function: int, data: bytes = b"\0\0") -> bytes:
    return struct.pack(">BH", 8, sub_function) + data


def counted(raw: Raw, sub_function: int) -> int:
    answer = raw.ask(diagnose(sub_function))
    assert answer[:3] == struct.pack(">BH", 8, sub_function)
    return int.from_bytes(answer[3:])


def test_the_echo_returns_what_came(raw: Raw) -> None:
    """FC 8/0."""
    for data in (b"\xa5\x5a", b"", bytes(range(250))):
        assert raw.ask(diagnose(0, data)) == diagnose(0, data)


def test_counters_count_and_are_cleared(raw: Raw) -> None:
    """FC 8/11, 13, 14; cleared by 10, which says so by its echo. The question itself counts too."""
    assert raw.ask(diagnose(10)) == diagnose(10)
    for _ in range(4):
        raw.ask(read(0, 1))
    raw.ask(read(0, 0))
    assert counted(raw, 13) == 1
    assert counted(raw, 11) == 1 + 4 + 1 + 1 + 1 - 1
    assert counted(raw, 14) == 1 + 4 + 1 + 1 + 1
    for sub_function in (2, 12, 15, 16, 17, 18):
        assert counted(raw, sub_function) == 0
    assert raw.ask(diagnose(1, b"\xff\0")) == diagnose(1, b"\xff\0")
    assert counted(raw, 13) == 0
    assert raw.ask(diagnose(20)) == diagnose(20)


def test_nobody_silences_the_server(raw: Raw) -> None:
    """FC 8/4 (listen only) and what there is not: 01. Data where there must be none: 03."""
    for sub_function in (3, 4, 5, 9, 19, 21, 65535):
        assert raw.ask(diagnose(sub_function)) == b"\x88\x01"
    assert raw.ask(diagnose(11, b"\0\1")) == b"\x88\x03"
    assert raw.ask(diagnose(10, b"\xff\0")) == b"\x88\x03"


def test_the_server_says_who_it_is(raw: Raw) -> None:
    """FC 17: id, run indicator, text."""
    answer = raw.ask(b"\x11")
    assert answer[:4] == bytes((17, len(answer) - 2, 1, 0xFF))
    assert answer[4:] == b"understudy 0.1.0 rx-a"
    assert raw.ask(b"\x11\0") == b"\x91\x03"


def identification(raw: Raw, code: int, object_id: int) -> dict[int, bytes]:
    answer = raw.ask(bytes((43, 14, code, object_id)))
    assert answer[:6] == bytes((43, 14, code, 0x83, 0, 0))
    found, place = {}, 7
    for _ in range(answer[6]):
        found[answer[place]] = answer[place + 2 : place + 2 + answer[place + 1]]
        place += 2 + answer[place + 1]
    assert place == len(answer)
    return found


def test_identification_basic_regular_extended_and_one(raw: Raw) -> None:
    """FC 43/14: the categories of the specification; an unknown first object begins a stream anew; a single one is 02."""
    assert identification(raw, 1, 0) == {0: b"Understudy", 1: b"understudy", 2: b"0.1.0"}
    assert list(identification(raw, 2, 0)) == [0, 1, 2, 3, 4, 5, 6]
    assert list(identification(raw, 3, 0)) == [0, 1, 2, 3, 4, 5, 6, 0x80]
    assert list(identification(raw, 3, 6)) == [6, 0x80]
    assert list(identification(raw, 1, 0x42)) == [0, 1, 2]
    assert identification(raw, 4, 0x80) == {0x80: b"00ff00ff00ff00ff"}
    assert raw.ask(bytes((43, 14, 4, 0x42))) == b"\xab\x02"
    assert raw.ask(bytes((43, 14, 5, 0))) == b"\xab\x03"
    assert raw.ask(bytes((43, 13, 1, 0))) == b"\xab\x01"


def test_an_identification_that_does_not_fit_says_where_it_goes_on() -> None:
    """One PDU has 253 bytes."""
    unit = {"name": "n" * 300, "software": "1"}
    first = identify(Identify(2, 0), unit)
    assert len(first) <= 253
    assert (first[4], first[5], first[6]) == (0xFF, 6, 6)
    second = identify(Identify(2, 6), unit)
    assert len(second) <= 253
    assert second[4:8] == bytes((0, 0, 1, 6))
    assert second[9:] == objects_of(unit)[6]
