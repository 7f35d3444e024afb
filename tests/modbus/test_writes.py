"""Settings and commands by Modbus: through the arbiter, whole or not at all, each refusal with its code (C-17, C-20, D-54)."""

import struct
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from agent.model.answers import Answer, Change, Denial, Order, Phase, Role, Verb
from agent.model.lamps import BUTTONS, SWITCHES
from tests.modbus.face import Face, Raw, adu, bits, group, read, words, write
from tests.model.fake import FakeModel
from tests.model.sample import sample_view

PRIORITY, PREEMPT, INTERVAL, HOLD, COMMAND = group(7, 2), group(7, 3), group(7, 4), group(7, 6), 102
SET_MASTER = group(7, next(button.offset for button in BUTTONS if button.verb is Verb.SET_MASTER))
LOCKED = group(7, next(switch.offset for switch in SWITCHES if switch.name == "locked"))
CODES = {
    Denial.NOT_ALLOWED: 1,
    Denial.UNKNOWN: 2,
    Denial.BAD_VALUE: 3,
    Denial.CONFLICT: 4,
    Denial.FAILED: 4,
    Denial.BUSY: 6,
}


@pytest.fixture
def face() -> Iterator[Face]:
    with Face(FakeModel(sample_view((7, 8)))) as face:
        yield face


@pytest.fixture
def raw(face: Face) -> Iterator[Raw]:
    with face.raw() as raw:
        yield raw


def single(address: int, word: int) -> bytes:
    return struct.pack(">BHH", 6, address, word)


def coil(address: int, is_on: bool) -> bytes:
    return struct.pack(">BHH", 5, address, 0xFF00 if is_on else 0)


def coils(address: int, *values: bool) -> bytes:
    data = sum(value << place for place, value in enumerate(values)).to_bytes((len(values) + 7) // 8, "little")
    return struct.pack(">BHHB", 15, address, len(values), len(data)) + data


def changes(face: Face) -> list[Change]:
    return [change for made, _principal, _reason in face.model.changed for change in made]


def test_one_register_is_set_and_read_back(face: Face, raw: Raw) -> None:
    """S-03: the priority, by FC 6; the answer repeats the request."""
    assert raw.ask(single(PRIORITY, 200)) == single(PRIORITY, 200)
    assert words(raw.ask(read(PRIORITY, 1))) == [200]
    assert changes(face) == [Change("member", (7,), "priority", 200)]
    principal = face.model.changed[0][1]
    assert (principal.face, principal.address, principal.role) == ("modbus", "127.0.0.1", Role.OPERATOR)


def test_several_registers_are_one_change(face: Face, raw: Raw) -> None:
    """All or nothing needs one call; flags are true or false in the model, 32 bits come high word first."""
    assert raw.ask(write(PRIORITY, 9, 1, 500, 2, 1, 0x86A0)) == struct.pack(">BHH", 16, PRIORITY, 6)
    assert len(face.model.changed) == 1
    assert [(change.name, change.value) for change in changes(face)] == [
        ("priority", 9),
        ("preempt", True),
        ("advertisement_interval_ms", 500),
        ("return_policy", 2),
        ("return_hold_ms", 100_000),
    ]


@pytest.mark.parametrize(
    "request_pdu",
    [
        write(PRIORITY, 9, 1, 5),
        write(PRIORITY, 9, 2),
        write(PREEMPT, 0xFF00),
        write(PRIORITY, 0),
        single(HOLD, 1),
        single(HOLD + 1, 1),
        write(INTERVAL, 1000, 1, 0),
        write(HOLD + 1, 1, 2),
        struct.pack(">BHHH", 22, HOLD, 0, 1),
    ],
    ids=["interval 5", "flag 2", "flag ff00", "priority 0", "half", "other half", "and half", "half and", "mask half"],
)
def test_what_cannot_be_a_value_changes_nothing(face: Face, raw: Raw, request_pdu: bytes) -> None:
    """03: out of range, a flag that is neither, half of 32 bits; what stands beside it in the request is not set either."""
    before = words(raw.ask(read(group(7), 64)))
    assert raw.ask(request_pdu) == bytes((request_pdu[0] | 0x80, 3))
    assert words(raw.ask(read(group(7), 64))) == before
    assert face.model.changed == []


@pytest.mark.parametrize(
    "request_pdu",
    [
        single(group(7), 1),
        single(group(7, 13), 1),
        write(group(7, 12), 60, 1),
        single(group(9, 2), 1),
        single(0, 1),
        single(109, 1),
        single(65535, 1),
        write(65535, 1, 2),
        coil(group(7, 7), True),
        coil(group(9), True),
        coils(group(7, 6), False, False),
        struct.pack(">BHHH", 22, 65535, 0, 0),
        struct.pack(">BHHHHBH", 23, 999, 1, PRIORITY, 1, 2, 5),
        struct.pack(">BHHHHBH", 23, 0, 1, group(7), 1, 2, 5),
    ],
)
def test_what_cannot_be_written_has_no_address(face: Face, raw: Raw, request_pdu: bytes) -> None:
    """02, whole requests: a read that is outside refuses the write of FC 23 as well."""
    assert raw.ask(request_pdu) == bytes((request_pdu[0] | 0x80, 2))
    assert face.model.changed == []


def test_a_mask_changes_the_bits_it_means(face: Face, raw: Raw) -> None:
    """FC 22: (present AND keep) OR (put AND NOT keep); 254 = 0xFE."""
    request = struct.pack(">BHHH", 22, PRIORITY, 0x00F2, 0x0025)
    assert raw.ask(request) == request
    assert words(raw.ask(read(PRIORITY, 1))) == [(0xFE & 0xF2) | (0x25 & ~0xF2)]
    assert len(face.model.changed) == 1


def test_write_and_read_writes_first(raw: Raw) -> None:
    """FC 23 reads what it has just written."""
    answer = raw.ask(struct.pack(">BHHHHBHH", 23, PRIORITY, 2, PRIORITY, 2, 4, 33, 1))
    assert words(answer) == [33, 1]


@pytest.mark.parametrize("denial", Denial)
def test_each_refusal_of_the_arbiter_has_its_exception(face: Face, raw: Raw, denial: Denial) -> None:
    """C-17: never silently ignored; D-26: BUSY is 06 and is not carried out later."""
    face.model.refusals = {"preempt": Answer(denial, "no"), Verb.SET_MASTER: Answer(denial, "no")}
    code = CODES[denial]
    assert raw.ask(write(PRIORITY, 9, 1)) == bytes((0x90, code))
    assert raw.ask(single(PREEMPT, 1)) == bytes((0x86, code))
    assert raw.ask(coil(SET_MASTER, True)) == bytes((0x85, code))
    assert raw.ask(write(COMMAND, 0, 7, 0, Verb.SET_MASTER)) == bytes((0x90, code))
    assert words(raw.ask(read(PRIORITY, 1))) == [254]
    assert (face.model.changed, face.model.orders) == ([], [])


def test_a_button_acts_once_when_written_on(face: Face, raw: Raw) -> None:
    """D-43, D-54: one coil a verb and group; OFF does nothing, and it reads OFF always."""
    assert raw.ask(coil(SET_MASTER, False)) == coil(SET_MASTER, False)
    assert face.model.orders == []
    assert raw.ask(coil(SET_MASTER, True)) == coil(SET_MASTER, True)
    assert [(order, wait_s) for order, _principal, wait_s in face.model.orders] == [(Order(Verb.SET_MASTER, 7), 0.3)]
    assert bits(raw.ask(read(SET_MASTER, 1, 1)), 1) == [False]
    assert not raw.ask(coil(group(8, 3), True))[0] & 0x80
    assert face.model.orders[-1][0] == Order(Verb.OFF, 8)


def test_several_coils_are_switches_or_one_button(face: Face, raw: Raw) -> None:
    """FC 15 is all or nothing: two commands could not be."""
    assert raw.ask(coils(SET_MASTER, True, True)) == b"\x8f\x03"
    assert (face.model.orders, face.model.changed) == ([], [])
    assert raw.ask(coils(SET_MASTER, False, True)) == struct.pack(">BHH", 15, SET_MASTER, 2)
    assert [order for order, *_ in face.model.orders] == [Order(Verb.SET_BACKUP, 7)]
    assert raw.ask(coils(LOCKED, True, False, True)) == struct.pack(">BHH", 15, LOCKED, 3)
    assert [(change.name, change.value) for change in changes(face)] == [
        ("locked", True),
        ("auto_lock", False),
        ("maintenance", True),
    ]
    assert bits(raw.ask(read(LOCKED, 3, 1)), 3) == [True, False, True]


def test_the_command_block_tells_what_becomes_of_a_command(face: Face, raw: Raw) -> None:
    """Facts: echo, token, result 0 while busy, then done; the flags are for one command only."""
    face.model.phase = Phase.RUNNING
    assert raw.ask(write(COMMAND, 4711, 8, 3, Verb.FORCE_MASTER)) == struct.pack(">BHH", 16, COMMAND, 4)
    assert face.model.orders[0][0] == Order(Verb.FORCE_MASTER, 8, is_forced=True, is_override=True)
    assert face.model.orders[0][2] == 0
    echo = [Verb.FORCE_MASTER, 8, 4711]
    assert words(raw.ask(read(106, 10))) == [*echo, 0, 0, 0xFFFF, 0, 1, 0, 0]
    face.do(lambda: face.model.end(8, Phase.DONE, Verb.FORCE_MASTER))
    assert words(raw.ask(read(106, 4))) == [*echo, 1]
    assert words(raw.ask(read(COMMAND, 4))) == [4711, 8, 0, Verb.NO_ACTION]


@pytest.mark.parametrize(("phase", "result"), [(Phase.REFUSED, 2), (Phase.FAILED, 3)])
def test_a_command_that_goes_wrong_later_is_never_called_done(face: Face, raw: Raw, phase: Phase, result: int) -> None:
    """C-17: a definite answer."""
    face.model.phase = Phase.RUNNING
    raw.ask(write(COMMAND, 1, 7, 0, Verb.SET_BACKUP))
    face.do(lambda: face.model.end(7, phase, Verb.SET_BACKUP))
    assert words(raw.ask(read(109, 1))) == [result]


def test_a_busy_member_keeps_the_block_of_the_operation_that_runs(face: Face, raw: Raw) -> None:
    """D-26: the second one gets 06; the first one still finds its result."""
    face.model.phase = Phase.RUNNING
    raw.ask(write(COMMAND, 11, 7, 0, Verb.SET_BACKUP))
    face.model.refusals = {Verb.SET_MASTER: Answer(Denial.BUSY, "busy", running=1)}
    assert raw.ask(write(COMMAND, 22, 7, 0, Verb.SET_MASTER)) == b"\x90\x06"
    assert words(raw.ask(read(106, 4))) == [Verb.SET_BACKUP, 7, 11, 0]


def test_no_action_does_nothing_and_an_unknown_command_is_no_value(face: Face, raw: Raw) -> None:
    """1 is what it always reads; 0 and 9 there are not; a group above 255 and flags above 3 neither."""
    assert raw.ask(single(105, 1)) == single(105, 1)
    assert words(raw.ask(read(106, 4))) == [0, 0, 0, 0xFFFF]
    for pdu in (single(105, 0), single(105, 9), single(103, 256), single(104, 4)):
        assert raw.ask(pdu) == b"\x86\x03"
    assert face.model.orders == []


def test_a_viewer_may_read_and_every_write_is_refused_with_01() -> None:
    """C-20: `write_from` makes operators, by address; nothing has changed."""
    with Face(write_from=(ip_network("10.0.0.0/8"),)) as face, face.raw() as raw:
        assert words(raw.ask(read(PRIORITY, 1))) == [254]
        pdus = [single(PRIORITY, 5), write(PRIORITY, 5), coil(SET_MASTER, True), coils(LOCKED, True, True), single(10, 5)]
        pdus += [struct.pack(">BHHH", 22, PRIORITY, 0, 5), struct.pack(">BHHHHBH", 23, 0, 1, PRIORITY, 1, 2, 5)]
        pdus += [single(12, 5), write(COMMAND, 1, 7, 0, 2), struct.pack(">BHH", 8, 10, 0)]
        assert [raw.ask(pdu) for pdu in pdus] == [bytes((pdu[0] | 0x80, 1)) for pdu in pdus]
        assert (face.model.changed, face.model.orders) == ([], [])
        assert words(raw.ask(read(10, 3))) == [0, 0, 0]


def test_who_is_not_on_the_list_is_not_let_in() -> None:
    """`allow`: networks; another address is closed before it has said a word."""
    with Face(allow=(ip_network("10.0.0.0/8"),)) as face, face.raw() as raw:
        assert raw.is_closed()


def test_a_claim_keeps_the_other_writer_out_until_it_is_given_back(face: Face, raw: Raw) -> None:
    """Facts: a semaphore register against two writers; it guards settings, buttons and commands."""
    with face.raw() as other:
        assert raw.ask(single(12, 77)) == single(12, 77)
        assert words(other.ask(read(12, 1))) == [77]
        assert 1 <= words(other.ask(read(26, 1, 4)))[0] <= 10
        for pdu in (single(12, 88), single(12, 0), single(PRIORITY, 5), coil(SET_MASTER, True), single(105, 2), single(11, 1)):
            assert other.ask(pdu) == bytes((pdu[0] | 0x80, 6))
        assert raw.ask(single(PRIORITY, 6)) == single(PRIORITY, 6)
        assert raw.ask(single(12, 0)) == single(12, 0)
        assert other.ask(single(PRIORITY, 5)) == single(PRIORITY, 5)
        assert words(other.ask(read(12, 1))) == [0]


def test_a_holder_that_connects_again_gets_its_claim_back_by_its_number(face: Face) -> None:
    """A controller that lost its connection is not locked out by itself."""
    with face.raw() as first:
        first.ask(single(12, 77))
    with face.raw() as second:
        assert second.ask(single(PRIORITY, 5)) == b"\x86\x06"
        assert second.ask(single(12, 77)) == single(12, 77)
        assert second.ask(single(PRIORITY, 5)) == single(PRIORITY, 5)


def test_an_expired_watchdog_refuses_writes_until_it_is_kicked(raw: Raw) -> None:
    """Facts (WAGO): 04 once expired, reads go on; the lamp and the header say so."""
    with Face(write_watchdog_s=0.05, second_s=0.05) as impatient, impatient.raw() as late:
        while words(late.ask(read(24, 1, 4))) != [2]:
            assert late.ask(read(0, 1))  # the second after which the register tells is the face's own
        assert late.ask(single(PRIORITY, 5)) == b"\x86\x04"
        assert late.ask(coil(SET_MASTER, True)) == b"\x85\x04"
        assert bits(late.ask(read(8, 1, 2)), 1) == [True]
        assert late.ask(single(10, 30)) == single(10, 30)
        assert late.ask(single(PRIORITY, 5)) == single(PRIORITY, 5)
        assert words(late.ask(read(24, 2, 4))) == [1, 30]
    assert words(raw.ask(read(24, 2, 4))) == [0, 0xFFFF]
    assert raw.ask(single(10, 3601)) == b"\x86\x03"


def test_the_heartbeat_moves_every_second() -> None:
    """Facts: a client sees that the server lives, not only that its connection does."""
    with Face(second_s=0.02) as face, face.raw() as raw:
        first = words(raw.ask(read(5, 1, 4)))[0]
        seen = {(words(raw.ask(read(5, 1, 4)))[0], bits(raw.ask(read(7, 1, 2)), 1)[0]) for _ in range(500)}
        assert max(number for number, _ in seen) > first
        assert {lamp for _, lamp in seen} == {True, False}


def test_a_fault_of_the_model_is_a_failed_request_and_nothing_more() -> None:
    """04; told once; the connection and the face live."""

    class BrokenModel(FakeModel):
        async def set(self, *_: object, **__: object) -> Answer:
            raise RuntimeError("no such thing")

    with Face(BrokenModel()) as face, face.raw() as raw:
        raw.send(adu(1, single(PRIORITY, 5)) + adu(2, single(PRIORITY, 5)) + adu(3, read(PRIORITY, 1)))
        assert [raw.answer()[2] for _ in range(3)] == [b"\x86\x04", b"\x86\x04", b"\x03\x02\x00\xfe"]
        assert len(face.told) == 1
        assert "no such thing" in face.told[0]
