"""Programs of others at an incident: tcpdump on a host of the LAN, and tshark, which opens a unit's own record."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.netns.harness import Lan, Unit
from tests.pcaps import tshark

PATIENCE_S = 10.0
FIELDS = ("frame.time_epoch", "frame.comment", "udp.payload", "understudy.kind", "_ws.malformed", "_ws.expert.severity")


@contextmanager
def tcpdump(lan: Lan, host: str) -> Iterator[Path]:
    """As `explain` advises; at once, for what waits in the kernel is lost at its end. The capture is whole after the block."""
    path = lan.directory / f"tcpdump-{host}.pcap"
    program = ["tcpdump", "-Z", "root", "--immediate-mode", "-i", "red0", "-w", str(path), "udp", "port", "7420"]
    words = ["ip", "netns", "exec", lan.namespace(host), *program]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert any("listening on" in line for line in process.stderr), "tcpdump did not begin"
            yield path
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)


class Frame(NamedTuple):
    """What tshark says of a packet in a record."""

    time_ns: int
    comment: str
    payload: bytes
    kind: str
    is_malformed: bool
    has_error: bool


def frames_in(path: Path) -> list[Frame]:
    """With pcaps/understudy.lua. Without `udp` there is a row, with nothing in it, for each block of ours that is no packet."""
    wanted = [word for name in FIELDS for word in ("-e", name)]
    lines = tshark.run(path, "-Y", "udp", "-T", "fields", *wanted, "-E", "separator=/t", "-E", "occurrence=a").splitlines()
    return [_frame(line.split("\t")) for line in lines]


def _frame(fields: list[str]) -> Frame:
    seconds, _, rest = fields[0].partition(".")
    severities = [int(one) for one in fields[5].split(",") if one]
    has_error = any(one >= int(tshark.ERROR_SEVERITY) for one in severities)
    at_ns = int(seconds) * 10**9 + int(rest.ljust(9, "0")[:9])
    return Frame(at_ns, fields[1], bytes.fromhex(fields[2]), fields[3], bool(fields[4]), has_error)


def whole_segment(unit: Unit) -> Path:
    """What its recorder has written so far, closed in order: the recorder is ended, and another one begins."""
    (path,) = (unit.directory / "records").iterdir()
    pids = unit.signal_one("recorder", signal.SIGTERM)
    end_s = time.monotonic() + PATIENCE_S
    while set(pids) & set(unit.pids_of("recorder")):
        assert time.monotonic() < end_s, "the recorder does not end"
        time.sleep(0.02)
    return path
