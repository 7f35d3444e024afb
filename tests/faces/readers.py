"""Reading one unit as quickly as it answers, by SNMP and by HTTP: what belongs together, in one read. Its BER is none of ours."""

import json
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from agent.model.kinds import Choice
from agent.model.smi import oid_of
from agent.model.tables import TABLE
from tests.faces.unit import COMMUNITY, FacedUnit
from tests.netns.harness.namespaces import socket_in
from tests.netns.harness.unit import GROUP

PATIENCE_S = 3.0
COLUMNS = ("role", "state", "common_state", "master_name", "master_priority", "transitions", "last_before", "last_after")
"""Of the member. What changes by itself with time is not among them."""
Value = int | str


@dataclass(frozen=True)
class Read:
    """`values`: of COLUMNS, in order; choices as numbers."""

    revision: int
    values: tuple[Value, ...]

    def __getitem__(self, name: str) -> Value:
        return self.values[COLUMNS.index(name)]


class Reader(ABC):
    """One connection to one unit."""

    @abstractmethod
    def read(self) -> Read:
        """OSError, when nothing comes."""


class SnmpReader(Reader):
    """v2c from the manager's host: one GET of all."""

    def __init__(self, unit: FacedUnit) -> None:
        self._socket = socket_in(unit.lan.namespace("x"), socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((unit.address, 161))
        self._socket.settimeout(PATIENCE_S)
        unit_table, member = TABLE["unit"], TABLE["member"]
        oids = [
            oid_of(unit_table, unit_table.column("view_revision")),
            *(oid_of(member, member.column(name), (GROUP,)) for name in COLUMNS),
        ]
        self._body = tlv(0x30, b"".join(tlv(0x30, tlv(6, arcs(one)) + b"\5\0") for one in oids))
        self._number = 0

    def read(self) -> Read:
        self._number += 1
        head = tlv(2, self._number.to_bytes(4, "big")) + b"\2\1\0\2\1\0"
        self._socket.send(tlv(0x30, b"\2\1\1" + tlv(4, COMMUNITY.encode()) + tlv(0xA0, head + self._body)))
        _version, _community, (_tag, pdu) = elements(dict(elements(self._socket.recv(65_535)))[0x30])
        (_, number), (_, status), _index, (_, body) = elements(pdu)
        assert (int.from_bytes(number), int.from_bytes(status)) == (self._number, 0)
        revision, *values = (value(*list(elements(varbind))[1]) for _, varbind in elements(body))
        return Read(int(revision), tuple(values))


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    return bytes((tag, size) if size < 128 else (tag, 0x82, size >> 8, size & 255)) + content


def arcs(oid: tuple[int, ...]) -> bytes:
    def one(arc: int) -> bytes:
        groups = [arc & 127]
        while arc := arc >> 7:
            groups.append(arc & 127 | 128)
        return bytes(reversed(groups))

    return b"".join(map(one, (oid[0] * 40 + oid[1], *oid[2:])))


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size > 127:
            size, at = int.from_bytes(data[at : at + size - 128]), at + size - 128
        yield tag, data[at : at + size]
        at += size


def value(tag: int, content: bytes) -> Value:
    return content.decode() if tag == 4 else int.from_bytes(content, signed=tag == 2)


class HttpReader(Reader):
    """The unix socket, kept open."""

    def __init__(self, unit: FacedUnit) -> None:
        self._connection = HTTPConnection("localhost", timeout=PATIENCE_S)
        self._connection.sock = socket.socket(socket.AF_UNIX)
        self._connection.sock.settimeout(PATIENCE_S)
        self._connection.sock.connect(str(Path(unit.directory, "run", "http.sock")))

    def read(self) -> Read:
        self._connection.request("GET", f"/api/v1/members/{GROUP}")
        said = json.load(self._connection.getresponse())
        return Read(said["revision"], tuple(numbered(name, said["member"][name]) for name in COLUMNS))


def numbered(name: str, said: Value | None) -> Value:
    """As SNMP says it."""
    kind = TABLE["member"].column(name).kind
    if isinstance(kind, Choice):
        return kind.words[str(said)]
    return said if said is not None else -1


class Reading:
    """A reader that reads in a thread until it has read `least` times and `is_over` says so; `reads`: all of them."""

    def __init__(self, reader: Reader, least: int, is_over: Callable[[], bool]) -> None:
        self.reads: list[Read] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(reader, least, is_over))
        self._thread.start()

    def _run(self, reader: Reader, least: int, is_over: Callable[[], bool]) -> None:
        try:
            while len(self.reads) < least or not is_over():
                self.reads.append(reader.read())
        except BaseException as failure:
            self._failure = failure

    def result(self) -> list[Read]:
        """Raises what the reader raised."""
        self._thread.join()
        if self._failure:
            raise self._failure
        return self.reads
