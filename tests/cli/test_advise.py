"""`understudy advise`: the real command, told what a backup has measured."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli import exits
from tests.cli.fake_control import Managed, managed
from tests.cli.fake_handover import done
from tests.diagnostics.test_advise import lossy
from tests.management.fakes import MEMBER


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Managed]:
    with managed(tmp_path) as made:
        answer(made, MEMBER | lossy(8_000), MEMBER | {"group": 8, "role": "master"})
        yield made


def answer(unit: Managed, *members: dict[str, Any], stale: bool = False) -> None:
    unit.fake.answers["status"] = done(stale=stale, unit={"name": "rx-b"}, members=list(members), devices={})


def test_it_says_how_likely_a_false_takeover_is_and_what_is_better(unit: Managed) -> None:
    """F-1 to F-3, S-16: in sentences, for every group of the unit."""
    ended = unit("advise")
    assert ended.returncode == exits.DONE, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "Group 7, backup behind rx-a: an advert every 1 s, priority 253, T = 1.3 s."
    assert sum(line.startswith("  Better: ") for line in lines) == 2
    assert lines[-1].startswith("Group 8: this unit is master of it")


def test_one_group_alone_as_json(unit: Managed) -> None:
    """F-2, F-3: everything that the sentences say, as numbers."""
    ended = unit("advise", "7", "--json")
    [told] = json.loads(ended.stdout)["groups"]
    assert (told["group"], told["setting"]["timeout_ms"], told["setting"]["survives"]) == (7, 1300, 0)
    assert told["measured"]["loss"] == pytest.approx(1 / 11)
    assert told["false_takeovers_per_day"] > 1000
    assert told["probability_within_a_day"] == pytest.approx(1)
    assert all(option["false_takeovers_per_day"] < 1 for option in told["options"])
    assert told["sentences"][0].startswith("Group 7")


def test_a_group_without_a_seat_is_said(unit: Managed) -> None:
    """Issue 5: what to do is in the sentence."""
    ended = unit("advise", "99")
    assert ended.returncode == exits.BAD_SETTINGS
    assert "no seat in group 99: understudy status shows its groups" in ended.stderr


def test_what_is_not_of_now_says_so(unit: Managed) -> None:
    """C-18."""
    answer(unit, MEMBER | lossy(0), stale=True)
    ended = unit("advise")
    assert ended.returncode == exits.FAILED
    assert ended.stdout.startswith("NOT OF NOW")


def test_an_older_core_measures_nothing(unit: Managed) -> None:
    """C-14: another version says what it can."""
    answer(unit, MEMBER)
    ended = unit("advise", "7")
    assert (ended.returncode, ended.stdout) == (
        exits.DONE,
        "Group 7: nothing was measured yet: no two adverts of a master were heard here.\n",
    )


def test_names_from_the_lan_cannot_steer_the_terminal(unit: Managed) -> None:
    """Z-19: the master's name is another's word."""
    answer(unit, MEMBER | lossy(0) | {"master": {"name": "rx\x1b[2J", "priority": 254}})
    assert "\x1b" not in unit("advise").stdout
