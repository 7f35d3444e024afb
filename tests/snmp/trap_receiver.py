"""Debian's snmptrapd as the receiver of the tests: what it got, as it got it. On loopback, on a port of its own, without MIBs."""

import os
import re
import selectors
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agent.model.notifications import NOTIFICATION, NOTIFICATION_OF
from agent.model.smi import DEFAULT_ROOT, oid_of

COMMUNITY = "signals"
USER, AUTH, PRIV = "nms", "authentic-enough", "private-enough"
_TRAP_OID = ".1.3.6.1.6.3.1.1.4.1.0"
_NAMES = {"." + ".".join(map(str, oid_of(NOTIFICATION, column))): column.name for column in NOTIFICATION.columns}
_KINDS = {"." + ".".join(map(str, (*DEFAULT_ROOT, 0, one.arc))): one.name for one in NOTIFICATION_OF.values()}
_STARTS = {".1.3.6.1.6.3.1.1.5.1": "cold_start", ".1.3.6.1.6.3.1.1.5.2": "warm_start"}


def free_port() -> int:
    """Of UDP, on loopback; free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Got:
    """One notification. `values`: by name of the column of NOTIFICATION, as text; `kind` as in NOTIFICATION_OF."""

    kind: str
    values: dict[str, str]
    oids: list[str]


class Receiver:
    """`got`: all so far."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._rest = stream, b""
        os.set_blocking(stream.fileno(), False)
        self.got: list[Got] = []
        self.lines: list[str] = []

    def read(self, limit_s: float) -> bool:
        """Wait for something, take it. False: nothing came."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            if not selector.select(limit_s):
                return False
        data = self._stream.read() or b""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._take(line.decode("utf-8", "replace"))
        return bool(data)

    def _take(self, line: str) -> None:
        self.lines.append(line)
        if not line.startswith("GOT "):
            return
        pairs = [part.split(" ", 1) for part in line.removeprefix("GOT ").split("\t") if part]
        said = {pair[0]: pair[1].strip('"') if len(pair) > 1 else "" for pair in pairs}
        trap = said.get(_TRAP_OID, "")
        values = {_NAMES[oid]: value for oid, value in said.items() if oid in _NAMES}
        self.got.append(Got((_KINDS | _STARTS).get(trap, trap), values, list(said)))

    def wait(self, count: int, limit_s: float = 10.0) -> list[Got]:
        """All, once there are `count`. AssertionError when they do not come."""
        self.wait_for(lambda: len(self.got) >= count, limit_s)
        return self.got

    def wait_for(self, is_enough: Callable[[], bool], limit_s: float) -> None:
        """Read until it is. AssertionError."""
        until_s = time.monotonic() + limit_s
        while not is_enough() and time.monotonic() < until_s:
            self.read(until_s - time.monotonic())
        assert is_enough(), f"{len(self.got)} came: {self.lines[-3:]}"


@contextmanager
def trap_receiver(directory: Path, port: int, engine_id: bytes = b"") -> Iterator[Receiver]:
    """Listens when this yields. `engine_id`: of who sends v3 traps."""
    config = directory / "snmptrapd.conf"
    user = f"{USER} SHA-256 {AUTH} AES {PRIV}"
    of_sender = f"createUser -e 0x{engine_id.hex()} {user}\n" if engine_id else ""
    access = f"authCommunity log {COMMUNITY}\nauthUser log {USER} priv\n"
    config.write_text(f"{access}createUser {user}\n{of_sender}doNotRetainNotificationLogs yes\nformat2 GOT %v\\n\n")
    state = directory / "snmptrapd"
    command = ["snmptrapd", "-f", "-n", "-Le", "-C", "-c", str(config), "-Onqet", f"udp:127.0.0.1:{port}"]
    environment = {"MIBS": "", "MIBDIRS": "", "SNMP_PERSISTENT_DIR": str(state), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stderr is not None
        receiver = Receiver(process.stderr)
        try:
            until_s = time.monotonic() + 10
            while not any(re.search("NET-SNMP version", line) for line in receiver.lines) and time.monotonic() < until_s:
                receiver.read(1.0)
            yield receiver
        finally:
            process.kill()
