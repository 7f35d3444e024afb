"""`understudy demo` as a new user runs it: a real pair on loopback, with and without root, and nothing left of it afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final, cast

import pytest
from rich.console import Console

from agent.cli.demo.eyes import Eyes, Heard
from agent.cli.demo.figures import Figure, Judge, late_limit_ns
from agent.cli.demo.ground import MAIN, RESERVE, Part
from agent.cli.demo.keeper import _groups
from agent.cli.demo.scene import Scene
from agent.cli.demo.show import _verdict
from agent.devices.meter import StreamMeter
from agent.devices.program import Programme
from agent.engine.timing import MS
from agent.wire.message import Kind, Message

ROOT: Final = Path(__file__).parents[1]
STEPS: Final = ("1 both start", "2 master killed", "3 it returns", "4 set-master")
GONE_LIMIT_S: Final = 3.0
NOBODY: Final = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
# Root's own Python may lie where nobody else may read. This lets it be read, and permits nothing else.
MAY_READ: Final = ("--bounding-set=-all,+dac_read_search", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")


def environment(home: Path) -> dict[str, str]:
    """Files go to `home`, by which the processes are found again."""
    paths = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    return {"PATH": os.environ["PATH"], "TMPDIR": str(home), "HOME": "/nonexistent", "PYTHONPATH": paths}


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory with a short path that every user may write."""
    path = Path(tempfile.mkdtemp(prefix="usd", dir="/tmp"))
    path.chmod(0o777)
    yield path
    for pid in processes_of(path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(path)


def processes_of(home: Path) -> list[int]:
    """Everything alive that was started with this TMPDIR."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"TMPDIR={home}".encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parts[2]))
    return found


def leftovers(home: Path, limit_s: float) -> str:
    """What is still there after so long; empty: nothing."""
    until_s = time.monotonic() + limit_s
    while True:
        left = [*processes_of(home), *map(str, home.iterdir())]
        if not left or time.monotonic() > until_s:
            return ", ".join(map(str, left))
        time.sleep(0.05)


@contextmanager
def demo(home: Path, *prefix: str) -> Iterator[subprocess.Popen[str]]:
    """`understudy demo --plain --quick`; from a directory that is not the repository's."""
    command = [*(prefix or (sys.executable,)), "-m", "agent", "demo", "--plain", "--quick"]
    with subprocess.Popen(
        command, cwd="/", env=environment(home), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def watch_until(process: subprocess.Popen[str], text: str) -> None:
    """Read its lines until one says so."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return
    pytest.fail(f"the demo never said {text!r}:\n{''.join(lines)}")


@cache
def prefix_of_nobody() -> tuple[str, ...]:
    """A Python that user 65534 can run, and the privileges that it takes to read it; empty: none here.

    setpriv may start what the user himself may not, so the check is that this Python can start itself again.
    """
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return ()
    load = "import sys; assert sys.version_info >= (3, 11); import agent.cli.demo.show"
    check = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {load!r}], check=True)"
    ways = [(*NOBODY, sys.executable), (*NOBODY, "/usr/bin/python3"), (*NOBODY, *MAY_READ, sys.executable)]
    for way in ways:
        done = subprocess.run([*way, "-c", check], cwd="/", env=environment(Path("/tmp")), capture_output=True, check=False)
        if done.returncode == 0:
            return way
    return ()


def check_whole_story(home: Path, *prefix: str) -> str:
    """Exit 0, every step in the table, nothing left. What it printed."""
    with demo(home, *prefix) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "Everything was as the rule says." in output
    assert all(f"\n{step}  " in output for step in STEPS), output
    assert "\x1b" not in output, "cursor tricks in a log"
    assert leftovers(home, 0.5) == ""
    return output


def test_the_demo_tells_its_story_and_leaves_nothing(home: Path) -> None:
    """Takeover at T (S-12), no preemption of what returns (S-10), a planned changeover, no overlap (F-8)."""
    check_whole_story(home)


def test_the_demo_runs_without_root(home: Path) -> None:
    """The same as user nobody. It says in one line that the units run at normal priority."""
    prefix = prefix_of_nobody()
    if os.geteuid() == 0 and not prefix:
        pytest.skip("needs setpriv (Debian: util-linux) to become another user")
    output = check_whole_story(home, *prefix)
    assert output.count("no permission for real-time scheduling") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_demo_ends_nothing_is_left(home: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it in order; SIGKILL leaves it no time, and its units end all the same."""
    with demo(home) as process:
        watch_until(process, "opened its output" if number is signal.SIGTERM else "starting rx-a")
        assert processes_of(home)
        process.send_signal(number)
        if number is signal.SIGKILL:
            assert leftovers(home, GONE_LIMIT_S) == ""
        process.communicate(timeout=10)
    assert process.returncode == (-number if number is signal.SIGKILL else 128 + number)
    assert leftovers(home, 0.5) == ""


def test_a_machine_without_multicast_on_loopback_gets_a_sentence(home: Path) -> None:
    """Exit 5, what is wrong, and the remedy. An input that is not of this machine is the one such fault that needs no root."""
    command = [sys.executable, "-m", "agent", "demo", "--input", "udp://192.0.2.77:5000"]
    done = subprocess.run(command, env=environment(home), text=True, capture_output=True, check=False, timeout=20)
    assert done.returncode == 5
    assert "udp://192.0.2.77:5000 cannot be received" in done.stderr
    assert "Name an address of this machine" in done.stderr
    assert leftovers(home, 0.5) == ""


def test_the_keeper_ends_only_what_was_not_waited_for() -> None:
    """A process group that the demo has collected may belong to somebody else by now."""
    assert _groups(["+12\n", "+13\n", "-12\n", "nonsense\n", "+1\n"]) == {13}


# The judge -----------------------------------------------------------------------------------------------------------


class FakeEyes:
    """A stream of which the second half comes from the other unit."""

    def __init__(self, *, doubled: int = 0) -> None:
        self.step = StreamMeter()
        programme = Programme([256])
        for number in range(20):
            data = programme.datagram(number, number * MS, number * MS)
            self.step.feed(data, number * MS, MAIN.name if number < 10 else RESERVE.name)
            if 10 <= number < 10 + doubled:
                self.step.feed(data, number * MS, MAIN.name)

    def first(self, _name: str, _after_ns: int, *_kinds: Kind) -> Heard | None:
        """The LAN is silent."""
        return None


def heard(part: Part, at_ns: int) -> Heard:
    """Some packet."""
    return Heard(at_ns, Message(Kind.ADVERT, 1, 7, part.priority, 1000, 1, 1, 1, 1, part.name))


def takeover(silence_ns: int, *, doubled: int = 0) -> Figure:
    """The row for a claim after this silence; it came 10 ms after the stream began."""
    judge = Judge(cast(Eyes, FakeEyes(doubled=doubled)), late_limit_ns(is_real_time=True), 1000)
    claim_ns = 10 * MS
    return judge.took_over(RESERVE, heard(MAIN, claim_ns - silence_ns), heard(RESERVE, claim_ns))


@pytest.mark.parametrize(("silence_ms", "fault"), [(1300, ""), (1399, ""), (1299, "too early"), (1401, "late")])
def test_a_takeover_is_judged_by_its_rule(silence_ms: int, fault: str) -> None:
    """T = 1.3 s for P = 253 at A = 1 s (S-12): never before, and hardly after."""
    faults = takeover(silence_ms * MS).faults
    assert len(faults) == (1 if fault else 0)
    assert all(fault in text for text in faults)


def start(waited_ns: int) -> Figure:
    """The row for a unit that claims so long after its first packet."""
    judge = Judge(cast(Eyes, FakeEyes()), late_limit_ns(is_real_time=True), 1000)
    return judge.started(MAIN, heard(MAIN, 0), heard(MAIN, waited_ns))


@pytest.mark.parametrize(("early_ms", "is_fault"), [(0, False), (5, False), (6, True)])
def test_a_first_packet_that_is_late_is_no_early_claim(early_ms: int, is_fault: bool) -> None:
    """T = 1.2 s for P = 254 (S-12), counted from the first packet, which comes after what T begins with."""
    assert bool([fault for fault in start((1200 - early_ms) * MS).faults if "listened for" in fault]) is is_fault


def test_two_open_outputs_are_a_fault() -> None:
    """F-8."""
    figure = takeover(1300 * MS, doubled=3)
    assert figure.overlapping >= 3
    assert any("two outputs were open" in text for text in figure.faults)


def test_what_was_wrong_makes_exit_code_1() -> None:
    """And what was right 0."""
    console = Console(quiet=True)
    assert _verdict(Scene(figures=[takeover(1300 * MS)]), "", console) == 0
    assert _verdict(Scene(figures=[takeover(1402 * MS)]), "", console) == 1
    assert _verdict(Scene(), "rx-a ended by itself", console) == 1
