"""Mutated requests over the real sockets of a unit, from host x, by one who may read and no more."""

import json
import socket
import time
from contextlib import suppress
from pathlib import Path

from agent.model.registers import GROUP_BASE, GROUP_STRIDE
from agent.model.smi import DEFAULT_ROOT
from tests.faces.attack import PATIENCE_S, PAUSE_S, Attack
from tests.faces.attacks_tls import HttpsAttack, MetricsAttack
from tests.faces.readers import arcs, tlv
from tests.faces.unit import COMMUNITY, FacedUnit
from tests.netns.harness.namespaces import socket_in
from tests.netns.harness.unit import GROUP

KEPT_OPEN = 8
"""Connections that an attacker leaves behind before it closes the oldest."""


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


ATTACKS: tuple[type[Attack], ...] = (SnmpAttack, ModbusAttack, HttpsAttack, MetricsAttack, ControlAttack)
