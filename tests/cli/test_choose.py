"""`understudy config pending` and `understudy choose`: both sides are shown, and nothing is replaced unseen or unsaved."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.fake_handover import DECISION, HEAD_ID, Cli, Json, done
from tests.cli.terminal import type_at
from tests.cli.test_config_files import archive, write_archive


@pytest.fixture
def undecided(cli: Cli) -> Cli:
    """One decision is pending, and any answer is taken."""
    cli.fake.answers |= {"pending": done(decisions=[DECISION]), "choose": done(text="Chosen"), "export": write_archive}
    return cli


@pytest.mark.parametrize("command", [["config", "pending"], ["choose", "master", "--yes"]])
def test_the_decision_is_shown_with_both_sides(undecided: Cli, command: list[str]) -> None:
    """Z-22 to Z-25: the id, names, addresses, revisions, authors, last save times; Z-41: item by item."""
    lines = [" ".join(line.split()) for line in undecided(*command).stdout.splitlines()]
    assert lines[0].startswith("Decision 0123456789abcdef, group 7, open since 2026-01-02T03:05:00.000Z: both have changed")
    assert "master rx-a 10.0.0.1 12 (abababab) 2026-01-02T03:04:05.678Z ann (cli) rx-a" in lines
    assert "backup rx-b 10.0.0.2 11 (efefefef) 2026-01-02T03:04:05.678Z bob (cli) rx-b" in lines
    assert "Common ancestor: 9 (cdcdcdcd), saved 2026-01-02T03:04:05.678Z" in lines
    assert "carrier.c1.frequency_khz 11000000 11234000 11555000 BOTH" in lines
    assert "ncc.site - - north backup" in lines


def test_items_that_cannot_be_compared_are_not_said_to_be_equal(undecided: Cli) -> None:
    side = DECISION["master"] | {"revision": DECISION["master"]["revision"] | {"held": False}}
    undecided.fake.answers["pending"] = done(decisions=[DECISION | {"master": side, "differences": []}])
    said = undecided("config", "pending").stdout
    assert "The content of the master is not here yet" in said
    assert "No item differs" not in said


def test_nothing_pending_is_said(cli: Cli) -> None:
    cli.fake.answers["pending"] = done(decisions=[])
    assert cli("config", "pending").stdout == "Nothing is pending.\n"
    ended = cli("choose", "master", "--yes")
    assert ended.returncode == 3
    assert "nothing to choose" in ended.stderr


@pytest.mark.parametrize("take", ["master", "backup"])
def test_a_choice_with_yes(undecided: Cli, take: str) -> None:
    """Z-26, Z-27"""
    ended = undecided("choose", take, "--yes")
    assert ended.returncode == 0
    assert ended.stdout.endswith("done: Chosen\n")
    assert undecided.fake.last("choose") == {"verb": "choose", "decision": "0123456789abcdef", "take": take, "items": {}}


def test_without_a_terminal_and_without_yes_nothing_is_chosen(undecided: Cli) -> None:
    """Z-29: it needs a confirmation."""
    for command in (["choose", "master"], ["choose"]):
        ended = undecided(*command, stdin="yes\nyes\n")
        assert ended.returncode == 3
        assert "--yes" in ended.stderr
    assert "choose" not in undecided.fake.verbs()


def test_master_is_preselected_and_still_confirmed(undecided: Cli) -> None:
    """Z-29"""
    arguments: list[str | Path] = ["choose", "-c", undecided.file]
    code, shown = type_at(arguments, [("master or backup? [master]", ""), ("[yes/no]", "yes")])
    assert code == 0, shown
    assert undecided.fake.last("choose")["take"] == "master"
    assert "that of the backup (rx-b) is replaced?" in shown
    assert undecided("choose", "--yes").returncode == 0
    assert undecided.fake.last("choose")["take"] == "master"


@pytest.mark.parametrize("answers", [[("[master]", "")], [("[master]", "neither")], [("[master]", "backup"), ("[yes/no]", "")]])
def test_whoever_hesitates_changes_nothing(undecided: Cli, answers: list[tuple[str, str]]) -> None:
    typed = answers if answers[0][1] else [*answers, ("[yes/no]", "no")]
    code, shown = type_at(["choose", "-c", undecided.file], typed)
    assert code == 3
    assert "Nothing was changed" in shown
    assert "choose" not in undecided.fake.verbs()


def test_items_one_by_one(undecided: Cli) -> None:
    """Z-41"""
    assert undecided("choose", "items", "carrier.c1=backup", "file:a=b=master", "--yes").returncode == 0
    asked = undecided.fake.last("choose")
    assert (asked["take"], asked["items"]) == ("items", {"carrier.c1": "backup", "file:a=b": "master"})
    for wrong in (["items"], ["items", "x"], ["items", "x=me"], ["items", "=master"], ["master", "x=backup"], ["me"]):
        assert undecided("choose", *wrong, "--yes").returncode == 2
    assert undecided.fake.verbs().count("choose") == 1


def test_several_decisions_want_a_name(undecided: Cli) -> None:
    other: Json = DECISION | {"id": "fedc", "group": 8}
    undecided.fake.answers["pending"] = done(decisions=[DECISION, other])
    ended = undecided("choose", "master", "--yes")
    assert ended.returncode == 3
    assert "0123456789abcdef (group 7), fedc (group 8)" in ended.stderr
    assert undecided("choose", "master", "--yes", "--decision", "fe").returncode == 0
    assert undecided.fake.last("choose")["decision"] == "fedc"
    assert undecided("choose", "master", "--yes", "--decision", "77").returncode == 3


@pytest.mark.parametrize(("take", "side"), [("master", "backup"), ("backup", "master")])
def test_what_is_replaced_is_saved_first(undecided: Cli, take: str, side: str) -> None:
    """Z-28: of the side that loses, before anything is changed."""
    ended = undecided("choose", take, "--yes", "--save-first", "kept.tar")
    assert ended.returncode == 0, ended.stderr
    assert undecided.fake.verbs() == ["pending", "export", "choose"]
    assert undecided.fake.last("export")["revision"] == DECISION[side]["revision"]["id"]
    assert (undecided.directory / "kept.tar").read_bytes() == archive()
    assert f"saved: the configuration of the {side}, in kept.tar" in ended.stdout


def test_items_save_both_sides(undecided: Cli) -> None:
    assert undecided("choose", "items", "ncc=master", "--yes", "--save-first", "kept.tar").returncode == 0
    assert undecided.fake.verbs() == ["pending", "export", "export", "choose"]
    assert {path.name for path in undecided.directory.glob("kept*")} == {"kept-master.tar", "kept-backup.tar"}


@pytest.mark.parametrize("answer", [{"outcome": "refused", "text": "not here"}, b"", done(bytes=0)])
def test_nothing_is_chosen_when_saving_fails(undecided: Cli, answer: Json) -> None:
    """Z-28"""
    undecided.fake.answers["export"] = answer
    ended = undecided("choose", "master", "--yes", "--save-first", "kept.tar")
    assert ended.returncode in {3, 5}
    assert "choose" not in undecided.fake.verbs()
    assert list(undecided.directory.glob("kept*")) == []


def test_nothing_is_chosen_when_the_file_exists_or_the_disk_is_full(undecided: Cli) -> None:
    """Z-28"""
    (undecided.directory / "kept.tar").write_text("mine")
    for name in ("kept.tar", "/proc/kept.tar"):
        assert undecided("choose", "master", "--yes", "--save-first", name).returncode in {3, 5}
    undecided.fake.answers["export"] = lambda _request, files: done(bytes=os.write(files[0], archive()[:600]))
    assert undecided("choose", "master", "--yes", "--save-first", "new.tar").returncode == 5
    assert "choose" not in undecided.fake.verbs()
    assert (undecided.directory / "kept.tar").read_text() == "mine"


def test_json_of_a_choice_is_the_answer_alone(undecided: Cli) -> None:
    ended = undecided("choose", "master", "--yes", "--save-first", "kept.tar", "--json")
    assert json.loads(ended.stdout) == done(text="Chosen")
    assert json.loads(undecided("config", "pending", "--json").stdout)["decisions"][0]["master"]["revision"]["id"] == HEAD_ID


def test_a_stale_decision_is_refused_with_the_words_of_the_unit(undecided: Cli) -> None:
    undecided.fake.answers["choose"] = {"outcome": "refused", "text": "The decision is not open any more"}
    ended = undecided("choose", "master", "--yes")
    assert ended.returncode == 3
    assert ended.stderr == "refused: The decision is not open any more\n"


def test_names_of_the_other_unit_do_not_steer_the_terminal(undecided: Cli) -> None:
    evil = "\x1b]0;owned\x07\nx"
    side = {"unit": evil, "address": evil, "revision": {"number": evil, "id": evil, "saved_at": evil, "author": evil}}
    rows = [{"path": evil, "base": evil, "master": [evil], "backup": {evil: evil}, "side": evil}]
    decision = {"id": evil, "group": 7, "relation": evil, "opened_at": evil, "master": side, "backup": side, "differences": rows}
    undecided.fake.answers["pending"] = done(decisions=[decision])
    code, shown = type_at(["choose", "-c", undecided.file], [("[master]", ""), ("[yes/no]", "no")])
    assert code == 3
    assert "\x07" not in shown
    assert "\x1b]0" not in shown
