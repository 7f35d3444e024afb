"""Completion: what is proposed comes from the grammar, the unit and the model; and real shells take it."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from agent.cli.parser import grammar
from agent.cli.proposals import proposals
from tests.cli.fake_control import managed
from tests.cli.test_grammar import commands
from tests.management.fakes import environment
from tests.settings.sample import SAMPLE


def proposed(*words: str, shell: str = "fish", **environ: str) -> list[str]:
    """The words, without their help."""
    command = [sys.executable, "-m", "agent", "__complete", shell, *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(**environ))
    assert ended.stderr == ""
    return [line.partition("\t")[0] for line in ended.stdout.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "u.toml"
    path.write_text(SAMPLE)
    return path


def test_every_command_and_every_option_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the grammar has them: nothing can be forgotten."""
    found = commands(monkeypatch)
    monkeypatch.undo()
    monkeypatch.setattr("agent.cli.proposals.grammar", cache(grammar))
    for words, parser in found.items():
        *before, last = words.split()
        assert last in [one.word for one in proposals(before, last[:2])]
        options = [option for action in parser._actions for option in action.option_strings]
        assert {option for option in options if option.startswith("--")} <= {one.word for one in proposals([*before, last], "--")}


def test_groups_come_from_the_running_agent_or_else_from_the_file(tmp_path: Path) -> None:
    with managed(tmp_path) as unit:
        member = unit.fake.answers["view"]["tables"]["member"][0]
        unit.fake.answers["view"]["tables"]["member"] = [member, member | {"group": 200}]
        assert proposed("lock", "-c", str(unit.file), "") == ["7", "200"]
        unit.fake.close()
        (unit.run_dir / "control.sock").unlink()
        assert proposed("lock", "", UNDERSTUDY_CONFIG=str(unit.file)) == ["7"]
        assert proposed("set", "-c", str(unit.file), "") == ["7", "unit"]


def test_settings_and_what_they_can_be() -> None:
    names = proposed("set", "7", "")
    assert {"priority=", "preempt=", "advertisement_interval_ms=", "locked=", ":nospace"} <= set(names)
    assert not {"command=", "role="} & set(names)
    assert proposed("set", "7", "pre") == ["preempt=", ":nospace"]
    assert "priority=" not in proposed("set", "7", "priority=3", "")
    assert proposed("set", "7", "standby_mode=") == ["standby_mode=automatic", "standby_mode=attended"]
    assert proposed("set", "7", "preempt=o") == ["preempt=on", "preempt=off"]
    assert "notifications_enabled=" in proposed("set", "unit", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("mainten",), ["maintenance"]),
        (("maintenance", "7", "o"), ["on", "off"]),
        (("config", "sh"), ["show"]),
        (("config", "show", "--part", ""), ["effective", "shared", "own"]),
        (("pki", "rotate", "--al"), ["--all-groups"]),
        (("check", ""), [":files"]),
        (("status", "-c", ""), [":files"]),
        (("completion", "f"), ["fish"]),
        (("fly", ""), []),
        (("status", "--json", "x"), []),
    ],
)
def test_what_comes_next(words: tuple[str, ...], expected: list[str]) -> None:
    assert proposed(*words) == expected


@pytest.mark.parametrize("words", [(), ("bash",), ("bash", ""), ("bash", "'"), ("zsh", "\x1b", "\udc80x")])
def test_nonsense_is_answered_with_nothing(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "agent", "__complete", *words]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def bash(line: str, file: Path) -> list[str]:
    """COMPREPLY of a real bash, as readline would call the function."""
    script = f"""
    understudy() {{ {sys.executable} -m agent "$@"; }}
    source <(understudy completion bash)
    COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=(understudy); COMP_CWORD=0
    _understudy
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    env = environment(UNDERSTUDY_CONFIG=str(file))
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=env).stdout.split()


def test_a_real_bash(file: Path) -> None:
    assert bash("understudy lo", file) == ["lock"]
    assert bash("understudy lock ", file) == ["7"]
    assert bash("understudy set 7 standby_mode=at", file) == ["attended"]  # bash puts in what comes after the last `=`


def test_tab_in_a_real_bash(file: Path, tmp_path: Path) -> None:
    """Typed at a terminal: a word is finished, a name waits for its value, a value is finished."""
    (tmp_path / "understudy").write_text(f'#!/bin/sh\nexec {sys.executable} -m agent "$@"\n')
    (tmp_path / "understudy").chmod(0o755)
    (tmp_path / "rc").write_text("PS1='ready> '\nbind 'set bell-style none'\nsource <(understudy completion bash)\n")
    env = environment(
        PATH=f"{tmp_path}:{os.environ['PATH']}", UNDERSTUDY_CONFIG=str(file), TERM="dumb", PYTHONPATH=str(Path.cwd())
    )
    leader, follower = pty.openpty()
    command = ["setsid", "--ctty", "bash", "--rcfile", str(tmp_path / "rc"), "-i"]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=env)
    os.close(follower)
    try:
        _until(leader, "ready> ")
        os.write(leader, b"understudy mainte\t")
        _until(leader, "maintenance ")
        os.write(leader, b"7 o\x15understudy set 7 standb\t")
        _until(leader, "standby_mode=")
        os.write(leader, b"at\t")
        _until(leader, "attended ")
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def _until(leader: int, text: str, limit_s: float = 30) -> None:
    shown, until_s = "", time.monotonic() + limit_s
    while text not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown):
        assert time.monotonic() < until_s, (text, shown)
        if select.select([leader], [], [], 0.1)[0]:
            shown += os.read(leader, 4096).decode(errors="replace")


def test_the_scripts_are_read_without_complaint() -> None:
    """By those shells that are here; bash is everywhere."""
    for shell in ("bash", "zsh", "fish"):
        if shutil.which(shell):
            command = [sys.executable, "-m", "agent", "completion", shell]
            script = subprocess.run(command, capture_output=True, check=True).stdout
            ended = subprocess.run([shell, "-n"], input=script, capture_output=True, check=False)
            assert (ended.returncode, ended.stderr) == (0, b""), shell
    assert shutil.which("bash")
