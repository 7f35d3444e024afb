"""The supervisor, real, over real processes: it starts, restarts and stops them, and holds the lock."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.management.child import FIRST_DELAY_S, LONGEST_DELAY_S, Child
from agent.management.supervisor import children_of
from tests.management.fakes import environment, eventually, is_alive, pss_kb
from tests.settings.sample import SAMPLE, parse

GOOD = ("core=good", "device rx=good", "management=good")


class Supervised:
    """A running supervisor in a process group of its own."""

    def __init__(self, directory: Path, *kinds: str, **environ: str) -> None:
        directory.mkdir(exist_ok=True)
        self.file, self.data_dir = directory / "u.toml", directory / "data"
        self.file.write_text(SAMPLE)
        self.errors = directory / "stderr"
        command = [sys.executable, "-m", "tests.management.supervised", str(self.file), *kinds]
        with self.errors.open("ab") as stderr:
            self.process = subprocess.Popen(command, stderr=stderr, env=environment(**environ), start_new_session=True)

    def lines(self) -> list[str]:
        """What the children noted."""
        with suppress(FileNotFoundError):
            return (self.data_dir / "events").read_text().replace("device rx", "device-rx").splitlines()
        return []

    def starts(self, name: str) -> list[int]:
        """The pids that the child has had."""
        return [int(words[2]) for words in map(str.split, self.lines()) if words[:2] == [name, "start"]]

    def order(self) -> list[str]:
        """`core stop`, `core deaf`, … in the order in which they came."""
        return [line for line in self.lines() if " start " not in line]

    def wait_until_up(self) -> None:
        eventually(lambda: all(self.starts(name) for name in ("core", "device-rx", "management")))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(8)


@pytest.fixture
def groups() -> Iterator[list[Supervised]]:
    """Whatever a test starts is ended with it, children included."""
    started: list[Supervised] = []
    yield started
    for supervised in started:
        with suppress(ProcessLookupError):
            os.killpg(supervised.process.pid, signal.SIGKILL)
        supervised.process.wait()


def start(groups: list[Supervised], directory: Path, *kinds: str, **environ: str) -> Supervised:
    supervised = Supervised(directory, *(kinds or GOOD), **environ)
    groups.append(supervised)
    return supervised


def test_what_is_started_is_core_each_device_and_management() -> None:
    children = children_of(parse())
    assert [child.name for child in children] == ["core", "device rx", "recorder", "management"]
    assert children[1].command == [
        sys.executable,
        "-P",
        "-m",
        "agent.devices",
        "rx",
        "--settings-path",
        "/etc/understudy/understudy.toml",
    ]


def test_each_child_gets_the_settings_and_the_lock_in_one_process_group(tmp_path: Path, groups: list[Supervised]) -> None:
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    starts = [line.split() for line in unit.lines() if " start " in line]
    assert {tuple(words[3:]) for words in starts} == {(str(unit.process.pid), str(len(SAMPLE)), "1")}
    assert (unit.data_dir / "run").stat().st_mode & 0o777 == 0o700
    assert pss_kb(unit.process.pid) < 20_000


@pytest.mark.parametrize("name", ["core", "device-rx", "management"])
def test_a_killed_child_is_started_again_and_the_others_stay(tmp_path: Path, groups: list[Supervised], name: str) -> None:
    """docs/architecture.md: any of them may die alone."""
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    killed_s = time.monotonic()
    os.kill(unit.starts(name)[0], signal.SIGKILL)
    eventually(lambda: len(unit.starts(name)) == 2)
    assert time.monotonic() - killed_s < 3
    assert sum(len(unit.starts(other)) for other in ("core", "device-rx", "management")) == 4
    (line,) = unit.errors.read_text().splitlines()
    shown = name.replace("-", " ")
    assert line == f"understudy: {shown} (pid {unit.starts(name)[0]}) was killed by SIGKILL; restarting it in 0.05 s"


def test_a_child_that_keeps_dying_is_told_three_times_and_slows_down(tmp_path: Path, groups: list[Supervised]) -> None:
    unit = start(groups, tmp_path, "core=good", "device rx=good", "management=dies")
    eventually(lambda: len(unit.starts("management")) >= 5)
    lines = unit.errors.read_text().splitlines()
    assert len(lines) == 3
    assert "exited with code 3" in lines[0]
    assert "it keeps dying" in lines[2]
    assert len(unit.starts("core")) == 1
    assert unit.stop() == 0


def test_sigterm_stops_core_first_and_alone(tmp_path: Path, groups: list[Supervised]) -> None:
    """S-07's order needs it: core mutes and hands over while its device worker still lives."""
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    assert unit.stop() == 0
    assert unit.order()[0] == "core stop"
    assert sorted(unit.order()[1:]) == ["device-rx stop", "management stop"]
    assert unit.errors.read_text() == ""


def test_ctrl_c_in_the_terminal_is_the_same_orderly_stop(tmp_path: Path, groups: list[Supervised]) -> None:
    """It reaches the whole process group; the children leave it to the supervisor."""
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    os.killpg(unit.process.pid, signal.SIGINT)
    assert unit.process.wait(5) == 0
    assert unit.order()[0] == "core stop"
    assert len(unit.order()) == 3


def test_a_core_that_does_not_stop_is_killed_after_its_time(tmp_path: Path, groups: list[Supervised]) -> None:
    unit = start(groups, tmp_path, "core=deaf", *GOOD[1:])
    unit.wait_until_up()
    started_s = time.monotonic()
    assert unit.stop() == 0
    assert 0.4 < time.monotonic() - started_s < 4
    assert "did not stop within 0.5 s; killed" in unit.errors.read_text()
    assert not is_alive(unit.starts("core")[0])


def test_a_second_signal_kills(tmp_path: Path, groups: list[Supervised]) -> None:
    unit = start(groups, tmp_path, "core=deaf", *GOOD[1:], TEST_CORE_STOP_S="5")
    unit.wait_until_up()
    unit.process.send_signal(signal.SIGTERM)
    eventually(lambda: unit.order() == ["core deaf"])
    time.sleep(1.1)
    assert unit.stop(signal.SIGINT) == 5
    eventually(lambda: not any(is_alive(unit.starts(name)[0]) for name in ("core", "device-rx", "management")))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_that_comes_at_once_is_the_same_order(tmp_path: Path, groups: list[Supervised], number: int) -> None:
    """timeout(1) signals the process and then its group: an orderly stop must not become a kill by that."""
    unit = start(groups, tmp_path, "core=deaf", *GOOD[1:])
    unit.wait_until_up()
    unit.process.send_signal(signal.SIGTERM)
    eventually(lambda: unit.order() == ["core deaf"])
    assert unit.stop(number) == 0
    assert sorted(unit.order()[1:]) == ["device-rx stop", "management stop"]


@pytest.mark.parametrize("attempt", range(3))
def test_whoever_ends_by_the_same_signal_is_not_restarted(tmp_path: Path, groups: list[Supervised], attempt: int) -> None:
    """SIGTERM to the whole group: core may be gone before the supervisor has looked."""
    unit = start(groups, tmp_path / str(attempt), *GOOD)
    unit.wait_until_up()
    os.killpg(unit.process.pid, signal.SIGTERM)
    assert unit.process.wait(5) == 0
    assert unit.errors.read_text() == ""
    assert len(unit.starts("core")) == 1


def test_a_terminal_that_closes_ends_no_child_and_the_keys_are_read_again(tmp_path: Path, groups: list[Supervised]) -> None:
    """SIGHUP reaches the whole process group: a master must not fall silent by that."""
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    os.killpg(unit.process.pid, signal.SIGHUP)
    eventually(lambda: "the keys were not read again" in unit.errors.read_text())  # no management answers in this test
    time.sleep(0.2)
    assert sum(len(unit.starts(name)) for name in ("core", "device-rx", "management")) == 3
    assert len(unit.errors.read_text().splitlines()) == 1
    assert unit.stop() == 0


def test_a_directory_in_place_of_a_socket_is_a_sentence(tmp_path: Path, groups: list[Supervised]) -> None:
    (tmp_path / "data/run/core.sock").mkdir(parents=True)
    unit = start(groups, tmp_path)
    assert unit.process.wait(5) == 5
    (line,) = unit.errors.read_text().splitlines()
    assert line.startswith(f"understudy: {tmp_path}/data/run/core.sock is in the way: Is a directory.")


def test_the_current_directory_holds_no_modules_of_ours(tmp_path: Path) -> None:
    """What somebody has left in /tmp must not run as the agent."""
    (tmp_path / "json.py").write_text("raise SystemExit('from the current directory')")
    for child in children_of(parse()):
        ended = subprocess.run(child.command, cwd=tmp_path, input="[unit", capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert "this is not TOML" in ended.stderr
    hurt = subprocess.run([sys.executable, "-m", "agent.core"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "from the current directory" in hurt.stderr  # else this test would prove nothing


def test_sigchld_ignored_by_the_parent_hides_no_death(tmp_path: Path, groups: list[Supervised]) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        unit = start(groups, tmp_path)
    finally:
        signal.signal(signal.SIGCHLD, before)
    unit.wait_until_up()
    os.kill(unit.starts("management")[0], signal.SIGKILL)
    eventually(lambda: len(unit.starts("management")) == 2)


def test_systemd_is_told_ready_and_stopping(tmp_path: Path, groups: list[Supervised]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        unit = start(groups, tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert systemd.recv(100) == b"READY=1"
        unit.wait_until_up()
        unit.stop()
        assert systemd.recv(100) == b"STOPPING=1"


def test_sighup_asks_management_to_read_the_keys_again(tmp_path: Path, groups: list[Supervised]) -> None:
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(unit.data_dir / "run/control.sock"))
        control.listen()
        control.settimeout(5)
        unit.process.send_signal(signal.SIGHUP)
        client, _ = control.accept()
        assert client.recv(100) == b'{"verb": "reload-keys"}\n'
        client.close()
    (unit.data_dir / "run/control.sock").unlink()
    unit.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the keys were not read again" in unit.errors.read_text())
    assert unit.stop() == 0


def run_again(unit: Supervised) -> subprocess.CompletedProcess[str]:
    """`understudy run` on the same data directory."""
    (unit.file.parent / "lan.key").write_text("00" * 32)
    (unit.file.parent / "lan.key").chmod(0o600)
    command = [sys.executable, "-m", "agent", "run", str(unit.file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)


def test_a_second_run_is_refused_and_names_the_first(tmp_path: Path, groups: list[Supervised]) -> None:
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    ended = run_again(unit)
    assert ended.returncode == 3
    assert f"in use by the agent of unit 'rx-a', pid {unit.process.pid}" in ended.stderr
    assert f"kill {unit.process.pid}" in ended.stderr


def test_leftovers_of_a_dead_supervisor_go_on_and_are_named(tmp_path: Path, groups: list[Supervised]) -> None:
    """docs/architecture.md: the others go on; a new run is refused and names who holds the lock."""
    unit = start(groups, tmp_path)
    unit.wait_until_up()
    unit.process.kill()
    unit.process.wait()
    pids = sorted(unit.starts(name)[0] for name in ("core", "device-rx", "management"))
    assert all(is_alive(pid) for pid in pids)
    ended = run_again(unit)
    assert ended.returncode == 3
    assert f"(pid {unit.process.pid}) is gone, but its processes {' '.join(map(str, pids))} go on" in ended.stderr
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_delays_double_to_2_s_and_start_over_after_10_s_of_life() -> None:
    child = Child("core", ["/nowhere"])
    now_s, delays, said = 100.0, [], []
    for _ in range(8):
        child._started_at_s = now_s
        said.append(child.died(0, now_s + 0.01))
        delays.append(round(child.start_at_s - now_s - 0.01, 3))
        now_s = child.start_at_s
    assert delays == [FIRST_DELAY_S, 0.1, 0.2, 0.4, 0.8, 1.6, LONGEST_DELAY_S, LONGEST_DELAY_S]
    assert [text is not None for text in said] == [True] * 3 + [False] * 5
    child.pid, child._started_at_s = 1, now_s
    assert child.settled(now_s + 9.9) is None
    assert child.settled(now_s + 10) == "core is stable again: up for 10 s"
    assert child.settled(now_s + 11) is None
    assert child.died(9, now_s + 12) == "core (pid 1) was killed by SIGKILL; restarting it in 0.05 s"
