"""`understudy status` as text: what an operator needs at 3 a.m., in 80 columns."""

from typing import Any

import pytest

from agent.cli.details import details_of
from agent.cli.journal import as_lines
from agent.cli.overview import as_text
from tests.management.fakes import MEMBER

Json = dict[str, Any]
SPLIT = "two units were master for 1250 ms: the LAN lost or delayed adverts for longer than T. Look at the LAN (C-08)"


def status(unit: Json | None = None, device: Json | None = None, **member: Any) -> Json:
    """A unit in which nothing is wrong, but for what is said."""
    quiet = {"overlap_ms": 0.0, "split_brains": 0, "packets": {"rejected": {}}}
    name = {"name": "rx-a", "real_time": True, "link": {"up": True}, "devices": {"rx": "ready"}, "rejected": {}}
    return {
        "unit": name | (unit or {}),
        "members": [MEMBER | quiet | member],
        "devices": {"rx": {"fenced": True, "muted": True, "input_present": True} | (device or {})},
    }


def text_of(*arguments: Any, **member: Any) -> str:
    """In one line, as it reads."""
    return " ".join(as_text(status(*arguments, **member)).split())


ALARM: Json = {"name": "split_brain", "severity": "critical", "text": SPLIT, "raised_at": "2026-01-02T03:04:05.678Z"}
PEERS: list[Json] = [
    {"name": "rx-b", "priority": 253, "able": True, "age_ms": 210.4},
    {"name": "rx-c", "priority": 252, "able": False, "age_ms": 4000},
]


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ({"alarms": [ALARM]}, f"CRITICAL group 7: split_brain since 2026-01-02T03:04:05.678Z: {SPLIT}"),
        ({"packets": {"rejected": {"bad_mac": 3, "unproven": 12}}}, "group 7: packets rejected: bad_mac 3, unproven 12"),
        ({"peers": PEERS}, "peers: rx-b (priority 253) able, heard 0.21 s ago; rx-c (priority 252) NOT able, heard 4 s ago"),
        ({"peers": []}, "group 7: peers: none heard"),
        ({"overlap_ms": 1250.0, "split_brains": 2}, "two masters 2 time(s), overlap 1.25 s in all"),
        ({"fenced": False}, "group 7: not fenced"),
        ({"operation": {"verb": "set-backup", "author": "ann", "age_ms": 40.0}}, "set-backup by ann has been running for 0.04 s"),
    ],
)
def test_what_is_wrong_in_a_group_is_said(member: Json, said: str) -> None:
    """S-25, C-08, C-18, C-24."""
    assert said in text_of(**member)
    assert said == "group 7: peers: none heard" or said not in text_of()


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ({"real_time": False, "not_permitted": ["real-time scheduling", "locked memory"]}, "real-time scheduling, locked memory"),
        ({"link": {"up": False, "detail": "no carrier on eth0"}}, "LAN link down: no carrier on eth0"),
        ({"lan_error": "no route"}, "LAN: no route"),
        ({"devices": {"rx": "the worker does not answer"}}, "device rx: the worker does not answer, fenced"),
    ],
)
def test_what_is_wrong_in_the_unit_is_said(unit: Json, said: str) -> None:
    assert said in text_of(unit)
    assert said not in text_of()


def test_the_own_group_of_a_pools_backup_says_what_it_is() -> None:
    """S-22: it has a row, and nobody need wonder that it never takes over."""
    text = text_of(designation="nmBackup", seat="resting", withheld="it rests")
    assert "7 nmBackup backup" in text
    assert "this unit's own group: it says here that it lives, claims nothing" in text
    assert "own group" not in text_of()


def test_the_master_is_not_called_unable_to_take_over() -> None:
    master = {"name": "rx-b", "unit_id": "b", "priority": 253, "age_ms": 12, "gone": False}
    peers = [PEERS[1] | {"name": "rx-b", "unit_id": "b"}, PEERS[1] | {"unit_id": "c"}]
    assert "rx-b (priority 252) is master, heard 4 s ago; rx-c (priority 252) NOT able" in text_of(master=master, peers=peers)
    assert "rx-b (priority 252) NOT able" in text_of(master=master | {"gone": True}, peers=peers)


def test_rejections_of_the_whole_unit_are_said_once() -> None:
    """Core counts them into every group; who adds them up would see 255 times as many."""
    everywhere = {"ttl": 5, "bad_mac": 1}
    text = text_of({"rejected": everywhere}, packets={"rejected": everywhere | {"replayed": 2}})
    assert "packets rejected in all groups: bad_mac 1, ttl 5" in text
    assert "group 7: packets rejected: replayed 2 " in text


def test_a_device_shows_its_input_its_rates_and_its_errors() -> None:
    device = {
        "muted": False,
        "input_present": False,
        "datagrams_in": 500,
        "bitrate_in_bps": 3_940_000,
        "continuity_errors_in": 7,
        "send_errors": 2,
        "late_sends": 0,
        "last_error": "input udp://239.1.1.1:5000: no such device",
    }
    text = text_of(None, device)
    assert "device rx: ready, fenced, open, NO INPUT, in: 3.94 Mbit/s, 500 datagrams, 7 continuity errors, send_errors 2" in text
    assert "last error: input udp://239.1.1.1:5000: no such device" in text
    assert "late_sends" not in text


def test_everything_at_once_is_readable_at_80_columns() -> None:
    missing = ["real-time scheduling (CAP_SYS_NICE or rtprio)", "locked memory (CAP_IPC_LOCK or memlock)"]
    unit = {"unit_id": "00ff00ff00ff00ff", "software": "0.1.0", "peers": 2, "real_time": False, "not_permitted": missing}
    text = as_text(status(unit, {"last_error": "word " * 40}, alarms=[ALARM], peers=PEERS * 10, fenced=False))
    assert max(map(len, text.splitlines())) <= 80


def test_alarms_stand_first_and_are_toned() -> None:
    lines = details_of(status(alarms=[ALARM], fenced=False), 80)
    assert [line.tone for line in lines if line.text.startswith("CRITICAL")] == ["critical"]
    assert lines[0].text.startswith("CRITICAL group 7: split_brain")


def test_nothing_from_the_lan_or_from_an_odd_core_steers_the_terminal() -> None:
    text = as_text(status({"devices": 3}, peers=[{"name": "\x1b[2J\nrx"}, 3], alarms=[ALARM | {"text": "\x1b]0;"}, None]))
    assert "\x1b" not in text
    assert as_text({"members": 3, "unit": [], "devices": None}).startswith("unit -")


def test_the_journal_is_one_line_an_entry() -> None:
    change = {"what": "transition", "group": 7, "before": "backup", "after": "claiming", "text": "silent\nfor T", "time": "T1"}
    cleared = {"what": "alarm_cleared", "group": 7, "name": "not_ready", "time": "T3"}
    assert as_lines([change, {"what": "alarm", "group": 7, "name": "not_ready", "text": "x", "time": "T2"}, cleared, 3]) == [
        "T1  group 7  backup → claiming: silent for T",
        "T2  group 7  alarm not_ready: x",
        "T3  group 7  alarm_cleared: not_ready",
    ]
