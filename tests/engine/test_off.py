"""Off by command: silent, and taking nothing; forced on the air, open until somebody else is heard. And acknowledging alarms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.engine.config import Controls, Identity, LanRules, MemberConfig, PoolRules
from agent.engine.controls import controls_of
from agent.engine.effects import ClearAlarm, GrantLease, HeardMaster, MuteDevice, Outcome, ParkDevice, Reply
from agent.engine.engine import Engine
from agent.engine.events import Command, DeviceReport, DeviceReported, LinkChanged, Tick, Verb
from agent.engine.reasons import AlarmName, Reason, Role, State
from agent.engine.timing import HELD_LEASE_NS
from agent.wire.message import Flag, Kind, Why
from tests.engine.desk import GROUP, MS, OWN_ID, SECOND, Desk
from tests.engine.pool_desk import PRIORITY, PoolDesk

SPOKEN = [kind for kind in Kind if kind is not Kind.HANDOVER]


def answer(desk: Desk) -> Reply:
    """The last one."""
    return desk.all(Reply)[-1]


def test_backup_says_farewell_and_is_off() -> None:
    """D-12."""
    desk = Desk(200).following()
    desk.command(Verb.OFF)
    assert desk.state is State.OFF
    assert answer(desk).outcome is Outcome.DONE
    assert desk.sent(Kind.BEACON)[-1].flags & Flag.LEAVING
    assert desk.member.last is not None
    assert (desk.member.last.role, desk.member.last.reason) == (Role.OFF, Reason.COMMAND)


def test_off_sends_nothing_and_takes_nothing() -> None:
    """D-12, C-12: whatever is said, and however long nobody says anything."""
    desk = Desk(250, key=True).able()
    desk.command(Verb.OFF)
    desk.effects.clear()
    for kind in SPOKEN:
        nonce = 9 if kind is Kind.QUESTION else 0
        desk.hear(kind, 0 if kind is Kind.GIVE_UP else 100, target=OWN_ID, nonce=nonce)
        desk.pass_time(0.3)
    desk.feed(LinkChanged(False, "unplugged"))
    desk.feed(LinkChanged(True, "back"))
    desk.pass_time(60)
    assert desk.state is State.OFF
    assert desk.effects == []


def test_unit_that_is_off_or_at_fault_shows_who_is_on_the_air() -> None:
    """D-09, D-12: and does nothing about it."""
    off, faulty = Desk(200).able(), Desk(200).able()
    off.command(Verb.OFF)
    faulty.feed(DeviceReported("rx", DeviceReport.FAILED, error="broken"))
    for desk in (off, faulty):
        desk.hear(Kind.ADVERT)
        desk.pass_time(1)
        master = desk.engine.member_snapshot(GROUP, desk.now_ns)["master"]
        assert isinstance(master, dict)
        assert (master["name"], master["age_ms"]) == ("peer", 1000.0)
        assert desk.engine.member_snapshot(GROUP, desk.now_ns)["takeover_in_ms"] is None
    off.command(Verb.ON)
    assert off.member.master is None


def test_who_was_being_asked_for_proof_is_asked_no_more() -> None:
    """D-12: questions are sent by a timer of the unit."""
    desk = Desk(200, key=True).able()
    desk.hear(Kind.ADVERT)
    assert desk.sent(Kind.QUESTION)
    desk.command(Verb.OFF)
    desk.effects.clear()
    desk.pass_time(2)
    assert desk.effects == []


def test_on_listens_for_one_full_t() -> None:
    """C-12, C-22."""
    desk = Desk(250).able()
    desk.command(Verb.OFF)
    desk.command(Verb.ON)
    assert desk.state is State.BACKUP
    assert answer(desk).outcome is Outcome.DONE
    desk.pass_time(1.59)
    assert desk.state is State.BACKUP
    desk.pass_time(0.1)
    assert desk.member.state is State.MASTER


def test_on_without_a_device_waits_for_it_and_says_what_is_missing() -> None:
    """C-22."""
    desk = Desk(250).able()
    desk.feed(DeviceReported("rx", DeviceReport.FAILED, error="broken"))
    desk.command(Verb.OFF)
    assert AlarmName.NOT_READY not in desk.member.alarms
    desk.command(Verb.ON)
    assert desk.state is State.INIT
    desk.pass_time(6)
    assert AlarmName.NOT_READY in desk.member.alarms
    desk.feed(DeviceReported("rx", DeviceReport.READY))
    assert desk.member.state is State.BACKUP


def test_nothing_to_do_is_done() -> None:
    """C-17."""
    desk = Desk().able()
    desk.command(Verb.ON)
    assert (answer(desk).outcome, answer(desk).text) == (Outcome.DONE, "on already")
    desk.command(Verb.OFF)
    desk.command(Verb.OFF)
    assert (answer(desk).outcome, answer(desk).text) == (Outcome.DONE, "off already")


def test_set_master_on_a_unit_that_is_off_says_how_to_switch_it_on() -> None:
    """C-17."""
    desk = Desk().able()
    desk.command(Verb.OFF)
    desk.command(Verb.SET_MASTER, forced=True)
    assert answer(desk).outcome is Outcome.REFUSED
    assert "understudy on 7" in answer(desk).text


def test_agent_that_stops_cannot_be_switched_on() -> None:
    """C-17: off because it stops is not off by command."""
    desk = Desk().able()
    desk.command(Verb.STOP)
    assert not desk.member.config.is_off
    desk.command(Verb.ON)
    assert answer(desk).outcome is Outcome.REFUSED
    assert desk.state is State.OFF


def test_master_hands_over_and_is_off_when_its_successor_is_master() -> None:
    """C-12, C-07: done when it is done, not when it was said."""
    desk = Desk(200).as_master()
    desk.hear(Kind.BEACON)
    desk.effects.clear()
    desk.command(Verb.OFF)
    assert desk.sent(Kind.HANDOVER)[-1].target == 50
    desk.hear(Kind.CLAIM)
    assert desk.state is State.BACKUP
    assert not desk.all(Reply)
    desk.hear(Kind.ADVERT)
    assert desk.member.state is State.OFF
    assert answer(desk).outcome is Outcome.DONE
    assert desk.sent(Kind.BEACON)[-1].flags & Flag.LEAVING


def test_master_whose_successor_stays_silent_takes_its_group_back() -> None:
    """C-07: the order has failed, and the group is on the air."""
    desk = Desk(200).as_master()
    desk.hear(Kind.BEACON)
    desk.command(Verb.OFF)
    desk.pass_time(7)
    assert desk.state is State.MASTER
    assert answer(desk).outcome is Outcome.FAILED
    assert not desk.member.config.is_off
    assert AlarmName.SUCCESSOR_SILENT in desk.member.alarms


def test_master_whose_successor_gives_up_takes_its_group_back() -> None:
    """C-07: it had claimed, and never was master."""
    desk = Desk(200).as_master()
    desk.hear(Kind.BEACON)
    desk.command(Verb.OFF)
    desk.hear(Kind.CLAIM)
    desk.hear(Kind.GIVE_UP, 0)
    desk.pass_time(6)
    assert desk.state is State.MASTER
    assert [(reply.outcome, "back" in reply.text) for reply in desk.all(Reply)] == [(Outcome.FAILED, True)]


def test_departure_in_maintenance_fails_definitely_when_nobody_takes_over() -> None:
    """C-17, C-13: it does not take the group back by itself; a person must."""
    desk = Desk(200).as_master()
    desk.adjust(is_in_maintenance=True)
    desk.hear(Kind.BEACON)
    desk.command(Verb.OFF)
    desk.pass_time(8)
    assert (desk.state, answer(desk).outcome) == (State.BACKUP, Outcome.FAILED)
    assert AlarmName.ATTENDED in desk.member.alarms


def test_device_that_fails_while_it_leaves_ends_the_order() -> None:
    """C-17: no order is left without an answer."""
    for verb in (Verb.OFF, Verb.SET_BACKUP):
        desk = Desk(200).as_master()
        desk.hear(Kind.BEACON)
        desk.is_prompt = False
        desk.command(verb)
        desk.feed(DeviceReported("rx", DeviceReport.FAILED, error="broken"))
        desk.pass_time(2)
        assert desk.state is State.FAULT
        assert answer(desk).outcome is Outcome.FAILED


def test_on_while_it_is_leaving_is_busy_and_afterwards_it_may_preempt_again() -> None:
    """C-17, D-26, S-09: whoever switches it on says that it shall do what it is set to."""
    desk = Desk(200, preempt=True).as_master()
    desk.hear(Kind.BEACON)
    desk.command(Verb.OFF)
    desk.command(Verb.ON)
    assert answer(desk).outcome is Outcome.BUSY
    desk.hear(Kind.ADVERT)
    desk.command(Verb.ON)
    desk.effects.clear()
    desk.hear(Kind.ADVERT)
    assert desk.sent(Kind.REQUEST)


def test_unit_in_control_with_nobody_able_is_not_switched_off() -> None:
    """C-12, C-07."""
    desk = Desk(200).as_master()
    desk.command(Verb.OFF)
    assert (desk.state, answer(desk).outcome) == (State.MASTER, Outcome.REFUSED)
    assert "--force" in answer(desk).text


def test_changeover_that_runs_is_the_answer() -> None:
    """D-26, C-17."""
    desk = Desk(200).following()
    desk.command(Verb.SET_MASTER)
    desk.command(Verb.OFF)
    assert answer(desk).outcome is Outcome.BUSY
    desk = Desk(200).able()
    desk.is_prompt = False
    desk.pass_time(7)
    desk.command(Verb.OFF)
    assert (desk.state, answer(desk).outcome) == (State.CLAIMING, Outcome.BUSY)


def left_on_air(*, key: bool = False) -> Desk:
    """OFF, forced, on the unit in control."""
    desk = Desk(200, key=key).as_master()
    desk.command(Verb.OFF, forced=True)
    assert desk.state is State.OFF_ON_AIR
    desk.effects.clear()
    return desk


def test_forced_off_leaves_the_output_as_it_is_and_says_so() -> None:
    """C-12: critical, and nothing is sent while it lasts."""
    desk = left_on_air()
    assert "its output stays open" in desk.member.alarms[AlarmName.OFF_ON_AIR].text
    desk.pass_time(20)
    assert desk.state is State.OFF_ON_AIR
    assert {type(effect) for effect in desk.effects} == {GrantLease}
    assert desk.member.lease_until_ns > desk.now_ns
    shown = desk.engine.member_snapshot(GROUP, desk.now_ns)
    assert (shown["role"], shown["state"]) == ("off", "off_on_air")


@pytest.mark.parametrize("kind", [Kind.CLAIM, Kind.ADVERT])
@pytest.mark.parametrize("rank", [100, 250])
def test_output_that_was_left_is_muted_the_moment_that_another_unit_is_heard(kind: Kind, rank: int) -> None:
    """C-12, C-02: before that one opens; a claim settles for 5 ms."""
    desk = left_on_air()
    effects = desk.hear(kind, rank)
    assert isinstance(next(effect for effect in effects if not isinstance(effect, HeardMaster)), MuteDevice)
    assert desk.member.lease_until_ns == 0
    assert desk.state is State.OFF
    assert ClearAlarm(GROUP, AlarmName.OFF_ON_AIR) in effects
    desk.effects.clear()
    desk.pass_time(60)
    assert desk.effects == []


def test_output_that_was_left_does_not_end_by_a_recording() -> None:
    """C-02: with a key, who claims must prove that it lives; that is asked, and the output silent for 100 ms meanwhile."""
    desk = left_on_air(key=True)
    desk.hear(Kind.CLAIM)
    assert desk.all(GrantLease)[-1].until_ns == desk.now_ns
    desk.pass_time(0.11)
    assert desk.all(GrantLease)[-1].until_ns > desk.now_ns
    assert desk.state is State.OFF_ON_AIR
    desk.hear(Kind.CLAIM)
    desk.hear(Kind.CLAIM, target=OWN_ID, nonce=desk.sent(Kind.QUESTION)[-1].nonce)
    assert desk.member.state is State.OFF


def test_output_that_was_left_goes_on_when_the_claimer_answers_that_it_is_a_backup() -> None:
    """C-12: it has stood down; nobody else is there."""
    desk = left_on_air(key=True)
    desk.hear(Kind.CLAIM)
    desk.hear(Kind.BEACON, target=OWN_ID, nonce=desk.sent(Kind.QUESTION)[-1].nonce)
    desk.pass_time(0.11)
    assert desk.all(GrantLease)[-1].until_ns > desk.now_ns
    assert desk.state is State.OFF_ON_AIR


def test_on_waits_for_the_proof_of_a_claimer() -> None:
    """C-02: whoever has claimed may be about to open."""
    desk = left_on_air(key=True)
    desk.hear(Kind.CLAIM)
    desk.command(Verb.ON)
    desk.pass_time(0.09)
    assert desk.state is State.OFF_ON_AIR
    desk.pass_time(0.02)
    assert desk.member.state is State.MASTER


def test_doubt_does_not_renew_a_lease_that_has_ended() -> None:
    """C-02: this process was stopped, and the claim is seconds old; ON, after it in the queue, finds it off."""
    desk = left_on_air(key=True)
    desk.now_ns += 5 * SECOND
    desk.hear(Kind.CLAIM)
    assert desk.state is State.OFF


def test_output_that_was_left_is_not_held_by_one_that_cannot_hear() -> None:
    """C-02: its lease is renewed while the link is up and the socket is read empty."""
    deaf = left_on_air()
    deaf.feed(LinkChanged(False, "unplugged"))
    deaf.pass_time(HELD_LEASE_NS / SECOND + 0.01)
    assert deaf.state is State.OFF
    assert "unplugged" in deaf.member.last.text if deaf.member.last else False
    flooded = left_on_air()
    for _ in range(60):
        flooded.now_ns += 10 * MS
        flooded.feed(Tick(is_drained=False))
    assert flooded.state is State.OFF
    held = left_on_air()
    held.engine.unit.rules = LanRules(holds_on_carrier_loss=True)
    held.feed(LinkChanged(False, "unplugged"))
    held.pass_time(3)
    assert held.state is State.OFF_ON_AIR


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (DeviceReported("rx", DeviceReport.FAILED, error="broken"), Reason.DEVICE_FAILED),
        (Command("", Verb.STOP, GROUP), Reason.STOPPING),
    ],
)
def test_output_that_was_left_ends_with_its_device_or_its_agent(event: DeviceReported | Command, reason: Reason) -> None:
    """C-12: and the alarm with it."""
    desk = left_on_air()
    desk.feed(event)
    assert desk.state is State.OFF
    assert desk.member.last is not None
    assert desk.member.last.reason is reason
    assert AlarmName.OFF_ON_AIR not in desk.member.alarms
    assert desk.engine.is_off()


def test_on_takes_the_output_under_control_again_without_a_gap() -> None:
    """C-12: nobody else was heard all the while."""
    desk = left_on_air()
    desk.command(Verb.ON)
    desk.feed(Tick(is_drained=False))
    assert desk.state is State.OFF_ON_AIR
    desk.pass_time(0.001)
    assert desk.member.state is State.MASTER
    assert desk.sent(Kind.ADVERT)
    assert not desk.all(MuteDevice)
    assert answer(desk).outcome is Outcome.DONE
    desk.pass_time(20)
    assert desk.member.state is State.MASTER
    assert desk.member.alarms == {}


def test_on_that_comes_too_late_has_a_definite_answer() -> None:
    """C-17: a claim was read before it could be carried out."""
    desk = left_on_air()
    desk.command(Verb.ON)
    desk.hear(Kind.CLAIM)
    assert (desk.state, answer(desk).outcome) == (State.OFF, Outcome.FAILED)
    assert "peer claims group 7" in answer(desk).text


def test_what_was_switched_off_stays_off_through_a_restart() -> None:
    """C-12: and needs no farewell; ON begins as ever."""
    desk = Desk(250)
    config = MemberConfig(GROUP, 1, 250, 1000, "rx")
    controls = {GROUP: Controls(250, False, 1000, is_off=True)}
    desk.engine = Engine(Identity(OWN_ID, 6, "desk", "1", bytes(16)), LanRules(), [config], None, controls)
    desk.effects.clear()
    desk.able().pass_time(60)
    assert desk.effects == []
    assert desk.state is State.OFF
    desk.command(Verb.ON)
    desk.pass_time(2)
    assert desk.member.state is State.MASTER


def test_seat_that_is_off_is_no_sign_of_an_agent_that_stops() -> None:
    """S-22: the pool goes on taking seats; and a unit with one seat off has not stopped."""
    desk = PoolDesk((1, 2), everywhere=True).guarding(1, 2)
    desk.order(Verb.OFF, 1)
    desk.home(3)
    assert 3 in desk.engine.members
    assert not desk.engine.is_off()
    for group in list(desk.engine.members):
        desk.feed(Command("", Verb.STOP, group))
    desk.pass_time(1)
    assert desk.engine.is_off()
    desk.home(4)
    assert 4 not in desk.engine.members


def test_pooled_seat_that_is_left_on_the_air_keeps_its_device_until_it_ends() -> None:
    """D-36, C-12: the others are busy; then the device goes back to the pool."""
    desk = PoolDesk().guarding().acting(1)
    desk.effects.clear()
    assert "its output stays open" in desk.order(Verb.OFF, 1, forced=True)
    assert desk.pool.engaged[1].device == "rx1"
    desk.home(1)
    assert desk.state_of(1) is State.OFF
    assert desk.all(ParkDevice)
    assert desk.pool.engaged == {}


def test_reserve_seat_that_starts_off_is_off() -> None:
    """C-12: pooled seats too, by their group."""
    pooled = MemberConfig(3, 1, PRIORITY, 1000, "rx")
    controls = {3: replace(controls_of(pooled), is_off=True)}
    engine = Engine(Identity(OWN_ID, 6, "desk", "1", bytes(16)), LanRules(), [pooled], PoolRules(), controls)
    assert engine.members[3].state is State.OFF


def test_acknowledging_clears_what_is_over_and_says_what() -> None:
    """Latched alarms wait for a person."""
    desk = Desk(200).as_master()
    desk.hear(Kind.ADVERT, 100, master_for_ms=500)
    assert AlarmName.SPLIT_BRAIN in desk.member.alarms
    desk.command(Verb.ACKNOWLEDGE)
    assert answer(desk).text == "there is nothing to clear; still so: split_brain"
    desk.pass_time(3)
    desk.command(Verb.ACKNOWLEDGE)
    assert answer(desk).text == "cleared: split_brain"
    assert desk.member.alarms == {}
    desk.command(Verb.ACKNOWLEDGE)
    assert (answer(desk).outcome, answer(desk).text) == (Outcome.DONE, "there is nothing to clear")


def test_two_units_at_255_are_acknowledged_when_one_of_them_is_lowered() -> None:
    """C-03."""
    desk = Desk(255).as_master()
    desk.hear(Kind.ADVERT, 255)
    desk.pass_time(3)
    desk.command(Verb.ACKNOWLEDGE)
    assert AlarmName.TWO_PRIORITY_255 in desk.member.alarms
    desk.hear(Kind.BEACON, 254)
    desk.command(Verb.ACKNOWLEDGE)
    assert AlarmName.TWO_PRIORITY_255 not in desk.member.alarms
    assert "still so" not in answer(desk).text


def test_silent_successor_is_acknowledged() -> None:
    """C-07."""
    desk = Desk(200).as_master()
    desk.command(Verb.SET_BACKUP, forced=True)
    desk.pass_time(7)
    assert AlarmName.SUCCESSOR_SILENT in desk.member.alarms
    desk.command(Verb.ACKNOWLEDGE)
    assert answer(desk).text == "cleared: successor_silent"


def test_current_alarms_are_not_for_acknowledging() -> None:
    """They end when what they tell of ends."""
    desk = Desk(200).following()
    desk.adjust(is_in_maintenance=True)
    desk.command(Verb.ACKNOWLEDGE)
    assert AlarmName.MAINTENANCE in desk.member.alarms


def test_stop_of_the_agent_finds_a_seat_off_already() -> None:
    """Its farewell was said when it was switched off."""
    desk = Desk(200).following()
    desk.command(Verb.OFF)
    desk.effects.clear()
    desk.command(Verb.STOP)
    assert [type(effect) for effect in desk.effects] == [Reply]
    assert desk.engine.is_off()


def test_locked_by_why_is_a_word_of_the_wire() -> None:
    """docs/protocol.md: 12 and 13."""
    assert (int(Why.LOCKED), int(Why.MAINTENANCE)) == (12, 13)
