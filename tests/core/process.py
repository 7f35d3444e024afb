"""A real core process in a namespace, and a fake device worker on its socket that shows orders and the lease word."""

import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.netns.harness import Lan
from tests.netns.harness.namespaces import processes_in

MS = 1_000_000
SECOND = 1_000_000_000
PATIENCE_S = 5.0
START_S = 30.0
"""A core imports and starts; beside all the lanes of tests that may take its time."""
JITTER_NS = 40 * MS
"""How late a right answer may be on a busy machine: well under a priority step of 100 ms (F-5). Nothing may be early. How exact
the moments are in peace is shown by the captures (tests/pcaps) and the bench."""
GROUP = 7
INTERVAL_MS = 100
Json = dict[str, Any]


class Moment(NamedTuple):
    """It was done between these two: on a busy machine a test is held up in the middle of its own system call."""

    before_ns: int
    after_ns: int

    def is_followed_by(self, at_ns: int, wait_ns: int, slack_ns: int = JITTER_NS) -> bool:
        """Does `at_ns` lie `wait_ns` after this, not earlier, and later by the slack at most?"""
        return self.before_ns + wait_ns <= at_ns <= self.after_ns + wait_ns + slack_ns


def wait_until(is_true: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """AssertionError, with what was waited for, when it does not come."""
    end_s = time.monotonic() + patience_s
    while not is_true():
        assert time.monotonic() < end_s, f"waited {patience_s} s for {what}"
        time.sleep(0.002)


@dataclass
class CoreProcess:
    """`python -m agent.core` on a host of a LAN."""

    lan: Lan
    directory: Path
    priority: int = 250
    interval_ms: int = INTERVAL_MS
    host: str = "a"
    member: str = ""
    lan_lines: str = ""

    @property
    def timeout_ns(self) -> int:
        """T of S-12."""
        return self.interval_ms * MS + self.skew_ns

    @property
    def skew_ns(self) -> int:
        return (256 - self.priority) * 100 * MS

    @property
    def lease_ns(self) -> int:
        """F-8, from docs/protocol.md: (A + 0.1 s) * 0.999 - 20 ms."""
        return (self.interval_ms * MS + 100 * MS) * 999 // 1000 - 20 * MS

    @property
    def socket_path(self) -> Path:
        return self.directory / "run" / "core.sock"

    def settings(self) -> str:
        return f"""
            [unit]
            name = "unit-{self.host}"
            data_dir = "{self.directory}"
            [lan]
            interface = "red0"
            {self.lan_lines}
            [[member]]
            group = {GROUP}
            designation = "main"
            priority = {self.priority}
            advertisement_interval = {self.interval_ms / 1000}
            device = "rx"
            {self.member}
            [device.rx]
            driver = "receiver"
            input = "udp://239.1.1.1:5000"
            output = "udp://239.2.2.2:5000"
        """

    def start(self) -> None:
        """Until it listens to its clients."""
        (self.directory / "run").mkdir(exist_ok=True)
        self.socket_path.unlink(missing_ok=True)
        python = [sys.executable, "-m", "agent.core", "--settings-path", str(self.directory / "unit.toml")]
        words = ["ip", "netns", "exec", self.lan.namespace(self.host), *python]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdin is not None
        self.process.stdin.write(self.settings().encode())
        self.process.stdin.close()
        wait_until(self._answers, "core's socket", START_S)

    def _answers(self) -> bool:
        assert self.is_alive(), self.said()
        with suppress(OSError):
            connect(self.socket_path).close()
            return True
        return False

    def signal(self, number: signal.Signals) -> None:
        """To core; `ip netns exec` has become it."""
        self.process.send_signal(number)

    def freeze(self) -> None:
        """Stop it, and wait until it has stopped."""
        self.signal(signal.SIGSTOP)
        state = Path(f"/proc/{self.process.pid}/stat")
        wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", "the core to stop")

    def thaw(self) -> Moment:
        """Let it go on; when that was."""
        before_ns = time.monotonic_ns()
        self.signal(signal.SIGCONT)
        return Moment(before_ns, time.monotonic_ns())

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        """All that it printed; after its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        assert self.process.pid not in processes_in(self.lan.namespace(self.host))


class CoreSocket(socket.socket):
    """run/core.sock as a client sees it. `unread`: messages of a packet that held several."""

    def __init__(self) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.unread: deque[Json] = deque()


def connect(path: Path, hello: Json | None = None) -> CoreSocket:
    """A client of core."""
    client = CoreSocket()
    client.connect(str(path))
    client.settimeout(PATIENCE_S)
    if hello is not None:
        client.send(json.dumps(hello).encode())
    return client


def receive(client: CoreSocket) -> Json:
    """The next message; ConnectionResetError when core has ended the connection."""
    if not client.unread:
        data = client.recv(65536)
        if not data:
            raise ConnectionResetError("core closed the connection")
        said = json.loads(data)
        client.unread.extend(said if isinstance(said, list) else [said])
    return client.unread.popleft()


class Order(NamedTuple):
    """One order from core: when it came, and the lease word at that moment."""

    at_ns: int
    what: str
    number: int
    lease_until_ns: int


@dataclass
class FakeWorker:
    """A device worker as docs/architecture.md describes it, without a device. `obeys`: the orders that it answers at once."""

    path: Path
    obeys: set[str] = field(default_factory=lambda: {"load", "open", "mute"})
    name: str = "rx"

    def __post_init__(self) -> None:
        self.orders: list[Order] = []
        self.leases: list[tuple[int, int]] = []
        self.has_heartbeat = True
        self.is_cut_off = False
        self._is_over = threading.Event()
        self._socket = connect(self.path, {"hello": "device", "name": self.name, "pid": os.getpid()})
        _, descriptors, _, _ = socket.recv_fds(self._socket, 65536, 1)
        self.page = memoryview(mmap.mmap(descriptors[0], 4096)).cast("Q")
        os.close(descriptors[0])
        self._socket.settimeout(0.005)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.report("ready")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
        self._socket.close()

    def die(self) -> None:
        """As a killed process does."""
        self.__exit__(None, None, None)

    def report(self, what: str, **more: object) -> None:
        self.send({"report": what, **more})

    def send(self, message: Json) -> None:
        self._socket.send(json.dumps(message).encode())

    @property
    def lease_until_ns(self) -> int:
        """Word 0 of the page."""
        return self.page[0]

    def _work(self) -> None:
        while not self._is_over.is_set():
            if self.has_heartbeat:
                self.page[1] = time.monotonic_ns()
            self._note_lease()
            with suppress(TimeoutError):
                self._hear()

    def _note_lease(self) -> None:
        if not self.leases or self.leases[-1][1] != self.lease_until_ns:
            self.leases.append((time.monotonic_ns(), self.lease_until_ns))

    def _hear(self) -> None:
        try:
            order = receive(self._socket)
        except ConnectionError:
            self.is_cut_off = True
            self._is_over.set()
            return
        self.orders.append(Order(time.monotonic_ns(), order["order"], order["id"], self.lease_until_ns))
        if order["order"] in self.obeys:
            self.answer(self.orders[-1])

    def answer(self, order: Order) -> None:
        """Report the order as carried out."""
        self.report({"load": "loaded", "open": "opened", "mute": "muted"}[order.what], id=order.number)

    def wait_for(self, what: str) -> Order:
        """The last such order, once there is one."""
        wait_until(lambda: any(order.what == what for order in self.orders), f"the order {what}")
        return [order for order in self.orders if order.what == what][-1]
