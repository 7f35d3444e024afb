"""RTU over a pair of pseudo-terminals: raw frames, mbpoll and libmodbus (facts, RTU row; D-54)."""

import os
import select
import struct
import subprocess
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.management.modbus.rtu import crc_of, framed, frames_in
from agent.management.modbus.serial_port import silence_s
from agent.model.answers import Order, Verb
from tests.modbus.conftest import need, run
from tests.modbus.face import Face, SlowModel, group, read, words, write
from tests.model.fake import FakeModel

UNIT = 17
PATIENCE_S = 5.0
QUIET_S = 0.15
"""As long as nothing must come; a frame is over after 2 ms, and what is not whole is forgotten after 50."""
SET = struct.pack(">BHH", 6, group(7, 2), 99)


class Wire:
    """The other end of the line; the test is the master."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = Path(os.ttyname(self.slave))

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def ask(self, pdu: bytes, unit: int = UNIT) -> bytes:
        self.send(framed(unit, pdu))
        return self.answer()

    def await_unit(self) -> None:
        """It opens the line after we did, and throws away what came before: asked until it answers, all answers passed over."""
        until_s = time.monotonic() + PATIENCE_S
        while not self._has_come(0.05):
            assert time.monotonic() < until_s, "the unit does not answer"
            self.send(framed(UNIT, read(0, 1)))
        while self._has_come(0.1):
            pass

    def _has_come(self, wait_s: float) -> bytes:
        is_there = select.select([self.master], [], [], wait_s)[0]
        return os.read(self.master, 4096) if is_there else b""

    def answer(self, wait_s: float = PATIENCE_S) -> bytes:
        """PDU of the next frame that comes from the unit; empty: nothing has come."""
        data = b""
        while more := self._has_come(0.02 if data else wait_s):
            data += more
        if not data:
            return b""
        assert crc_of(data) == 0, data.hex()
        assert data[0] == UNIT
        return data[1:-2]

    def is_quiet(self) -> bool:
        return not self.answer(QUIET_S)

    def close(self) -> None:
        for descriptor in (self.master, self.slave):
            os.close(descriptor)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def on_the_line(path: Path, model: FakeModel | None = None, role: str = "operator") -> Face:
    return Face(model, port=0, serial=path, baud=115_200, unit_id=UNIT, serial_role=role)


@pytest.fixture
def face(wire: Wire) -> Iterator[Face]:
    with on_the_line(wire.path) as face:
        wire.await_unit()
        yield face


def test_a_request_is_answered_and_a_setting_set(face: Face, wire: Wire) -> None:
    """As over TCP; the line is one client, an operator when the settings say so."""
    assert words(wire.ask(read(0, 2))) == [0x5553, 0x4459]
    assert wire.ask(SET) == SET
    assert words(wire.ask(read(group(7, 2), 1))) == [99]
    principal = face.model.changed[0][1]
    assert (principal.name, principal.face, principal.address) == ("serial line", "modbus", str(wire.path))
    assert len(words(wire.ask(read(group(7), 64, 4)))) == 64
    assert wire.ask(struct.pack(">BHH", 8, 0, 0xA55A)) == struct.pack(">BHH", 8, 0, 0xA55A)
    assert wire.ask(bytes((43, 14, 4, 6)))[-4:] == b"rx-a"
    assert wire.ask(bytes((99, 1, 2))) == b"\xe3\x01"


def test_a_line_of_viewers_may_only_read(wire: Wire) -> None:
    """C-20: `serial_role`, viewer unless said otherwise."""
    with on_the_line(wire.path, role="viewer") as face:
        wire.await_unit()
        assert wire.ask(SET) == b"\x86\x01"
        assert face.model.changed == []


def test_a_broadcast_is_acted_upon_and_never_answered(face: Face, wire: Wire) -> None:
    """Facts: the stock server answers it. A read by broadcast would have everybody talk at once."""
    wire.send(framed(0, SET))
    assert wire.is_quiet()
    assert words(wire.ask(read(group(7, 2), 1))) == [99]
    wire.send(framed(0, read(0, 1)))
    wire.send(b"")
    assert wire.is_quiet()
    wire.send(framed(0, struct.pack(">BHH", 5, group(7), 0xFF00)))
    assert wire.is_quiet()
    assert [order for order, *_ in face.model.orders] == [Order(Verb.SET_MASTER, 7)]


def test_other_units_requests_and_answers_are_none_of_our_business(face: Face, wire: Wire) -> None:
    """On a shared line everybody hears everything, also with hardly a silence between; 255 is nobody on a line."""
    wire.send(framed(3, read(0, 2)) + framed(3, b"\x03\x04\x00\x01\x00\x02"))
    assert wire.is_quiet()
    wire.send(framed(255, SET) + framed(3, write(0, 1, 2)) + framed(3, b"\x10\0\0\0\2") + framed(3, b"\x83\x02"))
    assert wire.is_quiet()
    assert face.model.changed == []
    wire.send(framed(3, read(0, 2)) + framed(3, b"\x03\x04\x00\x01\x00\x02") + framed(UNIT, read(0, 1)))
    assert words(wire.answer()) == [0x5553]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00",
        b"\xff" * 7,
        bytes(range(200)),
        framed(UNIT, bytes((99, 1, 2, 3))),
        framed(3, bytes((99, 1, 2, 3))),
        framed(UNIT, read(0, 1))[:-1] + b"\0",
        framed(UNIT, write(group(7, 2), 1, 1))[:9],
        bytes((UNIT, 16, 0, 0, 0, 123, 246)),
    ],
    ids=["zero", "ff", "noise", "unknown", "unknown of another", "bad crc", "cut", "promise"],
)
def test_a_good_request_behind_garbage_is_not_lost(face: Face, wire: Wire, garbage: bytes) -> None:
    """Facts: stock loses one. At once behind it, and after a silence that is shorter than an adapter's."""
    wire.send(garbage + framed(UNIT, read(0, 1)))
    assert words(wire.answer()) == [0x5553]
    wire.send(garbage)
    wire.answer(0.02)  # an unknown function is answered, when it is whole
    assert words(wire.ask(read(0, 2))) == [0x5553, 0x4459]
    assert face.model.changed == []


def test_an_unknown_function_is_answered_and_the_next_request_too(face: Face, wire: Wire) -> None:
    """Facts, the same row."""
    assert wire.ask(bytes((66, 1, 2, 3))) == b"\xc2\x01"
    assert words(wire.ask(read(0, 1))) == [0x5553]
    assert face.told == []


def test_a_bad_crc_is_counted_and_not_answered(face: Face, wire: Wire) -> None:
    """FC 8/12."""
    before = int.from_bytes(wire.ask(struct.pack(">BHH", 8, 12, 0))[3:])
    wire.send(framed(UNIT, SET)[:-1] + b"\xaa")
    assert wire.is_quiet()
    assert int.from_bytes(wire.ask(struct.pack(">BHH", 8, 12, 0))[3:]) == before + 1
    assert face.model.changed == []


def test_a_frame_in_pieces_is_one_frame(face: Face, wire: Wire) -> None:
    """USB adapters hold bytes back for up to 16 ms: longer than 3.5 characters, shorter than our patience."""
    frame = framed(UNIT, SET)
    for part in (frame[:3], frame[3:4], frame[4:]):
        wire.send(part)
        time.sleep(0.01)  # the silence is what is tested
    assert wire.answer() == SET
    assert len(face.model.changed) == 1


def test_an_answer_that_came_too_late_is_not_given(wire: Wire) -> None:
    """RTU has no transaction ids: the master would take it for the answer to its next request."""
    model = SlowModel()
    with on_the_line(wire.path, model) as face:
        wire.await_unit()
        wire.send(framed(UNIT, SET))
        assert wire.is_quiet()
        assert words(wire.ask(read(group(7, 2), 1))) == [254]
        face.do(model.go.set)
        assert wire.is_quiet()
        assert words(wire.ask(read(group(7, 2), 1))) == [99]


def test_a_flood_without_a_silence_fills_nothing(face: Face, wire: Wire) -> None:
    """Bounded; what comes after it is served."""
    drained = threading.Event()

    def pour() -> None:
        for _ in range(40):
            os.write(wire.master, bytes((UNIT, 3)) * 500)
        drained.set()

    threading.Thread(target=pour, daemon=True).start()
    assert drained.wait(PATIENCE_S)
    assert wire.is_quiet()
    wire.await_unit()
    assert face.told == []


def test_a_line_that_is_gone_is_told_once_and_back_when_it_is_back(tmp_path: Path) -> None:
    """A plug that is pulled; TCP, if there is any, goes on meanwhile."""
    first, link = Wire(), tmp_path / "line"
    link.symlink_to(first.path)
    face = Face(port=0, serial=link, baud=115_200, unit_id=UNIT, second_s=0.01)
    with face:
        first.await_unit()
        first.close()
        _until(lambda: len(face.told) == 1)
        link.unlink()
        second = Wire()
        link.symlink_to(second.path)
        second.await_unit()
        _until(lambda: face.told[-1] == "modbus on the serial line is back")
    assert "modbus on the serial line: the serial port" in face.told[0]
    second.close()


def _until(is_so: object) -> None:
    assert callable(is_so)
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.005)  # a sentence told by another thread is no event


def test_what_is_no_serial_port_is_a_sentence(tmp_path: Path) -> None:
    """At 3 a.m.: which file, and why."""
    plain = tmp_path / "file"
    plain.touch()
    for path, baud, part in ((plain, 9600, "is no serial port"), (tmp_path / "no", 9600, "No such file"), (plain, 1234, "baud")):
        with Face(port=0, serial=path, baud=baud) as face:
            _until(lambda face=face: face.told)
        assert part in face.told[0]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two ends of one line, by socat."""
    need("socat")
    ends = tmp_path / "unit", tmp_path / "master"
    with subprocess.Popen(["socat", *(f"pty,rawer,link={end}" for end in ends)]) as socat:
        _until(lambda: all(end.exists() for end in ends))
        yield ends
        socat.terminate()


def await_line(face: Face, path: Path) -> None:
    """Until the face has the port open, and has thrown away what came before."""
    tty_path = str(path.resolve())
    _until(lambda: tty_path in {os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()})
    face.do(lambda: None)


def test_mbpoll_over_a_line(pair: tuple[Path, Path]) -> None:
    """`mbpoll -m rtu`, reading and writing."""
    need("mbpoll")
    with on_the_line(pair[0]) as face:
        await_line(face, pair[0])
        command = ["mbpoll", "-m", "rtu", "-a", UNIT, "-b", 115200, "-P", "even", "-q", "-0", "-1", "-o", 3, "-t", 4]
        assert "[1450]: \t254" in run(*command, "-r", group(7, 2), pair[1])
        assert "Written 1 references" in run(*command, "-r", group(7, 2), pair[1], 99)
        assert "[1450]: \t99" in run(*command, "-r", group(7, 2), pair[1])
        assert "Illegal data address" in run(*command, "-r", 50_000, pair[1])
    assert len(face.model.changed) == 1


def test_libmodbus_over_a_line(pair: tuple[Path, Path], libmodbus: Path) -> None:
    """A hundred reads, none lost; a broadcast (unit 0) gets no answer by libmodbus either, and is carried out."""
    with on_the_line(pair[0]) as face:
        await_line(face, pair[0])
        operations = f"unit {UNIT} loop 100 {group(7)} 60 wr {group(7, 2)} 77 rh {group(7, 2)} 1 rh 50000 1 id"
        said = run(libmodbus, "rtu", pair[1], 115200, "E", *operations.split()).strip().splitlines()
        assert said == ["ok 100", "ok", "ok 77", "error 2 Illegal data address", "ok 17 255 understudy 0.1.0 rx-a"]
    assert len(face.model.changed) == 1


def test_silence_is_three_and_a_half_characters_and_fixed_above_19200() -> None:
    """Modbus over serial line, 2.5.1.1."""
    assert silence_s(9600) == pytest.approx(0.00401, rel=0.01)
    assert silence_s(19_200) == pytest.approx(0.002, rel=0.01)
    assert silence_s(115_200) == 0.001_75


def test_frames_and_their_crc() -> None:
    """The example of the specification: 02 07 gives CRC 41 12."""
    assert framed(2, b"\x07") == bytes.fromhex("02074112")
    good = framed(UNIT, read(0, 1))
    assert frames_in(good * 3, UNIT) == ([good[:-2]] * 3, len(good) * 3)
    assert frames_in(good[:-1], UNIT) == ([], 0)
    assert frames_in(b"", UNIT) == ([], 0)
