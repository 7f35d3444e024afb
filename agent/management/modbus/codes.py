"""What a refused request is answered with, and how the arbiter's refusals are said in it (C-17)."""

from enum import IntEnum

from agent.management.kept import Failed
from agent.model.answers import Answer, Denial, Phase


class Code(IntEnum):
    """Exception codes of the specification, those that this server uses."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    FAILURE = 4
    BUSY = 6
    NO_TARGET = 0x0B


class Refused(Exception):  # noqa: N818 (an answer, not a fault)
    """The request is answered with this code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


class ModbusFailed(Failed):
    """This face, or one of its listeners, cannot go on; the text is a sentence for a person."""


CODE_OF = {
    Denial.BAD_VALUE: Code.ILLEGAL_VALUE,
    Denial.UNKNOWN: Code.ILLEGAL_ADDRESS,
    Denial.NOT_ALLOWED: Code.ILLEGAL_FUNCTION,
    Denial.CONFLICT: Code.FAILURE,
    Denial.BUSY: Code.BUSY,
    Denial.FAILED: Code.FAILURE,
}


def code_of(answer: Answer) -> Code | None:
    """None: accepted. What was begun and had failed by the time of the answer is 04, never a silent success."""
    if answer.denial is not None:
        return CODE_OF[answer.denial]
    return Code.FAILURE if answer.phase in (Phase.REFUSED, Phase.FAILED) else None


def exception(function: int, code: Code) -> bytes:
    """The PDU: the function code is kept, its highest bit set."""
    return bytes((function & 0x7F | 0x80, code))
