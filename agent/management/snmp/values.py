"""Values of the model as SNMP says them, and back. agent.model.smi says which syntax a column has."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from agent.management.snmp.ber import COUNTER64, INTEGER, OCTETS, UNSIGNED, fits, integer, wrap
from agent.management.snmp.pdu import Status
from agent.model.cut import cut
from agent.model.kinds import Octets, Text, Value
from agent.model.managed import Managed
from agent.model.smi import Syntax, absent, syntax_of

_NEVER: Final = bytes(8)
_MAX_COUNTER: Final = 2**64 - 1


def encoder_of(column: Managed) -> Callable[[Value], bytes]:
    """Value of this column → tag, length, content. What its encoding cannot hold becomes the nearest that it can."""
    syntax, nothing = syntax_of(column), absent(column)
    encode = _ENCODERS[syntax]
    limit = column.kind.max_bytes if isinstance(column.kind, Text) else 0
    low, high = _range(syntax)

    def encoded(value: Value) -> bytes:
        if value is None:
            value = nothing
        if isinstance(value, str):
            return wrap(OCTETS, cut(value, limit).encode("utf-8", "replace"))
        if isinstance(value, int):
            return encode(min(max(value, low), high))
        return wrap(OCTETS, value or b"")

    return encoded


def _range(syntax: Syntax) -> tuple[int, int]:
    """What the encoding can hold."""
    if syntax in {Syntax.COUNTER64, Syntax.DATE_AND_TIME}:
        return 0, _MAX_COUNTER
    return (0, 2**32 - 1) if syntax is Syntax.UNSIGNED32 else (-(2**31), 2**31 - 1)


def _of(tag: int) -> Callable[[int], bytes]:
    small = tuple(integer(value, tag) for value in range(256))
    return lambda value: small[value] if 0 <= value < 256 else integer(value, tag)


def _truth(value: int) -> bytes:
    return b"\x02\x01\x01" if value else b"\x02\x01\x02"


@lru_cache(maxsize=4096)
def date_and_time(at_ns: int) -> bytes:
    """DateAndTime in UTC with tag and length: eleven octets; eight zeros for 0, that is never."""
    try:
        moment = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return wrap(OCTETS, _NEVER)
    if at_ns == 0:
        return wrap(OCTETS, _NEVER)
    tenths = at_ns // 100_000_000 % 10
    fields = (moment.month, moment.day, moment.hour, moment.minute, moment.second, tenths)
    return wrap(OCTETS, moment.year.to_bytes(2, "big") + bytes(fields) + b"+\0\0")


def moment_of(content: bytes) -> int | None:
    """ns since 1970 of a DateAndTime of 8 or 11 octets; None: it is none."""
    if content == _NEVER:
        return 0
    try:
        month, day, hour, minute, second = content[2:7]
        moment = datetime(int.from_bytes(content[:2], "big"), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    offset = timedelta()
    if len(content) == 11:
        offset = timedelta(hours=content[9], minutes=content[10]) * (-1 if content[8:9] == b"-" else 1)
    return round((moment - offset).timestamp()) * 1_000_000_000 + content[7] * 100_000_000


_ENCODERS: Final[dict[Syntax, Callable[[int], bytes]]] = {
    Syntax.INTEGER32: _of(INTEGER),
    Syntax.UNSIGNED32: _of(UNSIGNED),
    Syntax.COUNTER64: _of(COUNTER64),
    Syntax.ENUMERATION: _of(INTEGER),
    Syntax.TEST_AND_INCR: _of(INTEGER),
    Syntax.TRUTH_VALUE: _truth,
    Syntax.DATE_AND_TIME: date_and_time,
    Syntax.TEXT: _of(INTEGER),
    Syntax.OCTETS: _of(INTEGER),
}
_TEXTS: Final = frozenset({Syntax.TEXT, Syntax.OCTETS, Syntax.DATE_AND_TIME})


class Unfit(Exception):  # noqa: N818 (the manager's mistake, not ours)
    """What was sent is no value of this column; `status` says in which way."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


def tag_of(column: Managed) -> int:
    """The tag that its values have, and no other: a text that looks like a number is no number."""
    syntax = syntax_of(column)
    if syntax in _TEXTS:
        return OCTETS
    return {Syntax.UNSIGNED32: UNSIGNED, Syntax.COUNTER64: COUNTER64}.get(syntax, INTEGER)


def value_of(column: Managed, tag: int, content: bytes) -> Value:
    """What a SET means for the model. Unfit: wrongType, then wrongLength, wrongEncoding, wrongValue (RFC 3416, 4.2.5)."""
    if tag != tag_of(column):
        raise Unfit(Status.WRONG_TYPE)
    syntax = syntax_of(column)
    if syntax in _TEXTS:
        return _text_of(column, syntax, content)
    return _number_of(syntax, content)


def _text_of(column: Managed, syntax: Syntax, content: bytes) -> Value:
    if syntax is Syntax.DATE_AND_TIME:
        moment = moment_of(content)
        if len(content) not in {8, 11} or moment is None:
            raise Unfit(Status.WRONG_LENGTH if len(content) not in {8, 11} else Status.WRONG_VALUE)
        return moment
    if isinstance(column.kind, Octets):
        if len(content) not in {0, column.kind.size}:
            raise Unfit(Status.WRONG_LENGTH)
        return content
    assert isinstance(column.kind, Text)
    if len(content) > column.kind.max_bytes:
        raise Unfit(Status.WRONG_LENGTH)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Unfit(Status.WRONG_VALUE) from None


def _number_of(syntax: Syntax, content: bytes) -> Value:
    """Unsigned numbers of 2^31 and more have five octets."""
    size = {Syntax.UNSIGNED32: 5, Syntax.COUNTER64: 9}.get(syntax, 4)
    if not content or not fits(content, size):
        raise Unfit(Status.WRONG_ENCODING if not content else Status.WRONG_LENGTH)
    number = int.from_bytes(content, "big", signed=True)
    if syntax is Syntax.TRUTH_VALUE:
        if number not in {1, 2}:
            raise Unfit(Status.WRONG_VALUE)
        return number == 1
    return number
