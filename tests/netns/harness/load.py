"""What disturbs: processor hogs, and floods of packets from a third host."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.netns.harness.lan import PREFIX, Lan, remove_namespace

# Ends by itself when its parent is gone, so that a killed test leaves nobody spinning.
_SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    for _ in range(1_000_000): pass\n"


class BusyLoops:
    """`count` processes at normal priority that take whatever the scheduler gives them."""

    def __init__(self, count: int = 4) -> None:
        self._count = count
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._processes = [subprocess.Popen([sys.executable, "-S", "-c", _SPIN]) for _ in range(self._count)]
        time.sleep(0.2)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()


# Whole networks come and go, as on a host of containers; the kernel takes them down under its network lock.
_CHURN = """
import os, subprocess, sys
parent, name = os.getppid(), sys.argv[1]
lines = ["link add bridge0 type bridge", "link set bridge0 up"]
for n in range(4):
    lines += [f"link add v{n} type veth peer w{n}", f"link set v{n} master bridge0 up", f"link set w{n} up"]
def ip(*words, given=""):
    subprocess.run(["ip", *words], input=given.encode(), capture_output=True, check=False)
while os.getppid() == parent:
    ip("netns", "add", name)
    ip("-n", name, "-batch", "-", given="\\n".join(lines))
    ip("netns", "del", name)
"""


class InterfaceChurn:
    """`count` processes that make and remove namespaces full of interfaces all the time."""

    def __init__(self, count: int = 2) -> None:
        self._names = [f"{PREFIX}{os.getpid()}-churn{number}" for number in range(count)]
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for name in self._names:
            words = [sys.executable, "-S", "-c", _CHURN, name]
            self._processes.append(subprocess.Popen(words, start_new_session=True))
        time.sleep(0.2)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for name in self._names:
            remove_namespace(name)


@dataclass(frozen=True)
class Flooded:
    """What a flood came to."""

    sent: int
    elapsed_s: float

    @property
    def rate(self) -> float:
        return self.sent / self.elapsed_s


class Flood:
    """`rate` datagrams a second from `host`, in the background, the payloads over and over; `wait` says what was reached."""

    def __init__(self, lan: Lan, host: str, payloads: Sequence[bytes], seconds: float, rate: int = 20_000) -> None:
        self._lan, self._host, self._seconds = lan, host, seconds
        self._order = {"payloads": [payload.hex() for payload in payloads], "rate": rate, "seconds": seconds}
        self._target: dict[str, object] = {"address": "239.192.7.7", "port": 7420, "protocol": 0, "ttl": 255}

    def to(self, **target: object) -> Self:
        """address, port, protocol (0: UDP, 112: VRRP), ttl."""
        self._target.update(target)
        return self

    def start(self) -> Self:
        words = ["ip", "netns", "exec", self._lan.namespace(self._host), sys.executable, "-m", "tests.netns.harness.flooder"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin
        self._process.stdin.write(json.dumps({**self._order, **self._target, "interface": "red0"}))
        self._process.stdin.close()
        return self

    def wait(self) -> Flooded:
        assert self._process.stdout
        answer = json.loads(self._process.stdout.read())
        self._process.wait(10)
        return Flooded(answer["sent"], answer["elapsed_s"])

    def run(self) -> Flooded:
        return self.start().wait()
