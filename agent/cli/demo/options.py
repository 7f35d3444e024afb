"""What a person may say to the demo."""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from agent.devices.address import Endpoint, parse_endpoint
from agent.devices.generator import MAX_BITRATE_BPS, MIN_BITRATE_BPS

DEFAULT_BITRATE_BPS = 4_000_000
"""2.6 ms between two datagrams: so fine is every gap measured."""
_EPILOG = """exit codes: 0 all as the rule says; 1 something was not, it says what; 2 wrong usage;
5 it cannot run here, it says why; 130 after Ctrl-C"""


@dataclass(frozen=True)
class Options:
    """`input` None: the demo's own generator, at `bitrate_bps`."""

    input: Endpoint | None
    bitrate_bps: int
    is_kept: bool
    is_plain: bool
    is_quick: bool
    picture: Path | None
    is_observed: bool = False

    @property
    def look_s(self) -> float:
        """How long each result stays for a person to look at."""
        return 0.5 if self.is_quick else 2.5


def parse_options(argv: list[str]) -> Options:
    """SystemExit 2 with a sentence for wrong usage. Without a terminal it is plain by itself."""
    parser = _parser()
    said = parser.parse_args(argv)
    if not MIN_BITRATE_BPS <= said.bitrate <= MAX_BITRATE_BPS:
        parser.error(f"--bitrate is bits a second, {MIN_BITRATE_BPS}..{MAX_BITRATE_BPS}, not {said.bitrate}")
    if said.picture is not None and not said.picture.absolute().parent.is_dir():
        parser.error(f"--picture: there is no directory {said.picture.parent}; make it first")
    try:
        source = None if said.input is None else parse_endpoint(said.input)
    except ValueError as error:
        parser.error(f"--input {error}")
    is_plain = said.plain or not sys.stdout.isatty() or os.environ.get("TERM") in {None, "", "dumb", "unknown"}
    return Options(source, said.bitrate, said.keep, is_plain, said.quick, said.picture, said.observe)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="understudy demo",
        description="Two real units on loopback protect one output: a failover, a return, a planned changeover. About 20 s.",
        epilog=_EPILOG,
    )
    parser.add_argument("--input", metavar="URL", help="your own transport stream, udp://239.1.1.1:5000?interface=eth0")
    parser.add_argument("--bitrate", type=int, default=DEFAULT_BITRATE_BPS, help="of the generator, bits a second (%(default)s)")
    help_ = "with a real Prometheus, when it is installed, and a sentence from understudy explain --last"
    parser.add_argument("--observe", action="store_true", help=help_)
    parser.add_argument("--keep", action="store_true", help="leave it running after the story, until Ctrl-C")
    parser.add_argument("--plain", action="store_true", help="lines for a log instead of the live view")
    parser.add_argument("--quick", action="store_true", help="do not linger between the steps: about 10 s")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the live view of mid-story as an SVG picture")
    return parser
