"""The command line against the real handover process of a unit that is alone."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fake_handover import run
from tests.management.fakes import eventually
from tests.settings.sample import SAMPLE

DOCUMENT = """
[identity]
network_name = "north"
[[carrier]]
id = "c1"
input = "udp://239.1.1.1:5000"
frequency_khz = 11234000
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings with [handover] without certificates, and the process that keeps the ledger."""
    directory = tmp_path_factory.mktemp("real")
    path = directory / "u.toml"
    path.write_text(f"{SAMPLE}\n[handover]\n")
    (directory / "data" / "run").mkdir(parents=True, mode=0o700)
    with path.open("rb") as text, (directory / "stderr").open("wb") as stderr:
        command = [sys.executable, "-m", "agent.handover", "--settings-path", str(path)]
        process = subprocess.Popen(command, stdin=text, stderr=stderr)
    try:
        eventually((directory / "data" / "run" / "config.sock").exists)
        yield path
    finally:
        process.kill()
        process.wait()


def test_a_configuration_from_the_first_edit_to_a_restore(file: Path) -> None:
    """Edit, refuse, add a file, compare, export, restore, import: nothing is ever overwritten."""
    tar, show = file.parent / "x.tar", file.parent / "show.bin"
    show.write_bytes(bytes(range(256)) * 10_000)
    assert "No revision yet" in run("config", "history", "-c", file).stdout
    ended = run("config", "edit", "7", "--from", "-", "--note", "first", "-c", file, stdin=DOCUMENT)
    assert ended.returncode == 0, ended.stderr
    assert tomllib.loads(run("config", "show", "7", "--toml", "-c", file).stdout) == tomllib.loads(DOCUMENT)
    wrong = DOCUMENT.replace("11234000", '"high"') + "\nodd = 1\n"
    ended = run("config", "edit", "7", "--from", "-", "-c", file, stdin=wrong)
    assert ended.returncode == 3
    assert "\n  carrier.c1.frequency_khz: " in ended.stderr
    assert "odd" in ended.stderr
    assert run("config", "edit", "7", "--file", f"show.bin={show}", "-c", file).returncode == 0
    assert "file:show.bin" in run("config", "diff", "7", "-c", file).stdout
    ended = run("config", "export", "7", tar, "-c", file)
    assert ended.returncode == 0, ended.stderr
    assert run("config", "restore", "7", "1", "-c", file).returncode == 0
    assert json.loads(run("config", "show", "7", "--json", "-c", file).stdout)["files"] == []
    assert run("config", "import", "7", tar, "--note", "back", "-c", file).returncode == 0
    revisions = json.loads(run("config", "history", "7", "--json", "-c", file).stdout)["revisions"]
    assert [(one["number"], one["kind"]) for one in revisions] == [(4, "import"), (3, "restore"), (2, "edit"), (1, "edit")]
    assert revisions[0]["digest"] == revisions[2]["digest"]
    assert revisions[1]["digest"] == revisions[3]["digest"]


def test_what_this_unit_alone_cannot_do_is_a_sentence(file: Path) -> None:
    """Z-20, Z-21, S-18"""
    for command, code in (
        (["pair", "7"], 3),
        (["pair", "10.1.1.1"], 3),
        (["unpair", "9"], 3),
        (["config", "show", "9"], 3),
        (["config", "show", "7", "--revision", "77"], 3),
        (["choose", "master", "--yes"], 3),
        (["coverage"], 3),
    ):
        ended = run(*command, "-c", file)
        assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
        assert len(ended.stderr) > 20
    assert "No master is heard" in run("discover", "-c", file).stdout
    assert run("config", "pending", "-c", file).stdout == "Nothing is pending.\n"
