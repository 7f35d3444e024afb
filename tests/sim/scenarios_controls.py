"""Directed scenarios of what a person changes while the units run: controls, off and on, maintenance, lock."""

from __future__ import annotations

from agent.engine.effects import Outcome, Reply, Send
from agent.engine.events import Verb
from agent.engine.reasons import AlarmName, State
from agent.wire.message import Kind
from tests.sim.device import Latency
from tests.sim.scenarios import Group, pair, scenario
from tests.sim.world import MS


def _answers(group: Group) -> list[Outcome]:
    """From now on; the list grows."""
    kept = group.world.watch.effects
    return [effect.outcome for _, _, effect in kept or [] if isinstance(effect, Reply)]


def _interval_everywhere(group: Group, interval_ms: int) -> None:
    for unit in group.world.units:
        unit.adjust(interval_ms=interval_ms)


@scenario
def longer_interval_is_said_before_it_counts() -> None:
    """F-8, C-21: no takeover on the way, and the lease never outlasts what the last three adverts said."""
    group = pair(253, interval_ms=100)
    _interval_everywhere(group, 1000)
    group.run(6)
    assert group.is_master(0)
    assert not group.claims()
    assert group[0].member.pace_ms == 1000
    group.inflict("kill", 0, seconds=60)
    group.run(2.5)
    assert group.is_master(1)


@scenario
def shorter_interval_counts_at_once() -> None:
    """S-12, F-8: the backup's T is the new one as soon as the master says so, and the master's lease is over by then."""
    group = pair(253)
    _interval_everywhere(group, 100)
    group.run(0.5)
    group.inflict("stall_unit", 0, seconds=5)
    group.run(0.6)
    assert group.is_master(1)
    group.run(7)
    assert group.splits() == [0, 0]


@scenario
def deadline_follows_a_priority_that_is_lowered_in_the_silence() -> None:
    """S-12: T counts from the last advert, and is that of the priority that it has now."""
    group = pair(253).after_advert()
    group.inflict("kill", 0, seconds=60)
    died_ns = group.sent_at()
    group.run(1)
    group[1].adjust(priority=243)
    group.run(3)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - died_ns == 2_300 * MS


@scenario
def priority_that_falls_below_a_preempting_backup_gives_the_group_away() -> None:
    """S-09: as if it had been so from the start."""
    group = Group(254, 250, preempt=True).start(0).run(3).start(1).run(2)
    assert group.is_master(0)
    group[0].adjust(priority=240)
    group.run(2)
    assert group.is_master(1)


@scenario
def unit_in_maintenance_takes_nothing_over_until_it_is_told() -> None:
    """C-13, C-23: neither by its deadline nor by a name; one command is enough."""
    group = pair(253)
    group[1].adjust(is_in_maintenance=True)
    group.run(1)
    group.order(0, Verb.SET_BACKUP)
    group.run(1)
    assert group.is_master(0), "it was named, or obeyed"
    group.inflict("kill", 0, seconds=60)
    group.run(10)
    assert not group.claims()
    assert AlarmName.ATTENDED in group[1].member.alarms
    group.order(1, Verb.SET_MASTER)
    group.run(0.2)
    assert group.is_master(1)


@scenario
def second_backup_takes_over_for_one_in_maintenance() -> None:
    """C-13, C-07: the group is not lost."""
    group = Group(254, 253, 250).start(0).run(3).start(1, 2).run(2)
    group[1].adjust(is_in_maintenance=True)
    group.run(2)
    group.inflict("kill", 0, seconds=60)
    group.run(3)
    assert group.is_master(2)


@scenario
def locked_master_refuses_a_person_and_not_its_own_failure() -> None:
    """C-13, D-49: the answer says where; protection goes on."""
    group = pair(253)
    kept = group.keep()
    group[0].adjust(is_locked=True)
    group.order(1, Verb.SET_MASTER, forced=True)
    group.run(1)
    assert group.is_master(0)
    [answer] = [effect for _, who, effect in kept if isinstance(effect, Reply) and who == "unit-1"]
    assert (answer.outcome, "locked at unit-0" in answer.text) == (Outcome.REFUSED, True)
    group.inflict("break_device", 0, seconds=60)
    group.run(2)
    assert group.is_master(1)


@scenario
def unit_that_is_off_says_nothing_and_is_counted_on_by_nobody() -> None:
    """D-12: and it stays so through a restart of its process."""
    group = pair(253)
    group.order(1, Verb.OFF)
    group.run(0.1)
    kept = group.keep()
    said = next(message for message in reversed(group.world.lan.recorded) if message.unit_id == group[0].unit_id)
    asked = said._replace(sequence=said.sequence + 100, target=group[1].unit_id, nonce=7, operation=1)
    for kind in (Kind.QUESTION, Kind.REQUEST):
        group[1].receive(asked._replace(kind=kind), None)
    group.inflict("kill_core", 1, seconds=0.5)
    group.run(20)
    assert [effect for _, who, effect in kept if who == "unit-1" and isinstance(effect, Send)] == []
    assert group.is_master(0)
    group.order(1, Verb.ON)
    group.run(2)
    assert group[1].member.state is State.BACKUP
    group.inflict("kill", 0, seconds=60)
    group.run(3)
    assert group.is_master(1)


@scenario
def master_that_is_switched_off_hands_over_first() -> None:
    """C-12: and takes its group back if nobody comes (C-07)."""
    group = pair(253)
    group.keep()
    group.order(0, Verb.OFF)
    group.run(1.5)
    assert group.is_master(1)
    assert (group[0].member.state, _answers(group)) == (State.OFF, [Outcome.DONE])
    group.order(0, Verb.ON)
    group.run(2)
    group.inflict("freeze_in_send", 0, seconds=30)
    group.order(1, Verb.OFF)
    group.run(10)
    assert _answers(group)[-1] is Outcome.FAILED
    assert group[1].member.state is State.MASTER


@scenario
def output_that_was_left_on_the_air_is_muted_before_another_opens() -> None:
    """C-12, C-02: with prompt devices, whatever the way of the packet is and wherever in its beat the unit was left."""
    for delay_us in (0, 500, 2_000):
        for phase in range(10):
            group = Group(254, 253, delay_ns=delay_us * 1000).start(0).run(3 + phase * 0.013)
            group.order(0, Verb.OFF, forced=True)
            group.run(1)
            assert group[0].device.is_open()
            group.start(1).run(3)
            assert group.is_master(1)
            assert group[0].member.state is State.OFF
            assert group.world.watch.overlaps == 0


@scenario
def output_that_was_left_is_silent_while_a_claimer_has_yet_to_prove_itself() -> None:
    """C-12, C-02: without beacons a backup may never have spoken to this unit; and with any device its claim is enough."""
    for delay_us in (0, 200, 1_500, 2_200):
        for latency in (Latency(), Latency(700 * MS, MS, MS)):
            group = Group(250, 254, beacons=False, delay_ns=delay_us * 1000, latency=latency).start(0).run(0.02).start(1).run(4)
            assert group.is_master(1)
            group.order(1, Verb.OFF, forced=True)
            group.run(4)
            assert group.is_master(0)
            assert group.world.watch.overlaps == 0
            assert group[1].member.state is State.OFF


@scenario
def output_that_was_left_goes_on_after_a_recording() -> None:
    """Authentication: a tenth of a second, and no more."""
    group = Group(254, 250).start(0).run(3).start(1).run(2)
    group.order(0, Verb.SET_BACKUP)
    group.run(2)
    group.order(1, Verb.SET_BACKUP)
    group.run(2)
    recorded = next(message for message in group.world.lan.recorded if message.kind is Kind.CLAIM and message.unit_id == 1001)
    group.inflict("kill", 1, seconds=600)
    group.run(1)
    group.inflict("kill", 0, seconds=1)
    group.run(5)
    group.order(0, Verb.OFF, forced=True)
    group.run(1)
    group[0].receive(recorded, None, is_replay=True)
    assert not group[0].device.is_open()
    group.run(0.11)
    assert group[0].device.is_open()
    assert group[0].member.state is State.OFF_ON_AIR


@scenario
def output_that_was_left_is_not_held_with_packets_unread() -> None:
    """C-02, F-5: a claim may lie among them."""
    group = Group(254, 253).start(0).run(3)
    group.order(0, Verb.OFF, forced=True)
    group.run(0.5)
    group[0].flood_began(10_000 * MS)
    group.run(0.6)
    assert not group[0].device.is_open()
    group.start(1).run(3)
    assert group.is_master(1)
    group[0].flood_ended()
    group.run(1)
    assert group[0].member.state is State.OFF


@scenario
def output_that_was_left_is_taken_under_control_without_a_gap() -> None:
    """C-12: nobody else was there."""
    group = Group(254).start(0).run(3)
    group.order(0, Verb.OFF, forced=True)
    for _ in range(30):
        group.run(0.1)
        assert group[0].device.is_open()
    group.order(0, Verb.ON)
    for _ in range(30):
        group.run(0.1)
        assert group.is_master(0)
