"""A fake core on a real socket, a real worker process, and an ear on the output with the kernel's own timestamps."""

import json
import mmap
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.devices.address import parse_endpoint
from agent.devices.generator import Generator
from agent.devices.marker import Marker, find_marker
from agent.devices.sockets import destination, open_input, open_output

MS = 1_000_000
SECOND = 1_000_000_000
PATIENCE_S = 5.0
SO_TIMESTAMPNS = 35
_numbers = count(1)


def fresh_port() -> int:
    """20001..29999, another one each time."""
    return 20000 + next(_numbers)


def fresh_url() -> str:
    """A group and port that nobody else on this machine uses just now: the process and a running number are in it."""
    pid = os.getpid()
    return f"udp://239.{200 + pid // 65536 % 50}.{pid // 256 % 256}.{pid % 256}:{fresh_port()}?interface=lo"


def wait_until(is_true: Callable[[], bool], what: str) -> None:
    """AssertionError, with what was waited for, after five seconds."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < end_s, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.002)


@dataclass(frozen=True, slots=True)
class Heard:
    """One datagram on the output. `kernel_ns`: when the kernel took it, on the monotonic clock."""

    data: bytes
    kernel_ns: int
    marker: Marker | None


class Ear:
    """Listens to a URL in a thread of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: list[Heard] = []
        self._is_over = False
        self._socket = open_input(parse_endpoint(url))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_over = True
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._is_over:
            if select.select([self._socket], [], [], 0.05)[0]:
                data, extra, _, _ = self._socket.recvmsg(65536, 64)
                seconds, rest_ns = struct.unpack("qq", extra[0][2])
                kernel_ns = seconds * SECOND + rest_ns - self._offset_ns
                self.heard.append(Heard(data, kernel_ns, find_marker(data)))

    def after(self, time_ns: int) -> list[Heard]:
        """What left at or after that moment."""
        return [heard for heard in self.heard if heard.kernel_ns >= time_ns]


class FakeCore:
    """Listens where core would, gives each client a page, and speaks to the last one."""

    def __init__(self, run_dir: Path) -> None:
        run_dir.mkdir(parents=True, exist_ok=True)
        self._path = run_dir / "core.sock"
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self._path))
        self._listener.listen(4)
        self._listener.settimeout(PATIENCE_S)
        self._ids = count(1)
        self.backlog: list[dict[str, Any]] = []

    def accept(self, is_ready: bool = True) -> dict[str, Any]:
        """Wait for a worker, give it a page; its hello. `is_ready`: wait until it says so."""
        self.client, _ = self._listener.accept()
        self.client.settimeout(PATIENCE_S)
        hello = self.receive()
        self.send_page()
        if is_ready:
            self.expect(lambda message: message.get("report") == "ready")
        return hello

    def send_page(self, size_bytes: int = 4096) -> None:
        """A new memfd of that size, zeroed."""
        descriptor = os.memfd_create("lease")
        os.ftruncate(descriptor, size_bytes)
        self.page = memoryview(mmap.mmap(descriptor, size_bytes)).cast("Q")
        socket.send_fds(self.client, [b'{"page": true}'], [descriptor])
        os.close(descriptor)

    def grant(self, lease_s: float) -> int:
        """Lease until so many seconds from now; that moment."""
        until_ns = time.monotonic_ns() + int(lease_s * SECOND)
        self.page[0] = until_ns
        return until_ns

    def receive(self) -> dict[str, Any]:
        """The next packet."""
        message: dict[str, Any] = json.loads(self.client.recv(65536))
        return message

    def expect(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next packet that is it; others go to the backlog."""
        while not is_it(message := self.receive()):
            self.backlog.append(message)
        return message

    def order(self, verb: str, group: int = 7, **more: bool) -> dict[str, Any]:
        """Give the order and wait for its answer."""
        order_id = next(self._ids)
        self.client.send(json.dumps({"order": verb, "id": order_id, "group": group, **more}).encode())
        return self.expect(lambda message: message.get("id") == order_id)

    def refresh(self, group: int = 7) -> None:
        """It has no answer."""
        self.client.send(json.dumps({"order": "refresh", "id": 0, "group": group}).encode())

    def status(self) -> dict[str, Any]:
        """The next status."""
        status: dict[str, Any] = self.expect(lambda message: "status" in message)["status"]
        return status

    def die(self) -> None:
        """As a killed process does: everything is closed."""
        self.client.close()
        self._listener.close()


@dataclass
class Bench:
    """One worker with its surroundings. The worker is a process of its own: `python -m agent.devices`.

    `namespace`: of the network, where the worker lives; the ear hears nothing then. `has_ends` False: the settings name no input
    and output, the group's configuration does.
    """

    directory: Path
    more_options: str = ""
    input: str = field(default_factory=fresh_url)
    output: str = field(default_factory=fresh_url)
    namespace: str = ""
    has_ends: bool = True

    def __post_init__(self) -> None:
        self.core = FakeCore(self.directory / "run")
        self.ear = Ear(fresh_url() if self.namespace else self.output)

    def __enter__(self) -> Self:
        self.ear.__enter__()
        command = [sys.executable, "-m", "agent.devices", "rx", "--settings-path", str(self.directory / "unit.toml")]
        command = ["ip", "netns", "exec", self.namespace, *command] if self.namespace else command
        self.worker = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.worker.stdin is not None
        self.worker.stdin.write(self.settings().encode())
        self.worker.stdin.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.worker.kill()
        self.worker.wait()
        assert self.worker.stderr is not None
        self.worker.stderr.close()
        self.ear.__exit__(kind, error, trace)
        self.core.die()

    def settings(self) -> str:
        """The settings file."""
        ends = f'input = "{self.input}"\noutput = "{self.output}"'
        return f"""
            [unit]
            name = "unit"
            data_dir = "{self.directory}"
            [lan]
            interface = "lo"
            [[member]]
            group = 7
            designation = "main"
            priority = 200
            device = "rx"
            [device.rx]
            driver = "receiver"
            {ends if self.has_ends else ""}
            {self.more_options}
        """

    def signal(self, number: signal.Signals) -> None:
        """To the worker."""
        self.worker.send_signal(number)

    def send(self, datagram: bytes, url: str = "") -> None:
        """One datagram to the input, or to another."""
        target = parse_endpoint(url or self.input)
        with open_output(target) as sender:
            sender.sendto(datagram, destination(target))

    def send_and_hear(self, datagram: bytes) -> bytes:
        """Send it in; what comes out."""
        before = len(self.ear.heard)
        self.send(datagram)
        wait_until(lambda: len(self.ear.heard) > before, "the datagram on the output")
        return self.ear.heard[before].data

    @contextmanager
    def stream(self, bitrate_bps: int = 2_000_000, url: str = "") -> Iterator[Generator]:
        """The generator on the input, or on another, in a thread."""
        generator = Generator(parse_endpoint(url or self.input), bitrate_bps, [256, 257])
        thread = threading.Thread(target=generator.run, daemon=True)
        thread.start()
        try:
            yield generator
        finally:
            generator.stop()
            thread.join()
