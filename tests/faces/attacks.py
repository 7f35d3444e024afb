"""Mutated requests over the real sockets of a unit, from host x, by one who may read and no more."""

import json
import socket
import ssl
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from random import Random

from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from agent.model.smi import DEFAULT_ROOT
from tests.faces.mutations import mutated
from tests.faces.readers import arcs, tlv
from tests.faces.unit import COMMUNITY, HTTPS_PORT, VIEWER_TOKEN, FacedUnit
from tests.netns.harness.namespaces import socket_in
from tests.netns.harness.unit import GROUP

PATIENCE_S = 0.3
PAUSE_S = 0.002
"""So that one attack leaves room for the others."""
PATIENT_S = 40.0
KEPT_OPEN = 8
"""Connections that an attacker leaves behind before it closes the oldest."""


class Attack(ABC):
    """Sends until it is told to stop. `sent`: how many mutated requests; `seed` makes it the same again."""

    def __init__(self, unit: FacedUnit, seed: int) -> None:
        self.unit, self.chance, self.sent = unit, Random(f"{type(self).__name__} {seed}"), 0

    def run(self, until_s: float, least: int) -> None:
        """Until then, and at least so many, however slow the machine is. To refuse and to cut is the unit's good right."""
        while (now_s := time.monotonic()) < until_s or (self.sent < least and now_s < until_s + PATIENT_S):
            with suppress(OSError):
                self.once()

    @abstractmethod
    def once(self) -> None:
        """One connection, or some datagrams."""

    def mutated(self, requests: tuple[bytes, ...]) -> bytes:
        self.sent += 1
        return mutated(self.chance, self.chance.choice(requests))

    def connect(self, port: int) -> socket.socket:
        made = socket_in(self.unit.lan.namespace("x"), socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(PATIENCE_S)
        made.connect((self.unit.address, port))
        return made


def _snmp(kind: int, oid: tuple[int, ...], head: bytes = b"\2\1\0\2\1\0", value: bytes = b"\5\0") -> bytes:
    pdu = tlv(kind, b"\2\1\7" + head + tlv(0x30, tlv(0x30, tlv(6, arcs(oid)) + value)))
    return tlv(0x30, b"\2\1\1" + tlv(4, COMMUNITY.encode()) + pdu)


def _v3(flags: int, user: bytes, mac: bytes, scoped: bytes) -> bytes:
    head = tlv(0x30, b"\2\1\7\2\3\0\xff\xe3\4\1" + bytes((flags,)) + b"\2\1\3")
    security = tlv(0x30, tlv(4, b"\x80\0\x1f\x88\5agent") + b"\2\1\1\2\1\1" + tlv(4, user) + tlv(4, mac) + tlv(4, b"salt" * 2))
    return tlv(0x30, b"\2\1\3" + head + tlv(4, security) + scoped)


class SnmpAttack(Attack):
    """v2c and v3, reads and writes."""

    requests = (
        _snmp(0xA0, (1, 3, 6, 1, 2, 1, 1, 1, 0)),
        _snmp(0xA1, DEFAULT_ROOT),
        _snmp(0xA5, DEFAULT_ROOT, b"\2\1\0\2\1\x32"),
        _snmp(0xA3, (*DEFAULT_ROOT, 1, 2, 1, 11, GROUP), value=b"\x42\1\x64"),
        _v3(4, b"", b"", tlv(0x30, b"\4\0\4\0" + tlv(0xA0, b"\2\1\7\2\1\0\2\1\0\x30\0"))),
        _v3(7, b"eye", bytes(24), tlv(4, b"encrypted, or so it says")),
    )

    def once(self) -> None:
        with socket_in(self.unit.lan.namespace("x"), socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((self.unit.address, 161))
            for _ in range(50):
                sender.send(self.mutated(self.requests))
                time.sleep(PAUSE_S)


def _modbus(*pdu: int) -> bytes:
    return bytes((0, 1, 0, 0, 0, len(pdu) + 1, 1, *pdu))


class ModbusAttack(Attack):
    """Several in a segment, cut anywhere; connections are left open, up to a few."""

    at = divmod(GROUP_BASE + GROUP_STRIDE * GROUP, 256)
    requests = (
        _modbus(3, *at, 0, 62),
        _modbus(4, *at, 0, 62),
        _modbus(1, *at, 0, 64),
        _modbus(5, *at, 0xFF, 0),
        _modbus(16, *at, 0, 2, 4, 0, 1, 0, 2),
        _modbus(23, *at, 0, 2, *at, 0, 1, 2, 0, 1),
        _modbus(43, 14, 1, 0),
        _modbus(8, 0, 0, 1, 2),
    )

    def __init__(self, unit: FacedUnit, seed: int) -> None:
        super().__init__(unit, seed)
        self._left: list[socket.socket] = []

    def once(self) -> None:
        connection = self.connect(502)
        self._left.append(connection)
        if len(self._left) > KEPT_OPEN:
            self._left.pop(0).close()
        for _ in range(self.chance.randrange(1, 20)):
            connection.sendall(b"".join(self.mutated(self.requests) for _ in range(self.chance.randrange(1, 6))))
            connection.setblocking(False)
            with suppress(BlockingIOError):
                connection.recv(65_536)
            connection.setblocking(True)
            time.sleep(PAUSE_S)

    def run(self, until_s: float, least: int) -> None:
        super().run(until_s, least)
        for connection in self._left:
            connection.close()


class HttpsAttack(Attack):
    """Half of it is no TLS at all; the other half comes with a viewer's token."""

    head = f"Host: unit\r\nAuthorization: Bearer {VIEWER_TOKEN}\r\n"
    body = json.dumps({"priority": 100, "reason": "why"})
    chunked = 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n'
    requests = (
        f"GET /api/v1/members/{GROUP} HTTP/1.1\r\n{head}\r\n".encode(),
        f"GET /api/v1/events?limit=3 HTTP/1.1\r\n{head}\r\n".encode(),
        f"PATCH /api/v1/members/{GROUP} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
        f"POST /api/v1/members/{GROUP}/commands HTTP/1.1\r\n{head}{chunked}".encode(),
    )

    def once(self) -> None:
        with self.connect(HTTPS_PORT) as plain:
            if self.chance.random() < 0.3:
                plain.sendall(self.mutated(self.requests))
                plain.recv(65_536)
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as connection:
                for _ in range(self.chance.randrange(1, 6)):
                    connection.sendall(self.mutated(self.requests))
                    connection.recv(65_536)


class ControlAttack(Attack):
    """The command line's socket, which root alone can reach; nothing in it that orders."""

    requests = tuple(
        json.dumps(one).encode() + b"\n"
        for one in (
            {"verb": "status"},
            {"verb": "journal", "limit": 5},
            {"verb": "events", "since": 0, "limit": 5},
            {"verb": "heard"},
        )
    )

    def once(self) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(Path(self.unit.directory, "run", "control.sock")))
            for _ in range(self.chance.randrange(1, 6)):
                connection.sendall(self.mutated(self.requests))
                connection.recv(65_536)


ATTACKS: tuple[type[Attack], ...] = (SnmpAttack, ModbusAttack, HttpsAttack, ControlAttack)
