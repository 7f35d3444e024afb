"""`understudy config edit`: an editor that is a script, documents from files, and nothing that is ever lost."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.cli.fake_handover import DOCUMENT, GROUP, HEAD_ID, SHOWN, STATUS, Cli, Json, done, revision
from tests.cli.terminal import type_at

FINDINGS = [
    {"path": "carrier.c1.frequency_khz", "what": "5 is below 1000", "remedy": "Write kHz"},
    {"path": "", "what": "something \x1b[2J else", "remedy": "Mend it"},
]
REFUSED = {"outcome": "refused", "text": "The document has 2 problem(s), nothing was changed", "findings": FINDINGS}


def editor(directory: Path, script: str) -> str:
    """A program that edits its argument, $1."""
    path = directory / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"'{path}'"


@pytest.fixture
def rename(cli: Cli) -> str:
    """Another network name."""
    return editor(cli.directory, 'sed -i s/north/south/ "$1"')


def drafts(cli: Cli) -> list[Path]:
    """What is left in the temporary directory."""
    return list(cli.directory.glob("understudy-*/*"))


def test_an_edit_goes_out_with_the_head_that_it_was_made_from(cli: Cli, rename: str) -> None:
    """Z-41: who was quicker is not overwritten in silence."""
    cli.fake.answers["edit"] = done(text="Revision 13 of group 7 is in force", revision=revision(13))
    ended = cli("config", "edit", "7", "--note", "moved", EDITOR=rename)
    assert (ended.returncode, ended.stdout) == (0, "done: Revision 13 of group 7 is in force\n"), ended.stderr
    asked = cli.fake.last("edit")
    assert asked["document"] == DOCUMENT | {"identity": {"network_name": "south"}}
    assert (asked["expect"], asked["note"], asked["group"]) == (HEAD_ID, "moved", 7)
    assert drafts(cli) == []


def test_the_text_is_private_and_tells_what_it_is(cli: Cli) -> None:
    spy = editor(cli.directory, 'cp "$1" seen; stat -c %a "$1" "$(dirname "$1")" > modes')
    ended = cli("config", "edit", "7", VISUAL=spy, EDITOR="false")
    assert ended.stdout == "done: The text was not changed, so nothing was done\n"
    assert "edit" not in cli.fake.verbs()
    assert (cli.directory / "modes").read_text().split() == ["600", "700"]
    seen = (cli.directory / "seen").read_text()
    assert seen.startswith("# Group 7, revision 12 (abababab), saved ")
    assert tomllib.loads(seen) == DOCUMENT


def test_the_first_edit_of_a_group_starts_from_nothing(cli: Cli) -> None:
    cli.fake.answers |= {
        "status": done(**STATUS | {"groups": [GROUP | {"head": None}]}),
        "show": {"outcome": "refused", "text": "no revision"},
        "edit": done(text="ok"),
    }
    ended = cli("config", "edit", "7", EDITOR=editor(cli.directory, 'printf "[ncc]\\nx = 1\\n" >> "$1"'))
    assert ended.returncode == 0, ended.stderr
    assert (cli.fake.last("edit")["expect"], cli.fake.last("edit")["document"]) == (None, {"ncc": {"x": 1}})


def test_a_refusal_shows_every_finding_and_keeps_the_text(cli: Cli, rename: str) -> None:
    """All problems at once, each with its path; nothing is lost."""
    cli.fake.answers["edit"] = REFUSED
    ended = cli("config", "edit", "7", EDITOR=rename)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "  carrier.c1.frequency_khz: 5 is below 1000. Write kHz.\n" in ended.stderr
    assert "  document: something ?[2J else. Mend it.\n" in ended.stderr
    (kept,) = drafts(cli)
    assert f"understudy config edit 7 --from {kept}" in ended.stderr
    assert "south" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    cli.fake.answers["edit"] = done(text="ok")
    assert cli("config", "edit", "7", "--from", kept).returncode == 0
    assert cli.fake.last("edit")["document"]["identity"] == {"network_name": "south"}


def test_going_on_with_a_text_does_not_take_back_what_others_changed_meanwhile(cli: Cli, rename: str) -> None:
    """Z-41: the command that is told names what the text was made from; the handover process compares it with the head."""
    overtaken = {"outcome": "refused", "text": "The configuration was changed meanwhile by ann", "revision": revision(13)}
    cli.fake.answers["edit"] = overtaken
    ended = cli("config", "edit", "7", EDITOR=rename)
    command = ended.stderr.split("To go on with it: understudy ")[1].split()
    cli.fake.answers["show"] = done(**SHOWN | {"revision": revision(13, "ef" * 32)})
    assert cli(*command).returncode == 3
    assert HEAD_ID.startswith(cli.fake.last("edit")["expect"])
    cli.fake.answers["show"] = done(**SHOWN)
    cli(*command)
    assert cli.fake.last("edit")["expect"] == HEAD_ID


def test_a_text_that_was_made_from_nothing_is_not_put_over_something(cli: Cli) -> None:
    cli("config", "edit", "7", "--from", "-", "--base", "none", stdin="x = 1")
    assert cli.fake.last("edit")["expect"] is None


def test_a_text_that_is_no_toml_is_refused_before_it_is_sent(cli: Cli) -> None:
    ended = cli("config", "edit", "7", EDITOR=editor(cli.directory, 'echo "x = =" > "$1"'))
    assert ended.returncode == 3
    assert "line 1: " in ended.stderr
    assert "edit" not in cli.fake.verbs()
    assert drafts(cli)[0].read_text() == "x = =\n"


@pytest.mark.parametrize("answer", [b"", b"{\n"])
def test_the_text_is_kept_when_the_connection_breaks(cli: Cli, rename: str, answer: bytes) -> None:
    cli.fake.answers["edit"] = answer
    ended = cli("config", "edit", "7", EDITOR=rename)
    assert ended.returncode == 5
    assert "south" in drafts(cli)[0].read_text()


@pytest.mark.parametrize(("script", "code"), [('echo x >> "$1"; exit 3', 5), ('rm "$1"', 5), ("exit 1", 5)])
def test_an_editor_that_fails_changes_nothing(cli: Cli, script: str, code: int) -> None:
    ended = cli("config", "edit", "7", EDITOR=editor(cli.directory, script))
    assert ended.returncode == code
    assert "edit" not in cli.fake.verbs()
    assert "Traceback" not in ended.stderr
    assert len(drafts(cli)) == ("echo" in script)


@pytest.mark.parametrize("name", ["/no/such/editor", "'", "/etc/hostname"])
def test_an_editor_that_cannot_be_started_is_a_sentence(cli: Cli, name: str) -> None:
    ended = cli("config", "edit", "7", EDITOR=name)
    assert ended.returncode in {2, 5}
    assert "Set EDITOR" in ended.stderr
    assert drafts(cli) == []


def test_a_person_is_asked_whether_to_edit_again(cli: Cli) -> None:
    """Refused once, mended, accepted; and what was typed the first time is still there the second."""
    attempts: list[Json] = []

    def answer(request: Json, _files: list[int]) -> Json:
        attempts.append(request["document"])
        return REFUSED if len(attempts) == 1 else done(text="in force")

    cli.fake.answers["edit"] = answer
    twice = editor(cli.directory, 'if grep -q south "$1"; then sed -i s/south/west/ "$1"; else sed -i s/north/south/ "$1"; fi')
    code, shown = type_at(["config", "edit", "7", "-c", cli.file], [("[yes/no]", "y")], EDITOR=twice, TMPDIR=str(cli.directory))
    assert code == 0, shown
    assert [one["identity"]["network_name"] for one in attempts] == ["south", "west"]
    assert "5 is below 1000" in shown
    assert "done: in force" in shown
    assert "\x1b" not in shown
    assert drafts(cli) == []


def test_a_person_who_does_not_want_to_go_on_finds_the_text_again(cli: Cli, rename: str) -> None:
    cli.fake.answers["edit"] = REFUSED
    arguments: list[str | Path] = ["config", "edit", "7", "-c", cli.file]
    code, shown = type_at(arguments, [("[yes/no]", "n")], EDITOR=rename, TMPDIR=str(cli.directory))
    assert code == 3
    (kept,) = drafts(cli)
    assert re.search(rf"Your text is kept: {kept}", shown)


@pytest.mark.parametrize("text", ['{"ncc": {"x": 1}}', "[ncc]\nx = 1\n"])
def test_a_document_from_standard_input_or_a_file(cli: Cli, text: str) -> None:
    cli.fake.answers["edit"] = done(text="ok")
    assert cli("config", "edit", "7", "--from", "-", stdin=text).returncode == 0
    (cli.directory / "new").write_text(text)
    assert cli("config", "edit", "7", "--from", "new", "--part", "shared").returncode == 0
    assert [one["document"] for one in cli.fake.asked if one["verb"] == "edit"] == [{"ncc": {"x": 1}}] * 2
    assert cli.fake.last("edit")["part"] == "shared"


def test_files_go_as_descriptors_and_the_document_stays(cli: Cli) -> None:
    """A show file or a playlist beside the document."""
    cli.fake.answers["edit"] = done(text="ok")
    (cli.directory / "a.bin").write_bytes(b"\0a")
    (cli.directory / "b.bin").write_bytes(b"\xffb")
    ended = cli("config", "edit", "7", "--file", "show=a.bin", "--file", "list=b.bin", "--remove-file", "old", EDITOR="false")
    assert ended.returncode == 0, ended.stderr
    asked = cli.fake.last("edit")
    assert (asked["files"], asked["remove_files"]) == ({"show": 0, "list": 1}, ["old"])
    assert asked["document"] == DOCUMENT
    assert cli.fake.came == [b"\0a", b"\xffb"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--file", "x"], 2),
        (["--file", "x=u.toml", "--file", "x=u.toml"], 2),
        (["--file", "x=none"], 5),
        (["--file", "x=."], 5),
        (["--from", "none"], 5),
        (["--from", "."], 5),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_asked_for(cli: Cli, arguments: list[str], code: int) -> None:
    ended = cli("config", "edit", "7", *arguments)
    assert ended.returncode == code
    assert "edit" not in cli.fake.verbs()
    assert "Traceback" not in ended.stderr


def test_json_says_the_findings_too(cli: Cli) -> None:
    cli.fake.answers["edit"] = REFUSED
    ended = cli("config", "edit", "7", "--from", "-", "--json", stdin="x = 1")
    assert ended.returncode == 3
    assert json.loads(ended.stdout)["findings"] == FINDINGS
    ended = cli("config", "edit", "7", "--from", "-", "--json", stdin="x = =")
    assert json.loads(ended.stdout)["findings"][0]["path"] == "line 1"


def test_ctrl_c_is_the_editors(cli: Cli) -> None:
    """It means something in vi and nano; the text must not die of it."""
    cli.fake.answers["edit"] = done(text="in force")
    stubborn = editor(cli.directory, """trap 'sed -i s/north/south/ "$1"; exit 0' INT; echo READY; while :; do sleep 0.1; done""")
    arguments: list[str | Path] = ["config", "edit", "7", "-c", cli.file]
    code, shown = type_at(arguments, [("READY", "\x03")], EDITOR=stubborn, TMPDIR=str(cli.directory))
    assert code == 0, shown
    assert cli.fake.last("edit")["document"]["identity"] == {"network_name": "south"}


def test_without_a_terminal_no_editor_is_guessed(cli: Cli) -> None:
    ended = cli("config", "edit", "7", EDITOR="")
    assert ended.returncode == 5
    assert "--from FILE" in ended.stderr
    assert drafts(cli) == []
