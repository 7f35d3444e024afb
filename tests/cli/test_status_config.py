"""What `status` and `journal` say of configurations and pools; tests/test_status.py has the rest."""

from typing import Any

import pytest

from agent.cli.details import details_of
from agent.cli.journal import as_lines
from agent.cli.overview import as_text
from agent.management.handover import NOT_CONFIGURED
from tests.cli.fake_handover import GROUP, STATUS, revision
from tests.management.fakes import MEMBER

Json = dict[str, Any]
PULLING = {"state": "pulling", "master": "rx-b", "address": "10.0.0.2", "done_bytes": 45_000_000, "total_bytes": 100_000_000}
HELD = {"revision": 12, "digest": "12345678" * 8, "held": True, "readiness": 255, "reasons": [], "rank": 10, "capacity": 3}


def status(group: Json | None = None, handover: Json | None = None, **member: Any) -> Json:
    """A unit whose handover process answers; `group`: what it says of group 7."""
    answer = STATUS | {"groups": [GROUP | (group or {})]} | (handover or {})
    return {"unit": {"name": "rx-a"}, "members": [MEMBER | member], "handover": answer, "handover_reason": None}


def text_of(*arguments: Any, **member: Any) -> str:
    """In one line, as it reads."""
    return " ".join(as_text(status(*arguments, **member)).split())


def test_an_old_snapshot_prints_as_ever() -> None:
    text = as_text({"unit": {"name": "rx-a"}, "members": [MEMBER], "handover": None, "handover_reason": NOT_CONFIGURED})
    assert "configuration" not in text
    assert text.splitlines()[1].split()[-1] == "master"


@pytest.mark.parametrize(
    ("group", "member", "said"),
    [
        ({}, {}, "12 12345678 local"),
        ({"tracking": {"state": "synced"}}, {}, "12 12345678 synced"),
        ({"tracking": PULLING}, {}, "12 12345678 pulling 45 %"),
        ({"tracking": {"state": "paused"}}, {}, "12 12345678 PAUSED"),
        ({"pending": "0123", "tracking": {"state": "pending"}}, {}, "12 12345678 PENDING"),
        ({"head": None, "tracking": {"state": "unpaired"}}, {}, "none unpaired"),
        ({}, {"configuration": HELD | {"held": False}}, "12 12345678 local NOT HELD"),
    ],
)
def test_the_column_of_the_configuration(group: Json, member: Json, said: str) -> None:
    """Z-30: in sync, with the digest; progress while it is pulled."""
    lines = as_text(status(group, **member)).splitlines()
    assert lines[1].endswith("  configuration")
    assert lines[2].endswith(f"  {said}")


def test_core_alone_is_enough_for_the_column() -> None:
    text = as_text({"unit": {}, "members": [MEMBER | {"configuration": HELD}], "handover": None, "handover_reason": "It is away"})
    assert text.splitlines()[2].endswith("  12 12345678")
    assert "configuration handover: It is away" in text


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ({}, "group 7: configuration: revision 12 (abababab), saved 2026-01-02T03:04:05.678Z by ann (cli) on rx-a"),
        ({"head": None}, "group 7: configuration: no revision yet"),
        ({"tracking": PULLING}, "tracking: pulling with rx-b (10.0.0.2) [#########...........] 45 % of 100.0 MB"),
        (
            {"tracking": PULLING | {"state": "synced", "lag_ms": 12}},
            "tracking: synced with rx-b (10.0.0.2), 0.012 s after the last edit",
        ),
        ({"tracking": {"state": "paused", "text": "schema 2.0"}}, "tracking: paused: schema 2.0"),
        ({"pending": "0123"}, "decision 0123 is pending: which configuration goes on? understudy config pending shows both"),
        ({"readiness": 150, "reasons": ["radio-7 is lost", "b"]}, "configuration readiness 150 of 255: radio-7 is lost; b"),
    ],
)
def test_what_stands_below(group: Json, said: str) -> None:
    """Z-25, Z-30, C-14, C-15."""
    assert said in text_of(group)


BUSY = [{"name": "n1", "acting_for": 3, "since_ms": 12_000}]


@pytest.mark.parametrize(
    ("member", "said", "tone"),
    [
        ({"acting_for": 7}, "ON RESERVE: this unit airs group 7 for its own master", "warning"),
        ({"returned": True}, "To take it back: understudy set-master 7", "warning"),
        ({"busy": {"group": 3, "name": "n1", "since_ms": 12_000}}, "BUSY: n1 airs group 3, for 12 s", "warning"),
        ({"withheld": "no snapshot of group 7"}, "will not take over: no snapshot of group 7", "warning"),
        ({"protection": {"state": "unprotected", "able": [], "busy": []}}, "unprotected: nobody could take over", "warning"),
        ({"protection": {"state": "protected", "able": ["n1", "n2"]}}, "protected: n1, n2 could take over", ""),
        ({"protection": {"state": "busy", "able": [], "busy": BUSY}}, "BUSY: n1 airs group 3, for 12 s", "warning"),
        (
            {"last_takeover": {"detect_ms": 1200.04, "claim_ms": 0.2, "load_ms": 3, "open_ms": 1, "lock_ms": None, "at_ns": 1}},
            "last takeover: detect 1200 ms, claim 0.2 ms, load 3 ms, open 1 ms",
            "",
        ),
    ],
)
def test_what_a_pool_adds(member: Json, said: str, tone: str) -> None:
    """Z-16, Z-38, D-37, D-38, C-08, C-09, S-26."""
    lines = [line for line in details_of(status(**member), 300) if said in line.text]
    assert [line.tone for line in lines] == [tone]
    assert said not in text_of()


def test_peers_tell_their_configuration_and_whom_they_air() -> None:
    peers = [
        {"name": "n1", "priority": 9, "able": True, "age_ms": 1, "config_revision": 12, "in_sync": True, "acting_for": None},
        {"name": "n2", "priority": 8, "able": False, "age_ms": 1, "config_revision": 11, "in_sync": False, "acting_for": 3}
        | {"busy_for_ms": 5000},
    ]
    text = text_of(peers=peers)
    assert "n1 (priority 9) able, heard 0.001 s ago, revision 12 in sync" in text
    assert "n2 (priority 8) NOT able, heard 0.001 s ago, airs group 3 for 5 s, revision 11 NOT in sync" in text


def test_a_certificate_that_ends_soon_and_refusals_are_said() -> None:
    certificate = {"unit": "rx-a", "groups": [7], "not_after": "2026-02-01T00:00:00Z", "days_left": 12}
    text = text_of(None, {"certificate": certificate, "refused": {"wrong group": 3, "\x1b": 1}})
    assert "certificate of rx-a ends 2026-02-01T00:00:00Z, 12 day(s) left: understudy pki rotate DIR UNIT" in text
    assert "configuration connections refused: ? 1, wrong group 3" in text
    assert "certificate" not in text_of(None, {"certificate": certificate | {"days_left": 300}})


def test_a_port_that_is_taken_is_said() -> None:
    problem = "TCP port 7421 of 10.0.0.1 cannot be used: Address already in use"
    assert f"configuration handover: {problem}" in text_of(handover={"port_problem": problem})
    assert "configuration handover" not in text_of(handover={"port_problem": ""})


def test_it_fits_into_80_columns_below_the_table() -> None:
    tracking = PULLING | {"text": "word " * 50}
    lines = details_of(status({"tracking": tracking, "reasons": ["lost"] * 30, "readiness": 150}, withheld="why " * 40), 80)
    assert max(len(line.text) for line in lines) <= 80


@pytest.mark.parametrize("odd", [3, [], {}, "x", [3], {"a": 3}, {"state": 3, "able": 3, "busy": 3}])
def test_odd_answers_print_all_the_same(odd: object) -> None:
    keys = ("configuration", "protection", "last_takeover", "busy", "withheld", "acting_for")
    member = dict.fromkeys(keys, odd)
    for said in (
        odd,
        {"groups": odd},
        {"groups": [{"group": 7, "head": odd, "tracking": odd, "reasons": odd}], "certificate": odd},
    ):
        as_text({"unit": {"name": "a"}, "members": [MEMBER | member], "handover": said, "handover_reason": odd})


def test_nothing_from_the_lan_steers_the_terminal() -> None:
    evil = "\x1b[2J\nx"
    head = revision() | dict.fromkeys(("author", "unit", "number", "digest", "saved_at"), evil)
    group = {"head": head, "tracking": {"state": evil, "master": evil, "text": evil}, "pending": evil, "reasons": [evil]}
    pool: Json = {
        "withheld": evil,
        "busy": {"name": evil},
        "protection": {"able": [evil], "state": evil, "busy": [{"name": evil}]},
    }
    assert "\x1b" not in as_text(status(group, **pool))


def test_the_journal_tells_the_phases_of_a_takeover() -> None:
    """F-7"""
    entry = {"what": "takeover", "group": 7, "time": "T1", "detect_ms": 1200.0, "claim_ms": 0.25, "load_ms": 8, "open_ms": 2}
    assert as_lines([entry, {"what": "takeover", "group": 7, "time": "T2"}]) == [
        "T1  group 7  takeover: detect 1200 ms, claim 0.2 ms, load 8 ms, open 2 ms",
        "T2  group 7  takeover: no phase is known",
    ]


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ({"configuration": {"group": 7, "revision": 12, "digest": "12345678ab", "acting": True}}, "group 7 revision 12 12345678"),
        ({"configuration": {"group": 7, "revision": 12, "digest": "12345678ab"}}, "revision 12 12345678 (not acting)"),
        ({"configuration": {"group": None, "error": "no port lan9"}}, "CONFIGURATION ERROR: no port lan9"),
        ({"carriers": [{"id": "c1", "locked": True}, {"id": "c2", "locked": False}]}, "no sync on carrier c2"),
        ({"lost_services": ["radio-7", {"name": "radio-8"}]}, "LOST services: radio-7 radio-8"),
        ({"lost_services": [str(number) for number in range(10)]}, "LOST services: 0 1 2 3 4 5 6 7 and 2 more"),
    ],
)
def test_a_device_tells_its_configuration(device: Json, said: str) -> None:
    """S-26: locked is told apart; C-15: what is lost."""
    text = " ".join(as_text({"unit": {}, "devices": {"rx": device}}).split())
    assert said in text


def test_what_is_as_it_should_be_in_a_resting_seat_is_not_said() -> None:
    """S-22: a backup's own group is where it says that it lives, and nothing more."""
    resting = {
        "seat": "resting",
        "withheld": "its own group",
        "configuration": HELD | {"held": False, "revision": 0, "digest": ""},
    }
    text = as_text({"unit": {}, "members": [MEMBER | resting], "handover": STATUS | {"groups": []}})
    assert text.splitlines()[2].endswith("  -")
    assert "will not take over" not in text
