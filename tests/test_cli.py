"""What a person types: real commands against a real management process (and a fake core), and one real unit."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent import __version__
from agent.settings import keygen
from agent.settings.check_machine import may_use_real_time
from agent.settings.keyfile import load_key_list
from tests.management.fakes import Unit, environment, eventually, is_alive, running_unit
from tests.settings.sample import SAMPLE

needs_real_time = pytest.mark.skipif(not may_use_real_time(), reason="without permission for SCHED_FIFO every check warns")


def understudy(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command, ended."""
    command = [sys.executable, "-m", "agent", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=15, check=False, env=environment(**environ))


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    """Management and a fake core, for all tests here."""
    with running_unit(tmp_path_factory.mktemp("unit")) as running:
        yield running


def write(directory: Path, *edits: tuple[str, str], with_key: bool = True) -> Path:
    """The sample as a file, spoilt in these places."""
    path, text = directory / "u.toml", SAMPLE
    for old, new in edits:
        text = text.replace(old, new)
    path.write_text(text)
    if with_key:
        keygen.create(directory / "lan.key")
    return path


def test_version_and_help() -> None:
    assert understudy("--version").stdout == f"understudy {__version__}\n"
    helped = understudy("--help").stdout
    assert all(f"\n  {code}  " in helped for code in range(7))


@pytest.mark.parametrize(
    "arguments", [[], ["set-master"], ["set-master", "x"], ["set-master", "256"], ["fly"], ["status", "--fly"]]
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    ended = understudy(*arguments)
    assert ended.returncode == 2
    assert ended.stderr
    assert "Traceback" not in ended.stderr


@needs_real_time
def test_check_of_a_good_file_exits_0(tmp_path: Path) -> None:
    ended = understudy("check", write(tmp_path))
    assert ended.returncode == 0
    assert "takes over 1.2 s after the last advert heard" in ended.stdout


def test_check_warns_with_1_and_the_line(tmp_path: Path) -> None:
    """F-2"""
    path = write(tmp_path, ("priority = 254", "priority = 246"))
    ended = understudy("check", path)
    assert ended.returncode == 1
    assert f"{path}:15: warning: group 7: the timer runs out after 2 s" in ended.stdout


def test_check_of_a_wrong_file_exits_2_and_tells_everything_as_json_too(tmp_path: Path) -> None:
    """C-04, S-03"""
    path = write(tmp_path, ("priority = 254", "priority = 0"), ("group = 7", "group = 256"))
    assert understudy("check", path).returncode == 2
    ended = understudy("check", path, "--json")
    assert ended.returncode == 2
    assert [(found["line"], found["severity"]) for found in json.loads(ended.stdout)["findings"]] == [
        (12, "error"),
        (15, "error"),
    ]


def test_the_settings_file_comes_from_the_environment(tmp_path: Path) -> None:
    path = write(tmp_path, ("[unit]", "[units]"))
    assert str(path) in understudy("check", UNDERSTUDY_CONFIG=str(path)).stdout


def test_run_refuses_wrong_settings_with_2(tmp_path: Path) -> None:
    """Also what only check sees: a key file that others may write."""
    path = write(tmp_path)
    (tmp_path / "lan.key").chmod(0o666)
    ended = understudy("run", path)
    assert ended.returncode == 2
    assert "chmod 600" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_run_says_which_data_dir_cannot_be_made(tmp_path: Path) -> None:
    ended = understudy("run", write(tmp_path, ('"data"', '"/proc/understudy"')))
    assert ended.returncode == 2
    assert "data_dir /proc/understudy cannot be used" in ended.stderr


def test_status_as_lines_and_as_json(unit: Unit) -> None:
    """C-01, D-22: designation and role"""
    lines = understudy("status", "-c", unit.file).stdout.splitlines()
    assert lines[0].startswith("unit rx-a")
    assert lines[1].split() == ["group", "designation", "role", "priority", "fenced", "T", "lease", "master"]
    assert lines[2].split() == ["7", "main", "backup", "254", "yes", "1.2", "s", "-", "rx-b"]
    assert "group 7: master rx-b, priority 253, heard 0.012 s ago" in lines
    assert "group 7: packets rejected: bad_mac 1, ttl 2" in lines
    ended = understudy("status", "--json", "-c", unit.file)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["members"][0]["packets"]["rejected"] == {"ttl": 2, "bad_mac": 1}


def test_status_on_a_terminal_is_a_table(unit: Unit) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "agent", "status", "-c", str(unit.file)]
    subprocess.run(command, stdout=follower, check=True, timeout=10, env=environment(COLUMNS="200", TERM="xterm"))
    os.close(follower)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", os.read(leader, 65536).decode())
    os.close(leader)
    assert re.search(r"┃ group ┃ designation ┃ role +┃", shown)
    assert re.search(r"│ 7 +│ main +│ backup │ 254 +│ yes", shown)
    assert "group 7: peers: none heard" in shown


def test_a_name_from_the_lan_cannot_steer_the_terminal(unit: Unit) -> None:
    unit.core.member["master"]["name"] = "\x1b[2Jrx"
    try:
        assert "?[2Jrx" in understudy("status", "-c", unit.file).stdout
    finally:
        unit.core.member["master"]["name"] = "rx-b"


@pytest.mark.parametrize(("outcome", "code"), [("done", 0), ("refused", 3), ("busy", 4), ("failed", 5)])
def test_a_command_exits_by_its_outcome_and_says_why(unit: Unit, outcome: str, code: int) -> None:
    """S-25, C-17"""
    unit.core.outcome = outcome
    ended = understudy("set-backup", "7", "--force", "--override", "-c", unit.file)
    assert ended.returncode == code
    assert (ended.stdout if code == 0 else ended.stderr) == f"{outcome}: as the test wants\n"
    command = unit.core.commands[-1]
    assert (command["verb"], command["forced"], command["override"]) == ("set-backup", True, True)
    ended = understudy("set-master", "7", "--json", "-c", unit.file)
    assert ended.returncode == code
    assert json.loads(ended.stdout)["outcome"] == outcome


def test_override_is_for_set_backup(unit: Unit) -> None:
    """C-03: only who is at priority 255 can give it up; asking another unit with --override would change nothing."""
    ended = understudy("set-master", "7", "--override", "-c", unit.file)
    assert ended.returncode == 2
    assert "--override" in ended.stderr


def test_the_journal_as_lines_and_as_json(unit: Unit) -> None:
    entry = {"what": "transition", "group": 7, "before": "init", "after": "backup", "text": "ready", "at_ns": time.monotonic_ns()}
    for _ in range(3):
        unit.core.say({"journal": entry})
    eventually(lambda: len(unit.ask(verb="journal")["journal"]) == 3)
    ended = understudy("journal", "--limit", "2", "-c", unit.file)
    assert ended.returncode == 0
    assert re.fullmatch(r"(20\S+Z  group 7  init → backup: ready\n){2}", ended.stdout)
    ended = understudy("journal", "--json", "-c", unit.file)
    assert [one["after"] for one in json.loads(ended.stdout)["journal"]] == ["backup"] * 3
    assert understudy("journal", "--limit", "1001", "-c", unit.file).returncode == 2


def test_a_group_without_a_seat_is_refused_with_those_that_have_one(unit: Unit) -> None:
    """C-17"""
    ended = understudy("set-master", "9", "-c", unit.file)
    assert ended.returncode == 3
    assert "It has: 7" in ended.stderr


def test_reload_keys(unit: Unit) -> None:
    keygen.create(unit.file.parent / "lan.key")
    ended = understudy("reload-keys", "-c", unit.file)
    assert ended.returncode == 0
    assert ended.stdout.startswith("done: 1 key(s) accepted")


def test_status_that_is_not_of_now_exits_5_and_says_so(unit: Unit) -> None:
    """C-18"""
    unit.core.is_mute = True
    try:
        ended = understudy("status", "-c", unit.file)
    finally:
        unit.core.is_mute = False
    assert ended.returncode == 5
    assert "does not answer" in ended.stderr
    assert ended.stdout.startswith("unit rx-a, NOT OF NOW")
    assert "main" in ended.stdout


@pytest.mark.parametrize("command", [["status"], ["journal"], ["set-master", "7"], ["reload-keys"]])
def test_no_agent_running_exits_6(tmp_path: Path, command: list[str]) -> None:
    ended = understudy(*command, "-c", write(tmp_path))
    assert ended.returncode == 6
    assert "understudy run" in ended.stderr


def test_keygen_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "lan.key"
    for arguments, phrase in (
        ([], "stop all backups, restart the master, then start the backups"),
        (["--add"], "--promote"),
        (["--promote"], "--remove-old"),
    ):
        ended = understudy("keygen", *arguments, path)
        assert ended.returncode == 0
        assert phrase in ended.stdout
        assert all(key.secret.hex() not in ended.stdout for key in load_key_list(path))
    ended = understudy("keygen", path)
    assert ended.returncode == 3
    assert "no key is ever overwritten" in ended.stderr
    assert understudy("keygen", "--remove-old", path).returncode == 0
    assert understudy("keygen", "--remove-old", path).returncode == 2
    assert understudy("keygen", tmp_path / "no" / "lan.key").returncode == 5


@pytest.mark.parametrize("arguments", [["--add"], []])
def test_keygen_that_may_not_write_leaves_everything_as_it_was(tmp_path: Path, arguments: list[str]) -> None:
    """A full disk, for every user: a file size limit of 50 bytes."""
    path = tmp_path / "lan.key"
    if arguments:
        keygen.create(path)
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    limit = f"import resource; resource.setrlimit({resource.RLIMIT_FSIZE}, (50, 50))"
    code = f"{limit}; import sys; from agent.cli import main; sys.exit(main())"
    command = [sys.executable, "-B", "-c", code, "keygen", *arguments, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 5
    assert "Nothing was changed" in ended.stderr
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_each_command_imports_only_what_it_needs(unit: Unit) -> None:
    """Each starts in under 0.15 s; asyncio and rich alone would take longer."""
    for arguments in (["check", str(unit.file)], ["status", "-c", str(unit.file)], ["--version"]):
        command = [sys.executable, "-X", "importtime", "-m", "agent", *arguments]
        imported = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        assert "agent.cli" in imported
        assert not any(f"| {'  ' * depth}{name}\n" in imported for name in ("asyncio", "rich", "scapy") for depth in range(9))


def test_diagram_draws_the_table_that_runs() -> None:
    assert "master" in understudy("diagram").stdout
    assert understudy("diagram", "--dot").stdout.startswith("digraph")


def test_a_pipe_that_closes_early_is_no_error(unit: Unit) -> None:
    command = f"{sys.executable} -m agent status --json -c {unit.file} | true"
    ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert ended.stderr == ""


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """With bash, `understudy` in it being this one."""
    line = line.replace("understudy", f"{sys.executable} -m agent")
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=15, check=False)


@pytest.mark.parametrize("command", ["diagram", "keygen {directory}/new.key", "status -c {file}"])
def test_an_output_that_is_full_is_a_sentence(unit: Unit, tmp_path: Path, command: str) -> None:
    """/dev/full is a full disk."""
    ended = shell(f"understudy {command.format(file=unit.file, directory=tmp_path)} >/dev/full")
    assert ended.returncode == 5
    assert ended.stderr.startswith("understudy: the output cannot be written: No space left on device.")
    assert len(ended.stderr.splitlines()) == 1


def test_a_closed_output_is_a_sentence_and_nothing_is_done(tmp_path: Path) -> None:
    for command in ("diagram", f"keygen {tmp_path}/lan.key", "--version"):
        ended = shell(f"understudy {command} >&-")
        assert ended.returncode == 5
        assert ended.stderr.startswith("understudy: standard output is closed. Nothing was done")
    assert not (tmp_path / "lan.key").exists()


def test_a_closed_standard_error_changes_nothing(tmp_path: Path) -> None:
    """A print to it would else go to standard output."""
    ended = shell(f"understudy status -c {write(tmp_path)} 2>&-")
    assert (ended.returncode, ended.stdout) == (6, "")
    assert shell("understudy diagram <&- 2>&-").returncode == 0


def test_run_needs_neither_stream(tmp_path: Path) -> None:
    """And warns on a full disk without ending by it: it goes as far as the data directory, which cannot be made."""
    path = write(tmp_path, ('"data"', '"/proc/understudy"'), ("priority = 254", "priority = 246"))
    assert shell(f"understudy run {path} >&- 2>/dev/full").returncode == 2
    assert "data_dir /proc/understudy" in shell(f"understudy run {path} <&- >&-").stderr


@pytest.mark.parametrize("command", ["check {}", "run {}", "status -c {}", "check < /dev/null {}"])
def test_a_fifo_for_a_settings_file_is_refused_and_not_waited_for(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "u.toml")
    ended = shell(f"understudy {command.format(tmp_path / 'u.toml')}")
    assert ended.returncode == 2
    assert "not a regular file" in ended.stdout + ended.stderr


def test_a_fifo_for_a_key_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path, with_key=False)
    os.mkfifo(tmp_path / "lan.key")
    for command in ("check", "run"):
        ended = understudy(command, path)
        assert ended.returncode == 2
        assert "not a regular file" in ended.stdout + ended.stderr


def test_a_real_unit_runs_answers_and_stops(tmp_path: Path) -> None:
    """S-04's simplest case: alone on its LAN it becomes master after T; SIGTERM ends all its processes with exit code 0.

    Wherever it was started: a json.py that lies there is not read.
    """
    (tmp_path / "json.py").write_text("raise SystemExit('from the current directory')")
    path = write(tmp_path, ("= 1.0", "= 0.1"), ("7420", "27420"), ("udp://239.2.2.2:5000", "udp://127.0.0.1:25001"))
    with (tmp_path / "stderr").open("wb") as stderr:
        command = [sys.executable, "-P", "-m", "agent", "run", str(path)]
        process = subprocess.Popen(command, stderr=stderr, start_new_session=True, cwd=tmp_path)
    try:
        eventually(lambda: _role(path) == "master", limit_s=10)
        pids = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        assert len(pids) == 4  # core, device, recorder, management
        process.terminate()
        assert process.wait(8) == 0, (tmp_path / "stderr").read_text()
        assert not any(is_alive(pid) for pid in pids)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _role(path: Path) -> object:
    ended = understudy("status", "--json", "-c", path)
    if ended.returncode:
        time.sleep(0.05)
        return None
    return json.loads(ended.stdout)["members"][0]["role"]
