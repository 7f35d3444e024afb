"""Hostile bytes, a bounded number of them: no crash, no hang, no connection left over; and what we parse pymodbus agrees with."""

import random
import socket

import pytest
from pymodbus.pdu import bit_message, other_message, register_message
from pymodbus.pdu.pdu import ModbusPDU

from agent.management.modbus.codes import Refused
from agent.management.modbus.pdu import parse
from agent.management.modbus.requests import Read, WriteAndRead, WriteBits, WriteRegisters
from agent.management.modbus.rtu import crc_of, framed, frames_in
from tests.modbus.face import Face, adu, read, words, write

PDUS = [
    read(0, 10),
    read(1448, 125, 4),
    read(1448, 64, 2),
    write(1450, 200, 1),
    bytes((43, 14, 1, 0)),
    b"\x11",
    b"\x08\x00\x00\x12\x34",
    b"\x16\x05\xaa\x00\xf0\x00\x0a",
    b"\x0f\x05\xb8\x00\x03\x01\x05",
    b"\x17\x00\x00\x00\x01\x05\xaa\x00\x01\x02\x00\x05",
]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """One to three bytes changed, cut out or put in."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(found) + 1)
        match chance.randrange(3):
            case 0 if place < len(found):
                found[place] = chance.randrange(256)
            case 1 if len(found) > 1:
                del found[place : place + chance.randint(1, 3)]
            case _:
                found[place:place] = chance.randbytes(chance.randint(1, 3))
    return bytes(found)


def test_the_parser_refuses_or_understands_and_nothing_else() -> None:
    """50,000 mutated and random PDUs."""
    chance, understood = random.Random(4), 0
    for _ in range(50_000):
        pdu = mutated(chance, chance.choice(PDUS)) if chance.random() < 0.8 else chance.randbytes(chance.randint(1, 253))
        try:
            parse(pdu or b"\0")
        except Refused:
            continue
        understood += 1
    assert 500 < understood < 40_000


def test_frames_are_found_in_anything_without_an_error() -> None:
    """And what is found has its CRC."""
    chance = random.Random(5)
    for _ in range(3_000):
        burst = b"".join(mutated(chance, framed(17, chance.choice(PDUS))) for _ in range(chance.randint(1, 3)))
        frames, end = frames_in(burst, 17)
        assert 0 <= end <= len(burst)
        assert all(frame + crc_of(frame).to_bytes(2, "little") in burst for frame in frames)


def test_mutated_adus_over_tcp_leave_the_face_as_it_was() -> None:
    """A thousand connections' worth; afterwards all places are free and a request is answered."""
    chance = random.Random(6)
    with Face(max_connections=16) as face:
        for _ in range(150):
            with face.raw(0.2) as raw:
                try:
                    for _ in range(10):
                        raw.send(mutated(chance, adu(chance.randrange(65536), chance.choice(PDUS))))
                    raw.socket.shutdown(socket.SHUT_WR)
                    while raw.socket.recv(4096):
                        pass
                except OSError:
                    continue
        with face.raw() as raw:
            assert words(raw.ask(read(0, 2))) == [0x5553, 0x4459]
        assert face.told == []


def encoded(request: ModbusPDU) -> bytes:
    return bytes((request.function_code,)) + request.encode()


@pytest.mark.parametrize(
    ("request_pdu", "expected"),
    [
        (encoded(bit_message.ReadCoilsRequest(address=5, count=2000)), Read(1, 5, 2000)),
        (encoded(bit_message.ReadDiscreteInputsRequest(address=5, count=1)), Read(2, 5, 1)),
        (encoded(register_message.ReadHoldingRegistersRequest(address=65535, count=125)), Read(3, 65535, 125)),
        (encoded(register_message.ReadInputRegistersRequest(address=0, count=1)), Read(4, 0, 1)),
        (encoded(bit_message.WriteSingleCoilRequest(address=9, bits=[True])), WriteBits(5, 9, (True,))),
        (
            encoded(bit_message.WriteMultipleCoilsRequest(address=9, bits=[True, False] * 5 + [True])),
            WriteBits(15, 9, (True, False) * 5 + (True,)),
        ),
        (
            encoded(register_message.WriteMultipleRegistersRequest(address=9, registers=[1, 65535])),
            WriteRegisters(16, 9, b"\0\1\xff\xff"),
        ),
        (
            encoded(
                register_message.ReadWriteMultipleRegistersRequest(
                    read_address=1, read_count=2, write_address=3, write_registers=[4]
                )
            ),
            WriteAndRead(Read(23, 1, 2), WriteRegisters(23, 3, b"\0\4")),
        ),
    ],
)
def test_pymodbus_encodes_what_we_understand(request_pdu: bytes, expected: object) -> None:
    """Another implementation's idea of each request."""
    assert parse(request_pdu) == expected


def test_the_server_id_request_has_no_data() -> None:
    """FC 17 as pymodbus sends it."""
    assert encoded(other_message.ReportDeviceIdRequest()) == b"\x11"
