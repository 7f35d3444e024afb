"""The seats of an N:M backup: who may claim, with which device, and what the others are told (S-19, S-22, C-08, D-36)."""

from __future__ import annotations

import pytest

from agent.engine.effects import GrantLease, MuteDevice, ParkDevice, TakenOver, Transition
from agent.engine.events import ConfigChanged, DeviceReport, DeviceReported, LinkChanged, Verb
from agent.engine.reasons import Reason, State
from agent.engine.timing import SECOND
from agent.wire.message import NOT_ACTING, Designation, Kind, Why
from tests.engine.pool_desk import HOME_ID, OWN_GROUP, T_S, PoolDesk

RIVAL = 60


def test_silent_master_is_taken_over_with_the_own_priority() -> None:
    """S-29, C-09: claim first, then load, then open; acting for the group in everything that is said there."""
    desk = PoolDesk().guarding()
    desk.pass_time(1)
    desk.home(2)
    desk.pass_time(T_S - 0.99)
    assert desk.state_of(1) is State.MASTER
    claim, advert = desk.last(1, Kind.CLAIM), desk.last(1, Kind.ADVERT)
    assert (claim.priority, claim.acting_for, claim.designation) == (240, 1, Designation.NM_BACKUP)
    assert (advert.priority, advert.acting_for, advert.config_digest) == (240, 1, bytes([1]) * 32)
    assert desk.loads() == [("rx1", 1)]
    assert desk.state_of(2) is State.BACKUP


def test_phases_are_told_once_when_all_are_known() -> None:
    """F-7."""
    desk = PoolDesk().guarding().acting()
    [told] = desk.all(TakenOver)
    assert told.group == 1
    assert told.phases.are_known
    assert told.phases.detect_ns == 2_600_000_000


def test_without_a_snapshot_nothing_is_claimed() -> None:
    """C-08: its readiness is 0 there; when the snapshot comes it listens for a full T."""
    desk = PoolDesk().able().holding(2)
    desk.holding(1, held=False)
    desk.home(1)
    desk.home(2)
    assert desk.last(1).readiness == 0
    desk.effects.clear()
    desk.pass_time(10)
    assert not [group for _, group in desk.loads() if group == 1]
    desk = PoolDesk((1,)).able()
    desk.pass_time(10)
    assert desk.state_of(1) is State.BACKUP
    desk.holding(1)
    desk.pass_time(T_S - 0.001)
    assert desk.state_of(1) is State.BACKUP
    desk.pass_time(0.01)
    assert desk.state_of(1) is State.MASTER


def test_red_configuration_withdraws() -> None:
    """C-14, C-15, C-16: readiness 0 of the configuration, with its reason."""
    desk = PoolDesk((1,)).guarding().holding(1, readiness=0)
    assert desk.last(1).readiness == 0
    desk.pass_time(10)
    assert desk.state_of(1) is State.BACKUP
    assert "another major version" in desk.order(Verb.SET_MASTER, 1, forced=True)


def test_partial_configuration_is_said_and_serves() -> None:
    """C-15."""
    desk = PoolDesk((1,)).guarding().holding(1, readiness=150)
    beacon = desk.last(1)
    assert (beacon.readiness, beacon.capacity, beacon.config_revision) == (150, 4, 3)
    desk.pass_time(T_S + 0.01)
    assert desk.state_of(1) is State.MASTER


def test_own_group_rests() -> None:
    """S-22: alone in its own group it stays backup, and no command changes that."""
    desk = PoolDesk((1,)).able()
    desk.pass_time(30)
    assert desk.state_of(OWN_GROUP) is State.BACKUP
    assert "own group" in desk.order(Verb.SET_MASTER, OWN_GROUP, forced=True)
    assert desk.last(OWN_GROUP).readiness == 0


def test_busy_is_said_at_once_with_what_and_since_when() -> None:
    """D-37, D-38."""
    desk = PoolDesk().guarding().acting()
    beacon = desk.last(2)
    assert (beacon.readiness, beacon.acting_for) == (0, 1)
    desk.pass_time(0.9)
    desk.home(2)
    desk.pass_time(0.9)
    assert 1_000 < desk.last(2).master_for_ms < 4_000
    assert desk.last(OWN_GROUP).acting_for == 1
    assert "airing group 1" in desk.order(Verb.SET_MASTER, 2, forced=True)


def test_named_while_busy_it_leaves_the_group_to_others() -> None:
    """C-16: a handover that names it is one that names another."""
    desk = PoolDesk().guarding().acting()
    desk.home(2, Kind.HANDOVER, priority=0, target=100, why=Why.COMMAND)
    assert desk.state_of(2) is State.BACKUP
    assert desk.seat(2).awaiting is Reason.SUCCESSOR_SILENT


def test_two_devices_take_two_groups_and_no_third() -> None:
    """D-32, D-33, D-34."""
    desk = PoolDesk((1, 2, 3), devices=("rx1", "rx2")).guarding()
    desk.pass_time(10)
    assert sorted(desk.loads()) == [("rx1", 1), ("rx2", 2)]
    assert sorted(desk.opens()) == ["rx1", "rx2"]
    assert desk.state_of(3) is State.BACKUP


def test_exclusive_reserve_airs_one_with_two_devices() -> None:
    """D-36."""
    desk = PoolDesk(devices=("rx1", "rx2"), exclusive=True).guarding()
    desk.pass_time(10)
    assert desk.loads() == [("rx1", 1)]


def test_handing_over_mutes_parks_and_frees() -> None:
    """C-09, D-39: a request of the home; afterwards it can take another group."""
    desk = PoolDesk().guarding().acting()
    desk.effects.clear()
    desk.home(1, Kind.REQUEST, target=100, operation=7, why=Why.COMMAND)
    assert desk.state_of(1) is State.BACKUP
    mute, park = desk.all(MuteDevice), desk.all(ParkDevice)
    assert [effect.device for effect in mute] == ["rx1"]
    assert park == [ParkDevice("rx1", OWN_GROUP)]
    assert desk.effects.index(mute[0]) < desk.effects.index(park[0])
    assert not desk.pool.engaged
    desk.home(1)
    assert desk.last(2).acting_for == NOT_ACTING
    for _ in range(4):
        desk.pass_time(0.9)
        desk.home(1)
    assert desk.state_of(2) is State.MASTER


@pytest.mark.parametrize("way", ["stronger claim", "advert", "link", "device", "stop", "lease"])
def test_device_is_given_back_whatever_ends_the_claim(way: str) -> None:
    """Every way out of claiming."""
    desk = PoolDesk((1,)).guarding()
    desk.is_prompt = False
    desk.pass_time(T_S)
    assert desk.pool.engaged.keys() == {1}
    if way == "stronger claim":
        desk.speak(1, RIVAL, Kind.CLAIM, 250)
    elif way == "advert":
        desk.home(1)
    elif way == "link":
        desk.feed(LinkChanged(False, "unplugged"))
    elif way == "device":
        desk.feed(DeviceReported("rx1", DeviceReport.FAILED, error="broken"))
        desk.pass_time(2)
    elif way == "stop":
        desk.order(Verb.STOP, 1)
    else:
        desk.pass_time(6.5)
    assert desk.state_of(1) not in (State.CLAIMING, State.MASTER, State.YIELDING)
    assert not desk.pool.engaged


@pytest.mark.parametrize("way", ["lease", "device", "rival", "stop", "set-backup"])
def test_device_is_given_back_whatever_ends_the_airing(way: str) -> None:
    """Every way out of mastership."""
    desk = PoolDesk((1,)).guarding().acting()
    if way == "lease":
        desk.feed(LinkChanged(False, "unplugged"))
        desk.now_ns += 3 * SECOND
        desk.pass_time(1)
    elif way == "device":
        desk.feed(DeviceReported("rx1", DeviceReport.FAILED, error="broken"))
        desk.pass_time(2)
    elif way == "rival":
        desk.home(1)
    else:
        desk.order(Verb.STOP if way == "stop" else Verb.SET_BACKUP, 1, forced=True)
    assert desk.state_of(1) not in (State.CLAIMING, State.MASTER, State.YIELDING)
    assert not desk.pool.engaged


def test_failed_device_is_not_parked_and_the_other_one_goes_on() -> None:
    """D-32: the seat stays a backup, and takes its group back with the other device when nobody else does (C-07)."""
    desk = PoolDesk((1,), devices=("rx1", "rx2")).guarding().acting()
    desk.effects.clear()
    desk.feed(DeviceReported("rx1", DeviceReport.FAILED, error="broken"))
    desk.pass_time(1.5)
    assert desk.state_of(1) is State.BACKUP
    assert not desk.all(ParkDevice)
    desk.pass_time(T_S)
    assert desk.loads() == [("rx2", 1)]


def test_device_that_did_not_open_is_taken_last() -> None:
    """C-16."""
    desk = PoolDesk((1,), devices=("rx1", "rx2")).guarding()
    desk.is_prompt = False
    desk.pass_time(T_S + 7)
    assert desk.state_of(1) is State.FAULT
    desk.is_prompt = True
    desk.pass_time(20)
    assert desk.loads() == [("rx1", 1), ("rx2", 1)]


def test_lease_of_one_group_never_opens_the_device_of_another() -> None:
    """C-02: grants go to the device that the seat has taken."""
    desk = PoolDesk(devices=("rx1", "rx2")).guarding()
    desk.pass_time(20)
    devices = {group: desk.seat(group).device for group in (1, 2)}
    assert sorted(devices.values()) == ["rx1", "rx2"]
    desk.effects.clear()
    desk.pass_time(1.1)
    assert {effect.device for effect in desk.all(GrantLease)} == {"rx1", "rx2"}


def test_answers_for_an_earlier_group_change_nothing() -> None:
    """The device's answer to an order of a claim that is over."""
    desk = PoolDesk().guarding()
    desk.is_prompt = False
    desk.pass_time(1)
    desk.home(2)
    desk.pass_time(T_S - 1)
    order = desk.seat(1).order
    desk.home(1)
    desk.feed(DeviceReported("rx1", DeviceReport.LOADED, order))
    desk.feed(DeviceReported("rx1", DeviceReport.OPENED, order))
    assert desk.state_of(1) is State.BACKUP
    assert not desk.opens()


def test_seat_for_every_master_of_the_type_and_none_while_stopping() -> None:
    """S-19, `protects = "all"`: mains of the own type only; bounded because a group is 0..255."""
    desk = PoolDesk((), everywhere=True).able()
    desk.home(5)
    desk.speak(6, HOME_ID, Kind.ADVERT, 240, designation=Designation.NM_BACKUP)
    desk.home(7, device_type=2)
    desk.speak(8, HOME_ID, Kind.BEACON, 254)
    assert set(desk.engine.members) == {OWN_GROUP, 5}
    desk.feed(ConfigChanged(9, 1, bytes(32), True))
    assert set(desk.engine.members) == {OWN_GROUP, 5, 9}
    for group in (OWN_GROUP, 5, 9):
        desk.order(Verb.STOP, group)
    desk.home(10)
    assert set(desk.engine.members) == {OWN_GROUP, 5, 9}
    assert desk.engine.is_off()


def test_planned_takeover_of_a_living_master() -> None:
    """S-25: it asks, is named, and takes a device then."""
    desk = PoolDesk().guarding()
    desk.order(Verb.SET_MASTER, 1)
    assert desk.last(1, Kind.REQUEST).target == HOME_ID + 1
    assert not desk.pool.engaged
    desk.home(1, Kind.HANDOVER, priority=0, target=100, why=Why.COMMAND)
    assert desk.state_of(1) is State.MASTER
    claiming = next(change for change in desk.changes() if change[1] is State.CLAIMING)
    assert claiming[0] is State.BACKUP
    assert "set-master by ann" in next(text for text in _texts(desk) if "named" in text)


def _texts(desk: PoolDesk) -> list[str]:
    return [change.text for change in desk.all(Transition)]
