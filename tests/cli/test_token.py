"""`understudy token`: what it shows opens the door of the HTTP face; the file has hashes alone."""

import json
import stat
from pathlib import Path

import pytest

from agent.management.http.tokens import BadTokens, Tokens, read_tokens
from agent.model.answers import Role
from tests.cli.fake_handover import run


def test_a_token_is_shown_once_and_works(tmp_path: Path) -> None:
    """C-20"""
    path = tmp_path / "tokens"
    shown = run("token", path, "noc", "--role", "operator").stdout.strip()
    again = json.loads(run("token", path, 'the "wall"', "--json").stdout)["token"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert shown not in path.read_text()
    tokens = Tokens(path, print)
    holder = tokens.holder(shown)
    assert holder
    assert (holder.name, holder.role) == ("noc", Role.OPERATOR)
    other = tokens.holder(again)
    assert other
    assert (other.name, other.role) == ('the "wall"', Role.VIEWER)
    assert tokens.holder(shown[:-1]) is None
    ended = run("token", path, "noc", "--remove")
    assert ended.returncode == 0
    assert tokens.holder(shown) is None
    assert tokens.holder(again) is not None
    assert run("token", path, "noc", "--remove").returncode == 3


@pytest.mark.parametrize(("arguments", "code"), [(["x" * 65], 2), ([""], 2), (["a\nb"], 2), (["ann", "--role", "emperor"], 2)])
def test_wrong_usage(tmp_path: Path, arguments: list[str], code: int) -> None:
    assert run("token", tmp_path / "tokens", *arguments).returncode == code
    assert not (tmp_path / "tokens").exists()


GOOD = '[[token]]\nname = "a"\nrole = "viewer"\nsha256 = "' + "0" * 64 + '"\n'


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "token = 3",
        "[other]",
        GOOD + GOOD,
        GOOD.replace("viewer", "emperor"),
        GOOD.replace("0" * 64, "0" * 63),
        GOOD.replace("0" * 64, "G" * 64),
        GOOD.replace('"a"', '""'),
        GOOD.replace('"a"', "3"),
        GOOD + 'secret = "x"\n',
        GOOD * 300,
        "#" * 200_000,
    ],
)
def test_a_file_that_cannot_be_used_lets_nobody_in_and_is_not_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens"
    path.touch(0o600)
    path.write_text(text)
    with pytest.raises(BadTokens) as found:
        read_tokens(path)
    assert "0" * 63 not in str(found.value)
    ended = run("token", path, "ann")
    assert (ended.returncode, path.read_text()) == (2, text)
    assert ended.stdout == ""


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(GOOD)
    path.chmod(0o640)
    ended = run("token", path, "ann")
    assert ended.returncode == 2
    assert "chmod 600" in ended.stderr
    assert run("token", tmp_path / "no" / "tokens", "ann").returncode == 5
