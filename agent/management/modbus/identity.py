"""Who this server is: FC 43/14 (device identification) and FC 17 (server id). Of this server alone, not of the process."""

from agent import __version__
from agent.management.modbus.codes import Code, Refused
from agent.management.modbus.pdu import MAX_PDU_BYTES
from agent.management.modbus.requests import Identify
from agent.model.cut import cut
from agent.model.view import Row

VENDOR, PRODUCT = "Understudy", "understudy"
URL = ""
MODEL = "hot-standby agent"
_CONFORMITY = 0x83
"""Extended, as a stream or one by one."""
_LAST = {1: 0x02, 2: 0x06, 3: 0xFF}
"""The last object of each category."""
_HEADER_BYTES = 7
_MAX_OBJECT = MAX_PDU_BYTES - _HEADER_BYTES - 2


def objects_of(unit: Row) -> dict[int, bytes]:
    """Number → text. 0x80: the unit's identity on the redundancy LAN."""
    texts = {
        0: VENDOR,
        1: PRODUCT,
        2: _text(unit, "software") or __version__,
        3: URL,
        4: "Understudy",
        5: MODEL,
        6: _text(unit, "name"),
        0x80: _text(unit, "unit_id"),
    }
    return {number: cut(text, _MAX_OBJECT).encode(errors="replace") for number, text in texts.items()}


def identify(request: Identify, unit: Row) -> bytes:
    """The answer. Refused (02): one object that there is not. A stream from an unknown object begins at the first."""
    objects = objects_of(unit)
    if request.code == 4:
        if request.object_id not in objects:
            raise Refused(Code.ILLEGAL_ADDRESS)
        return _answer(4, [(request.object_id, objects[request.object_id])], 0)
    wanted = {number: text for number, text in objects.items() if number <= _LAST[request.code]}
    first = request.object_id if request.object_id in wanted else 0
    return _stream(request.code, [(number, text) for number, text in wanted.items() if number >= first])


def _stream(code: int, wanted: list[tuple[int, bytes]]) -> bytes:
    """As many as fit, and where to go on."""
    room, fitting = MAX_PDU_BYTES - _HEADER_BYTES, 0
    for _number, text in wanted:
        room -= 2 + len(text)
        if room < 0:
            break
        fitting += 1
    following = wanted[fitting][0] if fitting < len(wanted) else 0
    return _answer(code, wanted[:fitting], following)


def _answer(code: int, objects: list[tuple[int, bytes]], following: int) -> bytes:
    """`following`: the first object that did not fit; 0: all did."""
    head = bytes((43, 14, code, _CONFORMITY, 0xFF if following else 0, following, len(objects)))
    return head + b"".join(bytes((number, len(text))) + text for number, text in objects)


def server_id(unit_number: int, unit: Row) -> bytes:
    """Server id (the unit's number), run indicator (0: core does not answer), then product, version and unit name as text."""
    text = cut(" ".join((PRODUCT, _text(unit, "software") or __version__, _text(unit, "name"))), 200).encode(errors="replace")
    data = bytes((unit_number, 0 if unit.get("stale") else 0xFF)) + text
    return bytes((17, len(data))) + data


def _text(unit: Row, name: str) -> str:
    """Empty: not known."""
    value = unit.get(name)
    return value if isinstance(value, str) else ""
