"""The conversation with snmpd where that owns port 161: its pass_persist, lines on standard input and output (snmpd.conf(5)).

    PING → PONG;  get, OID → OID, type, value or NONE;  getnext likewise;  set, OID, "type value" → DONE or why not.

snmpd waits for every answer and answers nobody else meanwhile, so each comes quickly, or is NONE.
"""

from collections.abc import Callable
from typing import Final, Protocol, TextIO

from agent.management.snmp.ber import COUNTER64, INTEGER, OCTETS, UNSIGNED, Oid, header, integer, oid_content, oid_of
from agent.management.snmp.pdu import Status

MAX_LINE: Final = 65_536
NONE: Final = ("NONE",)
Named = tuple[bytes, bytes]
"""Content of an OID; value as SNMP encodes it, with tag and length."""
_NUMBERS: Final = {INTEGER: "integer", UNSIGNED: "gauge", COUNTER64: "counter64"}
_TAGS: Final = {"integer": INTEGER, "gauge": UNSIGNED, "unsigned": UNSIGNED, "uinteger": UNSIGNED}


class Source(Protocol):
    """What there is, by the content of OIDs."""

    def get(self, name: bytes) -> Named | None:
        """None: no such instance, or nobody to ask."""

    def after(self, name: bytes) -> Named | None:
        """The next one; None: there is none below our root."""

    def put(self, name: bytes, tag: int, content: bytes) -> Status:
        """NO_ERROR: done."""


def converse(lines: TextIO, say: Callable[[str], None], source: Source) -> None:
    """Until snmpd closes its side. It sends an empty line after each set, which means nothing."""
    while line := lines.readline(MAX_LINE):
        command = line.strip().lower()
        if command:
            say("".join(f"{part}\n" for part in _answer(command, lines, source)))


def _line(lines: TextIO) -> str:
    """Without its end."""
    return lines.readline(MAX_LINE).rstrip("\r\n")


def _answer(command: str, lines: TextIO, source: Source) -> tuple[str, ...]:
    if command == "ping":
        return ("PONG",)
    if command not in {"get", "getnext", "set"}:
        return NONE
    name = _name(_line(lines))
    if command == "set":
        value = _line(lines)
        return (_word(Status.NO_CREATION if name is None else _put(source, name, value)),)
    found = None if name is None else source.get(name) if command == "get" else source.after(name)
    return NONE if found is None else _said(*found)


def _name(text: str) -> bytes | None:
    """Content of an OID that is written with dots; None: it is none."""
    try:
        arcs = tuple(int(arc) for arc in text.strip().strip(".").split("."))
        return oid_content(arcs) if len(arcs) > 1 and arcs[0] < 3 else None
    except (ValueError, AssertionError):
        return None


def dotted(oid: Oid) -> str:
    """As snmpd writes it."""
    return "." + ".".join(map(str, oid))


def _said(name: bytes, value: bytes) -> tuple[str, ...]:
    """OID, type, value. Texts go as octets in hexadecimal: whatever is in them, a line stays a line."""
    tag, start, end = header(value, 0, len(value))
    content = value[start:end]
    where = dotted(oid_of(name))
    if tag in _NUMBERS:
        return where, _NUMBERS[tag], str(int.from_bytes(content, "big", signed=True))
    return (where, "octet", content.hex(" ")) if content else (where, "string", "")


def _put(source: Source, name: bytes, line: str) -> Status:
    """`line`: `integer 5`, `string "text"`, `octet "0a 0b"`, as snmpd writes them."""
    kind, _, text = line.partition(" ")
    kind, text = kind.lower(), text.strip()
    if kind in _TAGS:
        return _put_number(source, name, _TAGS[kind], text)
    if kind not in {"string", "octet"}:
        return Status.WRONG_TYPE
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    try:
        content = bytes.fromhex(text) if kind == "octet" else text.encode("utf-8", "surrogateescape")
    except ValueError:
        return Status.WRONG_ENCODING
    return source.put(name, OCTETS, content)


def _put_number(source: Source, name: bytes, tag: int, text: str) -> Status:
    try:
        encoded = integer(int(text))
    except ValueError:
        return Status.WRONG_ENCODING
    _, start, end = header(encoded, 0, len(encoded))
    return source.put(name, tag, encoded[start:end])


def _word(status: Status) -> str:
    return "DONE" if status is Status.NO_ERROR else status.name.lower().replace("_", "-")
