"""`understudy config show|history|diff`: a real command against a fake handover process."""

import json
import time
import tomllib
from argparse import Namespace

import pytest

from agent.cli import config_socket, exits
from agent.cli.stop import Stop
from tests.cli.fake_handover import DOCUMENT, GROUP, HEAD_ID, OLD_ID, STATUS, Cli, done, revision


def test_show_is_toml_with_what_is_worth_knowing_above(cli: Cli) -> None:
    """S-30, Z-25: which revision, when, by whom, where; and the files beside the document."""
    answer = cli.fake.answers["show"]
    assert isinstance(answer, dict)
    answer |= {"files": [{"name": "show.bin", "size_bytes": 123, "digest": "ab"}], "missing": ["port.lan1.address"]}
    ended = cli("config", "show", "7")
    assert ended.returncode == 0, ended.stderr
    assert (
        "# Group 7, revision 12 (abababab), saved 2026-01-02T03:04:05.678Z by ann (cli) on rx-a. Part: effective." in ended.stdout
    )
    assert "# File show.bin: 123 bytes" in ended.stdout
    assert "port.lan1.address" in ended.stdout.splitlines()[2]
    assert tomllib.loads(ended.stdout) == DOCUMENT
    assert cli.fake.last("show") == {"verb": "show", "group": 7, "revision": None, "part": "effective"}


def test_show_of_another_revision_and_part(cli: Cli) -> None:
    ended = cli("config", "show", "7", "--revision", "3", "--part", "shared", "--toml")
    assert "Group 7" not in ended.stdout
    assert tomllib.loads(ended.stdout) == DOCUMENT
    assert cli.fake.last("show") == {"verb": "show", "group": 7, "revision": "3", "part": "shared"}


def test_the_group_may_be_left_out_when_there_is_one(cli: Cli) -> None:
    assert cli("config", "show", "--json").returncode == 0
    assert cli.fake.last("show")["group"] == 7
    cli.fake.answers["status"] = done(**STATUS | {"groups": [GROUP, GROUP | {"group": 8}]})
    ended = cli("config", "show")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Say which GROUP is meant. This unit has 7, 8." in ended.stderr


@pytest.mark.parametrize("command", [["show"], ["history"], ["diff", "7"], ["pending"]])
def test_json_is_the_answer_itself(cli: Cli, command: list[str]) -> None:
    cli.fake.answers |= {"history": done(revisions=[revision()]), "diff": done(differences=[]), "pending": done(decisions=[])}
    ended = cli("config", *command, "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["outcome"] == "done"


@pytest.mark.parametrize(("outcome", "code"), [("refused", 3), ("busy", 4), ("failed", 5), ("odd", 5)])
def test_what_is_not_done_goes_to_standard_error_with_its_exit_code(cli: Cli, outcome: str, code: int) -> None:
    cli.fake.answers["history"] = {"outcome": outcome, "text": "Group 9 is not here. It has: 7"}
    ended = cli("config", "history", "9")
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr == f"{outcome}: Group 9 is not here. It has: 7\n"


def test_history_is_a_line_a_revision(cli: Cli) -> None:
    """Z-25: revision, author, time."""
    old = revision(11, OLD_ID, held=False, kind="first", note="")
    cli.fake.answers["history"] = done(revisions=[revision(), old])
    lines = cli("config", "history", "7", "--limit", "2").stdout.splitlines()
    assert lines[0].split() == ["revision", "id", "saved", "(UTC)", "author", "unit", "kind", "note"]
    assert " ".join(lines[1].split()) == "12 abababab 2026-01-02T03:04:05.678Z ann (cli) rx-a edit in force lower symbol rate"
    assert lines[2].endswith("content not kept")
    assert cli.fake.last("history") == {"verb": "history", "group": 7, "limit": 2}


def test_history_of_nothing_says_how_it_begins(cli: Cli) -> None:
    cli.fake.answers["history"] = done(revisions=[])
    assert "config import" in cli("config", "history", "7").stdout
    assert cli("config", "history", "7", "--limit", "1001").returncode == 2
    assert cli("config", "history", "256").returncode == 2


def test_diff_compares_with_the_one_before_unless_said_otherwise(cli: Cli) -> None:
    rows = [{"path": "carrier.c1.fec", "before": None, "after": "3/4"}, {"path": "ncc.x", "before": [1, 2], "after": True}]
    cli.fake.answers["diff"] = done(differences=rows)
    lines = cli("config", "diff", "7").stdout.splitlines()
    assert cli.fake.last("diff") == {"verb": "diff", "group": 7, "from": OLD_ID, "to": HEAD_ID}
    assert [line.split() for line in lines[1:]] == [["carrier.c1.fec", "-", "3/4"], ["ncc.x", "[1,", "2]", "true"]]
    cli("config", "diff", "7", "3")
    assert cli.fake.last("diff")["from"] == "3"
    assert cli.fake.last("diff")["to"] == HEAD_ID
    cli("config", "diff", "7", "3", "5")
    assert (cli.fake.last("diff")["from"], cli.fake.last("diff")["to"]) == ("3", "5")


@pytest.mark.parametrize(("head", "said"), [(None, "no revision in force"), (revision(1), "is its first")])
def test_diff_with_nothing_to_compare_is_a_sentence(cli: Cli, head: object, said: str) -> None:
    cli.fake.answers["status"] = done(**STATUS | {"groups": [GROUP | {"head": head}]})
    ended = cli("config", "diff", "7")
    assert ended.returncode == 3
    assert said in ended.stderr


def test_nothing_in_an_answer_steers_the_terminal(cli: Cli) -> None:
    """Names, notes and paths come from other units."""
    evil = "\x1b[2J\x07x\ny"
    cli.fake.answers["history"] = done(revisions=[revision(note=evil, author=evil, unit=evil, kind=evil)])
    cli.fake.answers["diff"] = done(differences=[{"path": evil, "before": evil, "after": {evil: evil}}])
    cli.fake.answers["show"] = done(revision=revision(author=evil), document={"ncc": {evil: evil}}, files=[{"name": evil}])
    for command in (["history", "7"], ["diff", "7"], ["show", "7"], ["show", "7", "--json"], ["history", "7", "--json"]):
        ended = cli("config", *command)
        assert ended.returncode == 0, ended.stderr
        assert "\x1b" not in ended.stdout
        assert "\x07" not in ended.stdout
    assert len(cli("config", "history", "7").stdout.splitlines()) == 2
    cli.fake.answers["history"] = {"outcome": evil, "text": evil}
    assert "\x1b" not in cli("config", "history", "7").stderr


def test_reading_from_a_frozen_process_ends_after_10_s(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP: it is connected, and says nothing. (Here 0.2 s.)"""
    assert config_socket.READING_LIMIT_S == 10
    monkeypatch.setattr(config_socket, "READING_LIMIT_S", 0.2)
    cli.fake.freeze()
    start = time.monotonic()
    for verb in ("show", "history", "diff", "status", "pending", "discover"):
        with pytest.raises(Stop, match=r"did not answer for 0.2 s. Nothing was changed.") as ended:
            config_socket.ask(Namespace(file=cli.file), {"verb": verb})
        assert ended.value.code == exits.FAILED
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("said", [b"", b"{", b"[1]\n", b"\xff\n", b'{"outcome": "do', b"null\n", b'{"progress": 3}\n'])
def test_an_answer_that_is_none_is_a_sentence(cli: Cli, said: bytes) -> None:
    cli.fake.answers["history"] = said
    ended = cli("config", "history", "7")
    assert ended.returncode == 5
    assert "The handover process did not answer readably" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("answer", [{}, {"revisions": 3}, {"revisions": [None, 3, {}]}, {"document": 3, "revision": []}])
def test_an_answer_without_what_it_should_have_is_no_traceback(cli: Cli, answer: dict[str, object]) -> None:
    cli.fake.answers |= {verb: done(**answer) for verb in ("history", "show", "pending", "discover")}
    for command in (["config", "history", "7"], ["config", "show", "7"], ["config", "pending"], ["discover"]):
        ended = cli(*command)
        assert ended.returncode == 0
        assert ended.stderr == ""


COMMANDS = (
    ["config", "show", "7"],
    ["config", "history", "7"],
    ["config", "diff", "7"],
    ["config", "edit", "7"],
    ["config", "restore", "7", "3"],
    ["config", "export", "7", "x.tar"],
    ["config", "import", "7", "u.toml"],
    ["config", "pending"],
    ["choose", "master", "--yes"],
    ["discover"],
    ["pair", "7"],
    ["unpair", "7"],
)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_handover_process_each_command_exits_6(cli: Cli, command: list[str]) -> None:
    (cli.directory / "data" / "run" / "config.sock").unlink()
    ended = cli(*command)
    assert (ended.returncode, ended.stdout) == (6, "")
    assert "[handover]" in ended.stderr
    assert not (cli.directory / "x.tar.part").exists()


def test_a_settings_file_that_does_not_say_where_exits_2(cli: Cli) -> None:
    cli.file.write_text("[unit]\ndata_dir = 3\n")
    ended = cli("config", "history", "7")
    assert ended.returncode == 2
    assert f"{cli.file}: error: [unit] data_dir = 3" in ended.stderr
