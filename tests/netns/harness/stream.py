"""The transport stream that units forward, from the LAN's media source."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.netns.harness.lan import Lan
from tests.netns.harness.unit import INPUT

DATAGRAM_BITS = 1316 * 8


@dataclass
class Stream:
    """The generator of the product, on host `src`. `rate`: datagrams of 1316 bytes a second. `pids` None: its own choice."""

    lan: Lan
    rate: int = 500
    host: str = "src"
    address: str = INPUT
    pids: Sequence[int] | None = None

    def __enter__(self) -> Self:
        target = f"udp://{self.address}:5000?interface=med0"
        words = [sys.executable, "-m", "agent.devices.generator", "--to", target, "--bitrate", str(self.rate * DATAGRAM_BITS)]
        words += ["--pids", ",".join(map(str, self.pids))] if self.pids else []
        with (self.lan.directory / "generator.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", self.lan.namespace(self.host), *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
