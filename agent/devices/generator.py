"""`python -m agent.devices.generator --to udp://239.1.1.1:5000?interface=lo --bitrate 2000000 --pids 256,257 [--duration 5]`

Sends a valid transport stream, seven packets a datagram, evenly paced; every datagram is numbered (program.py, marker.py).
Needs no root. At the end, or at SIGTERM or SIGINT, it prints how many datagrams were sent and how many the kernel refused.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from agent.devices.address import Endpoint, parse_endpoint
from agent.devices.program import DATAGRAM_BYTES, Programme
from agent.devices.sockets import destination, open_output

MIN_BITRATE_BPS = 10_000
MAX_BITRATE_BPS = 1_000_000_000
MAX_LATE_NS = 1_000_000_000
"""After a longer standstill the pace starts anew, instead of catching up in one burst."""


class Generator:
    """Sends until `duration_s` is over (None: for ever), or `stop` was called."""

    def __init__(self, target: Endpoint, bitrate_bps: int, pids: Sequence[int]) -> None:
        self.sent = self.refused = 0
        self._programme = Programme(pids)
        self._interval_ns = DATAGRAM_BYTES * 8 * 1_000_000_000 // bitrate_bps
        self._socket, self._address = open_output(target), destination(target)
        self._is_stopped = False

    def stop(self) -> None:
        """Ends `run` after the next datagram. May be called by a signal handler."""
        self._is_stopped = True

    def run(self, duration_s: float | None = None) -> None:
        """Datagram n leaves at start + n * interval."""
        due_ns = time.monotonic_ns()
        end_ns = None if duration_s is None else due_ns + int(duration_s * 1e9)
        while not self._is_stopped and (end_ns is None or due_ns < end_ns):
            wait_ns = due_ns - time.monotonic_ns()
            if wait_ns > 0:
                time.sleep(wait_ns / 1e9)
            elif wait_ns < -MAX_LATE_NS:
                due_ns -= wait_ns
            self._send(due_ns)
            due_ns += self._interval_ns

    def _send(self, due_ns: int) -> None:
        """A refused datagram keeps its number: whoever counts sees that it was lost."""
        number = self.sent + self.refused
        try:
            self._socket.sendto(self._programme.datagram(number, time.monotonic_ns(), due_ns), self._address)
            self.sent += 1
        except OSError:
            self.refused += 1


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if not MIN_BITRATE_BPS <= options.bitrate <= MAX_BITRATE_BPS:
            raise ValueError(f"--bitrate is bits a second, {MIN_BITRATE_BPS}..{MAX_BITRATE_BPS}, not {options.bitrate}")
        generator = Generator(parse_endpoint(options.to), options.bitrate, [int(pid) for pid in options.pids.split(",")])
    except (OSError, ValueError) as error:
        parser.error(str(error))
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: generator.stop())
    generator.run(options.duration)
    print(f"sent {generator.sent} datagrams, refused {generator.refused}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m agent.devices.generator", description="A numbered MPEG transport stream.")
    parser.add_argument("--to", required=True, metavar="URL", help="udp://239.1.1.1:5000?interface=lo&ttl=1")
    parser.add_argument("--bitrate", type=int, default=2_000_000, help="bits of transport stream a second (default 2000000)")
    parser.add_argument("--pids", default="256,257", help="elementary PIDs, the first has the PCR (default 256,257)")
    parser.add_argument("--duration", type=float, help="seconds (default: until stopped)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
