"""What pymodbus's own server does wrong (facts/modbus.md, "Defects of the stock server"), row by row, with raw sockets.

The rows of TLS and RTU are in test_tls.py and test_rtu.py.
"""

import select
import struct

import pytest

from agent.model.lamps import BUTTONS
from tests.modbus.face import Face, Raw, SlowModel, adu, group, read, words, write
from tests.model.fake import FakeModel
from tests.model.sample import sample_view, unit_row, with_row


def test_five_requests_in_one_segment_are_all_answered_in_order() -> None:
    """Row 1; issue 4, pipelined requests."""
    with Face() as face, face.raw() as raw:
        raw.send(b"".join(adu(number, read(group(7), number)) for number in range(1, 6)))
        answers = [raw.answer() for _ in range(5)]
    assert [(number, len(answer)) for number, _unit, answer in answers] == [(number, 2 + 2 * number) for number in range(1, 6)]


def test_a_slow_write_and_the_request_behind_it_keep_their_own_transaction_ids() -> None:
    """Row 2: the read waits its turn, and each answer is for its own request."""
    model = SlowModel()
    with Face(model) as face, face.raw() as raw:
        raw.send(adu(100, write(group(7, 2), 200)) + adu(200, read(group(7, 2), 1)))
        raw.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            raw.answer()
        raw.socket.settimeout(5)
        face.do(model.go.set)
        first, second = raw.answer(), raw.answer()
    assert (first[0], first[2]) == (100, struct.pack(">BHH", 16, group(7, 2), 1))
    assert (second[0], words(second[2])) == (200, [200])


def test_a_slow_write_of_one_client_does_not_hold_up_another() -> None:
    """Row 2, the other half."""
    model = SlowModel()
    with Face(model) as face, face.raw() as slow, face.raw() as quick:
        slow.send(adu(1, write(group(7, 2), 200)))
        assert words(quick.ask(read(group(7, 2), 1))) == [254]
        face.do(model.go.set)
        assert slow.answer()[0] == 1


@pytest.mark.parametrize("function", [7, 11, 12, 20, 21, 24, 65, 100, 127])
def test_an_unknown_function_is_refused_by_its_own_code(function: int) -> None:
    """Row 3: 80 | FC, 01."""
    with Face() as face, face.raw() as raw:
        assert raw.ask(bytes((function, 0, 0))) == bytes((function | 0x80, 1))


@pytest.mark.parametrize("count", [0, 126, 65535])
@pytest.mark.parametrize("function", [3, 4])
def test_a_count_of_registers_outside_1_to_125_is_an_illegal_value(function: int, count: int) -> None:
    """Row 3: 03, and the function code is kept."""
    with Face() as face, face.raw() as raw:
        assert raw.ask(read(0, count, function)) == bytes((function | 0x80, 3))


@pytest.mark.parametrize(
    "pdu", [b"\x03", b"\x03\x00", b"\x03\x00\x00\x00", b"\x10\x00\x00\x00\x01", b"\x06\0\0\0\0\0", b"\x2b\x0e"]
)
def test_a_pdu_of_the_wrong_length_is_an_illegal_value(pdu: bytes) -> None:
    """Row 3, short PDUs; long ones are as wrong."""
    with Face() as face, face.raw() as raw:
        assert raw.ask(pdu) == bytes((pdu[0] | 0x80, 3))


def test_a_coil_is_on_by_ff00_and_off_by_0000_and_nothing_else() -> None:
    """Row 4: 0x1234 is not ON; nothing is commanded."""
    button = group(7, BUTTONS[0].offset)
    with Face() as face, face.raw() as raw:
        assert raw.ask(struct.pack(">BHH", 5, button, 0x1234)) == b"\x85\x03"
        assert raw.ask(struct.pack(">BHH", 5, button, 0x0001)) == b"\x85\x03"
        assert face.model.orders == []
        request = struct.pack(">BHH", 5, button, 0xFF00)
        assert raw.ask(request) == request
        assert len(face.model.orders) == 1


def test_another_units_request_is_not_answered_and_the_next_one_is() -> None:
    """Row 5, `foreign_unit = "ignore"`."""
    with Face(foreign_unit="ignore") as face, face.raw() as raw:
        raw.send(adu(1, read(0, 1), unit=9) + adu(2, read(0, 1), unit=1))
        assert raw.answer()[0] == 2


def test_another_units_request_is_answered_0b_where_that_is_wanted() -> None:
    """Row 5, `foreign_unit = "refuse"`."""
    with Face(foreign_unit="refuse") as face, face.raw() as raw:
        assert raw.ask(read(0, 1), unit=9) == b"\x83\x0b"


@pytest.mark.parametrize("unit", [0, 1, 255])
def test_in_tcp_the_address_says_who_is_meant(unit: int) -> None:
    """The implementation guide: 255, and 0 as well, are the server itself; the answer repeats what was asked."""
    with Face() as face, face.raw() as raw:
        assert words(raw.ask(read(0, 2), unit)) == [0x5553, 0x4459]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        adu(1, read(0, 1), protocol=1),
        struct.pack(">HHHB", 1, 0, 0, 1),
        struct.pack(">HHHB", 1, 0, 1, 1),
        struct.pack(">HHHB", 1, 0, 255, 1),
    ],
)
def test_what_is_no_modbus_closes_the_connection(garbage: bytes) -> None:
    """Row 6: requests before it are answered, and a new connection works at once."""
    with Face() as face:
        with face.raw() as raw:
            raw.send(adu(1, read(0, 1)) + garbage)
            assert raw.answer()[0] == 1
            assert raw.is_closed()
        with face.raw() as raw:
            assert words(raw.ask(read(0, 1))) == [0x5553]


def test_the_room_is_full_at_the_cap_and_a_new_client_is_turned_away() -> None:
    """Row 7: those inside go on working."""
    with Face(max_connections=6) as face:
        guests = [face.raw() for _ in range(3)]
        assert [words(guest.ask(read(0, 1))) for guest in guests] == [[0x5553]] * 3
        with face.raw() as late:
            assert late.is_closed()
        assert words(guests[0].ask(read(0, 1))) == [0x5553]
        for guest in guests:
            guest.socket.close()


def test_who_asks_nothing_for_the_idle_limit_is_shown_out() -> None:
    """Row 7; who asks stays, and half a request is no request."""
    with Face(idle_timeout_s=4, second_s=0.05) as face, face.raw() as busy, face.raw() as idle, face.raw() as slow:
        slow.send(adu(1, read(0, 1))[:-1])
        while not select.select([idle.socket], [], [], 0)[0]:
            busy.ask(read(0, 1))
        assert idle.is_closed()
        assert slow.is_closed()
        assert words(busy.ask(read(0, 1))) == [0x5553]


def test_two_servers_on_one_model_show_the_same_and_neither_the_others_identity() -> None:
    """Rows 9 and 10: one memory behind two faces; the identity is the server's own."""
    first, second = FakeModel(), FakeModel(sample_view())
    second.current = with_row(second.current, "unit", (), **{**unit_row(1, 1, 1, False), "name": "rx-b"})
    with Face(first) as one, Face(first) as two, Face(second) as other, one.raw() as a, two.raw() as b, other.raw() as c:
        assert not a.ask(write(group(7, 2), 77))[0] & 0x80
        assert words(b.ask(read(group(7, 2), 1))) == [77]
        assert words(c.ask(read(group(7, 2), 1))) == [254]
        assert [_name(raw) for raw in (a, b, c)] == [b"rx-a", b"rx-a", b"rx-b"]


def _name(raw: Raw) -> bytes:
    """Object 6, the user's name for it, of FC 43/14."""
    answer = raw.ask(bytes((43, 14, 4, 6)))
    assert answer[:9] == bytes((43, 14, 4, 0x83, 0, 0, 1, 6, 4))
    return answer[9:]
