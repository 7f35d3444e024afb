"""mbpoll, libmodbus and pymodbus against the face over TCP: what a person and a PLC programmer will use."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse

from agent.model.answers import Answer, Denial, Order, Verb
from tests.modbus.conftest import need, run
from tests.modbus.face import Face, group
from tests.model.fake import FakeModel
from tests.model.sample import sample_view


@pytest.fixture
def face() -> Iterator[Face]:
    with Face(FakeModel(sample_view((7, 8)))) as face:
        yield face


def mbpoll(face: Face, *arguments: object) -> str:
    need("mbpoll")
    return run("mbpoll", "-m", "tcp", "-p", face.port, "-q", "-1", "-0", *arguments)


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def test_mbpoll_reads_every_bank(face: Face) -> None:
    """D-54, D-55; `-t` 0 coils, 1 discrete inputs, 3 input, 4 holding registers; 32 bits with `-B`, high word first."""
    assert "[1450]: \t254" in mbpoll(face, "-t", 4, "-r", group(7, 2), "127.0.0.1")
    assert "[1450]: \t5" in mbpoll(face, "-t", 3, "-r", group(7, 2), "127.0.0.1")
    assert "[1452]: \t1" in mbpoll(face, "-t", 1, "-r", group(7, 4), "127.0.0.1")
    assert "[1448]: \t0" in mbpoll(face, "-t", 0, "-r", group(7, 0), "127.0.0.1")
    assert "[1454]: \t30000" in mbpoll(face, "-B", "-t", "4:int", "-r", group(7, 6), "127.0.0.1")


def test_mbpoll_writes_and_is_told_why_not(face: Face) -> None:
    """C-17: its words for 02, 03 and 06 are those of the specification."""
    assert "Written 1 references" in mbpoll(face, "-t", 4, "-r", group(7, 2), "127.0.0.1", 99)
    assert "[1450]: \t99" in mbpoll(face, "-t", 4, "-r", group(7, 2), "127.0.0.1")
    assert "Written 1 references" in mbpoll(face, "-t", 0, "-r", group(7, 0), "127.0.0.1", 1)
    assert [order for order, *_ in face.model.orders] == [Order(Verb.SET_MASTER, 7)]
    assert "Illegal data address" in mbpoll(face, "-t", 4, "-r", 500, "127.0.0.1")
    assert "Illegal data value" in mbpoll(face, "-t", 4, "-r", group(7, 2), "127.0.0.1", 0)
    face.model.refusals = {Verb.SET_BACKUP: Answer(Denial.BUSY, "busy")}
    assert "busy" in mbpoll(face, "-t", 0, "-r", group(7, 1), "127.0.0.1", 1)


def test_libmodbus_by_every_function_it_has(face: Face, libmodbus: Path) -> None:
    """FC 1-6, 15, 16, 17, 22, 23."""
    first = group(7)
    operations = f"""rh {first + 2} 3 ri {first + 2} 2 rc {first} 8 rd {first} 6
        wr {first + 2} 200 wm {first + 3} 2 1 500 rh {first + 2} 3
        wc {first + 16} 1 rc {first + 16} 2 wcs {first + 16} 2 0 1 rc {first + 16} 2 mask {first + 2} 0xF0 0x0A rh {first + 2} 1
        rw {first + 2} 77 {first + 2} 2 id rh 122 1 wr {first + 2} 0 wr {first + 6} 1 ri 0 125"""
    said = lines(run(libmodbus, "tcp", face.port, *operations.split()))
    assert said == [
        "ok 254 0 1000",
        "ok 5 5",
        "ok 0 0 0 0 0 0 0 0",
        "ok 0 0 0 0 1 0",
        "ok",
        "ok",
        "ok 200 1 500",
        "ok",
        "ok 1 0",
        "ok",
        "ok 0 1",
        "ok",
        f"ok {200 & 0xF0 | 0x0A}",
        "ok 77 1",
        "ok 1 255 understudy 0.1.0 rx-a",
        "error 2 Illegal data address",
        "error 3 Illegal data value",
        "error 3 Illegal data value",
        "error 2 Illegal data address",
    ]


def test_libmodbus_tells_the_arbiters_refusals_apart(face: Face, libmodbus: Path) -> None:
    """C-17: 01, 02, 03, 04 and 06, as libmodbus names them."""
    names = {
        Denial.NOT_ALLOWED: "error 1 Illegal function",
        Denial.UNKNOWN: "error 2 Illegal data address",
        Denial.BAD_VALUE: "error 3 Illegal data value",
        Denial.CONFLICT: "error 4 Slave device or server failure",
        Denial.BUSY: "error 6 Slave device or server is busy",
        Denial.FAILED: "error 4 Slave device or server failure",
    }
    for denial, words in names.items():
        face.model.refusals = {Verb.SET_MASTER: Answer(denial, "no")}
        said = lines(run(libmodbus, "tcp", face.port, "wc", group(7), 1, "wm", 102, 4, 1, 7, 0, 2, "rh", 109, 1))
        assert said[:2] == [words, words]


def test_pymodbus_client_agrees(face: Face) -> None:
    """A third opinion, FC 43/14 and 8 included."""

    async def talk() -> None:
        async with AsyncModbusTcpClient("127.0.0.1", port=face.port, timeout=5, retries=0) as client:
            assert (await client.read_holding_registers(group(7, 2), count=3)).registers == [254, 0, 1000]
            assert (await client.write_registers(group(7, 2), [5, 1])).isError() is False
            assert (
                await client.readwrite_registers(read_address=group(7, 2), read_count=2, address=group(7, 2), values=[6])
            ).registers == [6, 1]
            assert (await client.read_input_registers(50_000, count=1)).exception_code == 2
            identity = await client.read_device_information(read_code=3, object_id=0)
            assert isinstance(identity, ReadDeviceInformationResponse)
            assert identity.information[6] == b"rx-a"
            assert (await client.diag_query_data(b"\x12\x34")).message == b"\x12\x34"
            assert (await client.report_device_id()).isError() is False
            answers = await asyncio.gather(*(client.read_input_registers(0, count=n) for n in range(1, 11)))
            assert [len(answer.registers) for answer in answers] == list(range(1, 11))

    asyncio.run(talk())
