"""FC 8: what was received and what became of it, counted since the start or since a client cleared it. 16 bits each."""

from collections.abc import Callable

from agent.management.modbus.codes import Code, Refused
from agent.management.modbus.requests import Diagnose

ECHO, RESTART, REGISTER, CLEAR, CLEAR_OVERRUNS = 0, 1, 2, 10, 20


class Counters:
    """Of all connections and the line together; `crc_errors` and `overruns` can only happen on the line.

    `quick`: received and served as well; counted once, because most requests are.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.received = self.crc_errors = self.exceptions = self.served = 0
        self.unanswered = self.busy = self.overruns = self.quick = 0

    def note(self, answer: bytes | None) -> bytes | None:
        """Count what becomes of a request for this unit; the same answer back."""
        self.served += 1
        if answer is None:
            self.unanswered += 1
        elif answer[0] & 0x80:
            self.exceptions += 1
            self.busy += answer[1] == Code.BUSY
        return answer


_COUNTED: dict[int, Callable[[Counters], int]] = {
    REGISTER: lambda _: 0,
    11: lambda counters: counters.received + counters.quick,
    12: lambda counters: counters.crc_errors,
    13: lambda counters: counters.exceptions,
    14: lambda counters: counters.served + counters.quick,
    15: lambda counters: counters.unanswered,
    16: lambda _: 0,
    17: lambda counters: counters.busy,
    18: lambda counters: counters.overruns,
}
"""16 (NAK) is of programming commands, which there are none of."""


def diagnose(request: Diagnose, counters: Counters, may_write: bool) -> bytes:
    """The answer. Refused: an unknown sub-function (01), among them 4, listen only: nobody silences a server over the network."""
    sub_function, data = request.sub_function, request.data
    if sub_function == ECHO:
        return _answer(sub_function, data)
    if sub_function not in (RESTART, CLEAR, CLEAR_OVERRUNS, *_COUNTED):
        raise Refused(Code.ILLEGAL_FUNCTION)
    if data != b"\0\0" and not (sub_function == RESTART and data == b"\xff\0"):
        raise Refused(Code.ILLEGAL_VALUE)
    if sub_function in _COUNTED:
        return _answer(sub_function, (_COUNTED[sub_function](counters) & 0xFFFF).to_bytes(2))
    if not may_write:
        raise Refused(Code.ILLEGAL_FUNCTION)
    _clear(sub_function, counters)
    return _answer(sub_function, data)


def _clear(sub_function: int, counters: Counters) -> None:
    if sub_function == CLEAR_OVERRUNS:
        counters.overruns = 0
    else:
        counters.clear()


def _answer(sub_function: int, data: bytes) -> bytes:
    return b"\x08" + sub_function.to_bytes(2) + data
