"""`understudy discover|pair|unpair`."""

import json

import pytest

from tests.cli.fake_handover import Cli, done

MASTER = {
    "name": "rx-a",
    "address": "10.0.0.1",
    "group": 7,
    "device_type": 1,
    "designation": "main",
    "acting_for": None,
    "priority": 254,
    "age_ms": 312,
    "paired": True,
    "software": "0.2.0",
    "revision": 12,
}


def test_discover_lists_who_is_heard(cli: Cli) -> None:
    """Z-18: with age; Z-19: by the name that people have set."""
    other = MASTER | {"name": "\x1b[2Jrx", "paired": False, "acting_for": 3}
    cli.fake.answers["discover"] = done(masters=[MASTER, other])
    lines = [" ".join(line.split()) for line in cli("discover").stdout.splitlines()]
    assert lines == [
        "name address group type designation priority age software paired",
        "rx-a 10.0.0.1 7 1 main 254 0.312 s 0.2.0 yes",
        "?[2Jrx 10.0.0.1 7 1 main 254 0.312 s 0.2.0 no acting for group 3",
    ]
    assert json.loads(cli("discover", "--json").stdout)["masters"][0] == MASTER


def test_nobody_heard_says_what_to_check(cli: Cli) -> None:
    """Z-21: wrong settings, or another network: then the address by hand."""
    cli.fake.answers["discover"] = done(masters=[])
    said = cli("discover").stdout
    assert all(word in said for word in ("multicast_address", "port", "key file", "device_type", "understudy pair ADDRESS"))


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["7"], {"group": 7}),
        (["10.0.0.1"], {"address": "10.0.0.1"}),
        (["fe80::1"], {"address": "fe80::1"}),
        (["10.0.0.1", "--group", "7"], {"group": 7, "address": "10.0.0.1"}),
        (["7", "--address", "10.0.0.1"], {"group": 7, "address": "10.0.0.1"}),
    ],
)
def test_pair_by_group_or_address(cli: Cli, arguments: list[str], asked: dict[str, object]) -> None:
    """Z-20: a person picks the master; Z-21: also one that is not listed."""
    cli.fake.answers["pair"] = done(text="Paired with rx-a")
    ended = cli("pair", *arguments)
    assert (ended.returncode, ended.stdout) == (0, "done: Paired with rx-a\n")
    assert cli.fake.last("pair") == {"verb": "pair", **asked}


@pytest.mark.parametrize("partner", ["256", "rx-a", "10.0.0", "", "-1"])
def test_pair_with_what_is_neither_is_wrong_usage(cli: Cli, partner: str) -> None:
    assert cli("pair", partner).returncode == 2
    assert cli.fake.asked == []


def test_a_decision_after_pairing_is_pointed_at(cli: Cli) -> None:
    """Z-22"""
    cli.fake.answers["pair"] = done(text="Paired", decision="0123")
    said = cli("pair", "7").stdout
    assert "Decision 0123 is pending" in said
    assert "understudy choose" in said


def test_unpair(cli: Cli) -> None:
    cli.fake.answers["unpair"] = done(text="Unpaired from rx-a in group 7")
    assert cli("unpair", "7").returncode == 0
    assert cli.fake.last("unpair") == {"verb": "unpair", "group": 7}
    cli.fake.answers["pair"] = {"outcome": "refused", "text": "This unit is the master of group 7 itself. Pair on the backup"}
    assert cli("pair", "7").returncode == 3
