"""Requests as "Modbus Application Protocol V1.1b3" has them: the bytes after the unit id → a request, or Refused. Pure.

Written here and not taken from a library: pymodbus's decoder loses the function code of what it refuses, takes FC 5 with 0x1234
for ON, and ignores bytes at the end. A request whose length is not the one that its own counts imply is refused with 03.
"""

import struct
from collections.abc import Callable, Sequence

from agent.management.modbus.codes import Code, Refused
from agent.management.modbus.requests import (
    Diagnose,
    Identify,
    MaskRegister,
    Read,
    ReportServerId,
    Request,
    WriteAndRead,
    WriteBits,
    WriteRegisters,
)

MAX_PDU_BYTES = 253
READ_BITS, READ_REGISTERS = 2000, 125
WRITE_BITS, WRITE_REGISTERS, WRITE_WITH_READ = 1968, 123, 121
"""Limits of one request, each with its answer in one ADU."""


def parse(pdu: bytes) -> Request:
    """Refused for what the specification refuses whatever the registers are. `pdu`: 1..253 bytes."""
    parser = _PARSERS.get(pdu[0])
    if parser is None:
        raise Refused(Code.ILLEGAL_FUNCTION)
    return parser(pdu)


def _read(pdu: bytes) -> Read:
    function, address, count = _fixed(">BHH", pdu)
    _demand(1 <= count <= (READ_BITS if function < 3 else READ_REGISTERS))
    return Read(function, address, count)


def _write_bit(pdu: bytes) -> WriteBits:
    function, address, value = _fixed(">BHH", pdu)
    _demand(value in (0x0000, 0xFF00))
    return WriteBits(function, address, (value == 0xFF00,))


def _write_register(pdu: bytes) -> WriteRegisters:
    _fixed(">BHH", pdu)
    return WriteRegisters(pdu[0], int.from_bytes(pdu[1:3]), pdu[3:5])


def _write_bits(pdu: bytes) -> WriteBits:
    address, count, data = _counted(pdu)
    _demand(1 <= count <= WRITE_BITS and len(data) == (count + 7) // 8)
    bits = int.from_bytes(data, "little")
    return WriteBits(pdu[0], address, tuple(bool(bits >> place & 1) for place in range(count)))


def _write_registers(pdu: bytes) -> WriteRegisters:
    address, count, data = _counted(pdu)
    _demand(1 <= count <= WRITE_REGISTERS and len(data) == 2 * count)
    return WriteRegisters(pdu[0], address, data)


def _mask(pdu: bytes) -> MaskRegister:
    return MaskRegister(*_fixed(">BHHH", pdu)[1:])


def _write_and_read(pdu: bytes) -> WriteAndRead:
    _demand(len(pdu) >= 10)
    function, read_address, read_count = struct.unpack_from(">BHH", pdu)
    address, count, data = _counted(pdu[:1] + pdu[5:])
    _demand(1 <= read_count <= READ_REGISTERS and 1 <= count <= WRITE_WITH_READ and len(data) == 2 * count)
    return WriteAndRead(Read(function, read_address, read_count), WriteRegisters(function, address, data))


def _diagnose(pdu: bytes) -> Diagnose:
    _demand(len(pdu) >= 3 and len(pdu) % 2 == 1)
    return Diagnose(int.from_bytes(pdu[1:3]), pdu[3:])


def _identify(pdu: bytes) -> Identify:
    """Function 43 carries other protocols beside 14 (device identification): those are not known here."""
    _demand(len(pdu) >= 2)
    if pdu[1] != 14:
        raise Refused(Code.ILLEGAL_FUNCTION)
    _function, _kind, code, object_id = _fixed(">BBBB", pdu)
    _demand(1 <= code <= 4)
    return Identify(code, object_id)


def _report_server_id(pdu: bytes) -> ReportServerId:
    _demand(len(pdu) == 1)
    return ReportServerId()


def _fixed(layout: str, pdu: bytes) -> Sequence[int]:
    _demand(len(pdu) == struct.calcsize(layout))
    return struct.unpack(layout, pdu)


def _counted(pdu: bytes) -> tuple[int, int, bytes]:
    """Address, count, and data of the announced length."""
    _demand(len(pdu) >= 6 and len(pdu) == 6 + pdu[5])
    address, count = struct.unpack_from(">HH", pdu, 1)
    return address, count, pdu[6:]


def _demand(is_right: bool) -> None:
    if not is_right:
        raise Refused(Code.ILLEGAL_VALUE)


_PARSERS: dict[int, Callable[[bytes], Request]] = {
    **dict.fromkeys((1, 2, 3, 4), _read),
    5: _write_bit,
    6: _write_register,
    8: _diagnose,
    15: _write_bits,
    16: _write_registers,
    17: _report_server_id,
    22: _mask,
    23: _write_and_read,
    43: _identify,
}
