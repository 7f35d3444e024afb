"""Does a value fit what was declared? Every face and the arbiter ask here, so all refuse the same values with the same words."""

from agent.model.kinds import Choice, Counter, Flag, Kind, Moment, Number, Octets, Text, Value
from agent.model.managed import Access, Managed

_PRINTED = 40


def objection(column: Managed, value: Value) -> str:
    """Why `value` cannot be the column's new one, in a sentence; empty: it can. Never its type by force: "12" is no number."""
    if column.access is not Access.WRITE:
        return f"{column.name} cannot be set; it is {column.access.value}"
    return objection_of_kind(column.name, column.kind, value)


def objection_of_kind(name: str, kind: Kind, value: Value) -> str:
    """The same, for values that are given with a command."""
    if isinstance(kind, Number):
        return _number(name, kind, value)
    if isinstance(kind, Flag):
        return "" if isinstance(value, bool) else f"{name} must be true or false, not {_shown(value)}"
    if isinstance(kind, Choice):
        return _choice(name, kind, value)
    if isinstance(kind, Text):
        return _text(name, kind, value)
    assert isinstance(kind, Counter | Moment | Octets)
    return f"{name} cannot be set"


def _number(name: str, kind: Number, value: Value) -> str:
    unit = f" {kind.unit}" if kind.unit else ""
    if type(value) is not int:
        return f"{name} must be a whole number {kind.low}..{kind.high}{unit}, not {_shown(value)}"
    if name == "priority" and value == 0:
        return (
            "priority 0 is a message, not a setting (a master sends it to give up): set 1..255; "
            "to take a unit out of service, use set-backup or off"
        )
    if not kind.low <= value <= kind.high:
        return f"{name} must be {kind.low}..{kind.high}{unit}, not {value}"
    return ""


def _choice(name: str, kind: Choice, value: Value) -> str:
    if type(value) is int and value in kind.words.values():
        return ""
    known = ", ".join(f"{word} ({number})" for word, number in kind.words.items())
    return f"{name} must be one of {known}, not {_shown(value)}"


def _text(name: str, kind: Text, value: Value) -> str:
    if not isinstance(value, str):
        return f"{name} must be text, not {_shown(value)}"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return f"{name} must be text that UTF-8 can say"
    if size > kind.max_bytes:
        return f"{name} must be at most {kind.max_bytes} bytes of UTF-8, not {size}"
    if not value.isprintable():
        return f"{name} must be printable text in one line"
    return ""


def _shown(value: Value) -> str:
    shown = repr(value)
    return shown if len(shown) <= _PRINTED else f"{shown[:_PRINTED]}…"
