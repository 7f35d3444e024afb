"""What every face shows."""

from __future__ import annotations

import json
from typing import Any

from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.engine import Engine
from agent.engine.events import Verb
from agent.wire.message import Designation, Flag, Kind, Why
from tests.engine.desk import GROUP, MS, OWN_ID, Desk


def seat(desk: Desk) -> dict[str, Any]:
    """The member's part of the snapshot, as a face gets it: through JSON."""
    return json.loads(json.dumps(desk.engine.snapshot(desk.now_ns)))["members"][0]  # type: ignore[no-any-return]


def test_designation_and_role_are_two_fields() -> None:
    """C-01: what the unit is for, and what it does now."""
    for designation, name in ((Designation.MAIN, "main"), (Designation.RESERVE, "reserve"), (Designation.NM_BACKUP, "nmBackup")):
        config = MemberConfig(GROUP, 1, 200, 1000, "rx", designation)
        engine = Engine(Identity(1, 1, "u", "1", bytes(16)), LanRules(), [config])
        members = engine.snapshot(0)["members"]
        assert isinstance(members, list)
        assert (members[0]["designation"], members[0]["role"], members[0]["acting_for"]) == (name, "init", None)


def test_snapshot_of_a_backup_shows_its_master_and_the_countdown() -> None:
    """Issue 2: group, device_type, role, priority, preempt, interval, timeout, master with name, priority and age."""
    desk = Desk(200).following(100)
    desk.now_ns += 250 * MS
    shown = seat(desk)
    wanted = {
        "group": GROUP,
        "device_type": 1,
        "role": "backup",
        "priority": 200,
        "preempt": False,
        "advertisement_interval_ms": 1000,
        "takeover_timeout_us": 6_600_000,
        "takeover_in_ms": 6350.0,
        "lease_remaining_ms": 0.0,
    }
    assert {key: shown[key] for key in wanted} == wanted
    assert shown["master"]["name"] == "peer"
    assert (shown["master"]["priority"], shown["master"]["age_ms"]) == (100, 250.0)
    assert shown["peers"][0]["name"] == "peer"
    assert shown["packets"]["received"] == {"advert": 1}


def test_snapshot_of_a_master_shows_itself_and_its_lease() -> None:
    """The lease counts from the last advert."""
    desk = Desk(200).as_master()
    shown = seat(desk)
    assert (shown["role"], shown["master"]["name"], shown["master"]["age_ms"]) == ("master", "desk", 0.0)
    assert 0 < shown["lease_remaining_ms"] <= 1078.9
    assert shown["last_transition"]["reason"] == "output_open"
    assert shown["packets"]["sent"]["advert"] >= 20


def test_master_that_mutes_in_order_to_leave_is_shown_as_master() -> None:
    """The state says yielding, the role does not."""
    desk = Desk(200).as_master()
    desk.is_prompt = False
    desk.hear(Kind.ADVERT, 201)
    shown = seat(desk)
    assert (shown["role"], shown["state"]) == ("master", "yielding")
    assert shown["split_brains"] == 1
    assert shown["alarms"][0]["name"] == "split_brain"


def test_readiness_is_what_its_packets_say() -> None:
    """C-14, C-13: 0 in maintenance, and the true one while a person makes it ask."""
    desk = Desk(200).following()
    assert seat(desk)["readiness"] == 255
    desk.adjust(is_in_maintenance=True)
    assert seat(desk)["readiness"] == desk.sent(Kind.BEACON)[-1].readiness == 0
    desk.command(Verb.SET_MASTER)
    assert seat(desk)["readiness"] == desk.sent(Kind.REQUEST)[-1].readiness == 255


def test_attended_backup_is_known_to_the_others() -> None:
    """D-28, D-31: the main's panel shows yellow."""
    desk = Desk(200).following()
    desk.adjust(is_attended=True)
    said = desk.sent(Kind.BEACON)[-1]
    assert said.flags & Flag.ATTENDED
    master = Desk(250).as_master()
    for flags, is_attended in ((said.flags, True), (Flag.NONE, False)):
        master.hear(Kind.BEACON, flags=flags)
        assert seat(master)["peers"][0]["attended"] is is_attended


def test_request_says_nothing_of_what_the_unit_may_do_by_itself() -> None:
    """C-13: one in maintenance is able for the request that it was told to make."""
    desk = Desk(200).as_master()
    desk.hear(Kind.BEACON, readiness=0)
    desk.adjust(is_locked=True)
    desk.hear(Kind.REQUEST, target=OWN_ID, operation=1, why=Why.COMMAND)
    assert desk.sent(Kind.REFUSAL)
    assert seat(desk)["peers"][0]["able"] is False


def test_start_of_the_unit_is_told() -> None:
    """Counters count from there."""
    desk = Desk().able().pass_time(3)
    assert desk.engine.unit_snapshot(desk.now_ns)["started_at_ns"] == desk.now_ns - 3_000 * MS


def test_rejections_are_counted_by_reason() -> None:
    """`status` shows them in one place."""
    desk = Desk().able()
    desk.hear(Kind.ADVERT, group=9)
    desk.hear(Kind.GIVE_UP, 0)
    assert seat(desk)["packets"]["rejected"] == {"other_group": 1, "not_from_master": 1}
