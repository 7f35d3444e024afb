"""A real unit (supervisor, core, management): what was set at run time outlives each of its processes, and all of them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent.management.client import NotRunning, ask
from agent.settings.runtime_disk import COPY, FILE
from tests.management.fakes import Json, environment, eventually
from tests.settings.runtime import read_runtime

SETTINGS = """
[unit]
name = "rx-a"
data_dir = "data"

[lan]
interface = "lo"
peers = ["127.0.0.1"]
port = {port}

[[member]]
group = 7
designation = "main"
priority = 254
advertisement_interval = {interval_s}
device = "none"

[device.none]
driver = "none"
"""


class RealUnit:
    """`understudy run`."""

    def __init__(self, directory: Path, interval_s: float = 0.1) -> None:
        self.file, self.control = directory / "u.toml", directory / "data/run/control.sock"
        self.file.write_text(SETTINGS.format(port=20_000 + os.getpid() % 20_000, interval_s=interval_s))
        self.start()
        self.wait_for(role="master")

    def start(self) -> None:
        """And go on."""
        code = "import sys; from agent.cli import main; sys.exit(main())"
        with (self.file.parent / "stderr").open("ab") as stderr:
            command = [sys.executable, "-c", code, "run", str(self.file)]
            self.process = subprocess.Popen(command, stderr=stderr, env=environment(PYTHONPATH="."))

    def restart(self) -> None:
        """In order."""
        self.process.terminate()
        assert self.process.wait(15) == 0
        self.start()

    def ask(self, **request: Any) -> Json:
        with suppress(NotRunning, OSError, ValueError):
            return ask(self.control, request)
        return {}

    def member(self) -> Json:
        """As core says now; empty while somebody is away."""
        answer = self.ask(verb="status")
        members = [] if answer.get("stale", True) else answer["members"]
        return dict(members[0]) if members else {}

    def wait_for(self, **wanted: object) -> None:
        eventually(lambda: wanted.items() <= self.member().items(), 20)

    def kill(self, module: str) -> None:
        """SIGKILL to that process of this unit, and wait until another is there."""
        before = self._pids(module)
        assert len(before) == 1
        os.kill(before[0], signal.SIGKILL)
        eventually(lambda: len(self._pids(module)) == 1 and self._pids(module) != before)

    @contextmanager
    def stopped(self, module: str) -> Iterator[None]:
        """SIGSTOP; it goes on afterwards, if it is still there."""
        [pid] = self._pids(module)
        os.kill(pid, signal.SIGSTOP)
        yield
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def ask_soon(self, **request: Any) -> Callable[[], Json]:
        """Asked now; call for the answer."""
        answers: list[Json] = []
        thread = threading.Thread(target=lambda: answers.append(self.ask(**request)))
        thread.start()

        def answer() -> Json:
            thread.join(15)
            return answers[0]

        return answer

    def _pids(self, module: str) -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = entry.read_bytes().decode().split("\0")
                if module in words and str(self.file) in words:
                    found.append(int(entry.parent.name))
        return found


@contextmanager
def running(made: RealUnit) -> Iterator[RealUnit]:
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.terminate()
            made.process.wait(15)


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[RealUnit]:
    with running(RealUnit(tmp_path)) as made:
        yield made


@pytest.fixture
def slow_unit(tmp_path: Path) -> Iterator[RealUnit]:
    with running(RealUnit(tmp_path, interval_s=1.0)) as made:
        yield made


def test_settings_outlive_core_management_and_the_unit(unit: RealUnit) -> None:
    """Issue 4: settings changed at run time survive a restart. S-03, S-32, C-13."""
    values = {"priority": 200, "advertisement_interval_ms": 150, "maintenance": True, "locked": True}
    assert unit.ask(verb="set", table="member", index=[7], values=values, reason="test")["outcome"] == "done"
    wanted = {"priority": 200, "advertisement_interval_ms": 150}
    unit.wait_for(role="master", **wanted)
    for restarted in ("agent.core", "agent.management", ""):
        if restarted:
            unit.kill(restarted)
        else:
            unit.restart()
        unit.wait_for(**wanted)
        controls = unit.member()["controls"]
        assert (controls["maintenance"], controls["locked"]) == (True, True)
    assert unit.ask(verb="command", command="set_backup", group=7, forced=True)["outcome"] == "conflict"


def test_a_unit_that_was_switched_off_stays_off(unit: RealUnit) -> None:
    """D-12: OFF sends nothing, takes nothing; also when core starts anew."""
    assert unit.ask(verb="command", command="off", group=7, forced=True)["outcome"] == "done"
    unit.wait_for(role="off")
    unit.kill("agent.core")
    unit.wait_for(role="off")
    assert unit.ask(verb="command", command="on", group=7)["outcome"] == "done"
    unit.wait_for(role="master")
    unit.kill("agent.core")
    unit.wait_for(role="master")


def is_kept_aside(data: Path, name: str) -> bool:
    return [one.read_text() for one in data.glob(f"{name}.refused-*")] == ['{"format"']


def test_off_outlives_a_damaged_file_and_a_core_alone(unit: RealUnit) -> None:
    """D-12: core takes the copy; management keeps what is broken aside, and writes both anew."""
    data = unit.file.parent / "data"
    assert unit.ask(verb="command", command="off", group=7, forced=True)["outcome"] == "done"
    for name in (FILE, COPY):
        (data / name).write_text('{"format"')
        unit.kill("agent.core")
        unit.wait_for(role="off")
        eventually(partial(is_kept_aside, data, name))
        eventually(lambda: all("off" in read_runtime(data / one).of(7) for one in (FILE, COPY)))
    assert f"{data / FILE} is not used: it is broken" in (unit.file.parent / "stderr").read_text()


def test_a_core_that_finds_nothing_is_switched_off_before_it_is_in_control(slow_unit: RealUnit) -> None:
    """D-12: both files are gone; management knows. A core that starts listens for one T first, 1.2 s here: time enough."""
    unit, data = slow_unit, slow_unit.file.parent / "data"
    assert unit.ask(verb="command", command="off", group=7, forced=True)["outcome"] == "done"
    unit.wait_for(role="off")
    for name in (FILE, COPY):
        (data / name).unlink()
    since = unit.ask(verb="events")["events"][-1]["number"]
    unit.kill("agent.core")
    unit.wait_for(role="off")
    roles = [event["after"] for event in unit.ask(verb="events", since=since)["events"] if event["what"] == "transition"]
    assert roles[-1] == "off", "it never was in control"
    assert "master" not in roles
    eventually(lambda: "off" in read_runtime(data / FILE).of(7))


def test_what_core_did_while_nobody_heard_its_answer_is_known_and_stays(unit: RealUnit) -> None:
    """C-17, D-12, D-26: core is stopped when the order comes. Thawed in time it obeys; thawed too late it says that it did not.

    Neither is forgotten when core starts again."""
    with unit.stopped("agent.core"):
        answer = unit.ask_soon(verb="command", command="off", group=7, forced=True)
        time.sleep(1)
    assert answer()["outcome"] == "done"
    unit.kill("agent.core")
    unit.wait_for(role="off")
    with unit.stopped("agent.core"):
        started_s = time.monotonic()
        answer = unit.ask_soon(verb="command", command="on", group=7)
        said = answer()
        assert (said["outcome"], said["phase"]) == ("running", "running")
        assert "Its end is not known yet" in said["text"]
        assert time.monotonic() - started_s > 5
    eventually(lambda: unit.ask(verb="operations")["operations"][-1]["phase"] == "failed")
    assert "it was not carried out" in unit.ask(verb="operations")["operations"][-1]["text"]
    assert unit.ask(verb="audit")["audit"][-1]["outcome"] == "failed"
    unit.wait_for(role="off")
    unit.kill("agent.core")
    unit.wait_for(role="off")


def test_an_order_that_died_with_core_was_not_carried_out(unit: RealUnit) -> None:
    """C-17: told as soon as the next core is there."""
    with unit.stopped("agent.core"):
        answer = unit.ask_soon(verb="command", command="off", group=7, forced=True)
        eventually(lambda: unit.ask(verb="operations")["operations"])
        unit.kill("agent.core")
    said = answer()
    assert (said["outcome"], "Core has started anew before it answered" in said["text"]) == ("failed", True)
    unit.wait_for(role="master")
    assert "off" not in read_runtime(unit.file.parent / "data" / FILE).of(7)
