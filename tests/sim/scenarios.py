"""Directed scenarios: one sentence of the requirements each, told with the simulator. They raise AssertionError.

`test_scenarios.py` runs them all; `mutants.py` runs them against an engine with a deliberate fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.engine.config import LanRules, MemberConfig
from agent.engine.effects import Effect, MuteDevice, Outcome, RaiseAlarm, Reply, Send
from agent.engine.events import Command, LinkChanged, PacketReceived, Verb
from agent.engine.reasons import Reason, State
from agent.wire.message import NO_DIGEST, Kind, Message
from tests.sim import invariants
from tests.sim.clock import Clock
from tests.sim.device import NAME, Latency
from tests.sim.faults import Fault, inflict
from tests.sim.invariants import timeout_ns
from tests.sim.unit import GROUP, SimUnit
from tests.sim.world import MS, SECOND, World

PROMPT = Latency(MS // 2, MS // 4, MS // 4)
Scenario = Callable[[], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """Register it under its name."""
    SCENARIOS[function.__name__] = function
    return function


class Group:
    """Some units of one group, started together or one by one."""

    def __init__(
        self,
        *priorities: int,
        interval_ms: int = 1000,
        seed: int = 1,
        key: bool = True,
        preempt: bool = False,
        beacons: bool = True,
        is_clean: bool = True,
        delay_ns: int = 0,
        latency: Latency = PROMPT,
        ppm: int = 0,
        incumbent: bool = False,
    ) -> None:
        self.is_incumbent_healing = incumbent
        self.world = World(seed, is_authenticated=key, is_clean=is_clean, delay_ns=delay_ns)
        self.interval_ms, self.rules, self.latency = interval_ms, LanRules(key, beacons), latency
        for index, priority in enumerate(priorities):
            self.add(priority, preempt=preempt, ppm=ppm * (-1) ** index)

    def add(self, priority: int, *, preempt: bool = False, interval_ms: int = 0, ppm: int = 0) -> SimUnit:
        """One more unit, not started."""
        interval_ms = interval_ms or self.interval_ms
        config = MemberConfig(GROUP, 1, priority, interval_ms, NAME, is_preempting=preempt)
        config = replace(config, is_incumbent_healing=self.is_incumbent_healing)
        index = len(self.world.units)
        clock = Clock(index * 10**15 + 10**12, ppm)
        unit = SimUnit(self.world, index, config, self.rules, clock, self.latency, 1000 + index)
        self.world.units.append(unit)
        return unit

    def __getitem__(self, index: int) -> SimUnit:
        return self.world.units[index]

    def start(self, *indexes: int) -> Group:
        """These units, or all."""
        for index in indexes or range(len(self.world.units)):
            self[index].start()
        return self

    def run(self, seconds: float) -> Group:
        """Let time pass."""
        self.world.run_until(self.world.now_ns + round(seconds * SECOND))
        return self

    def inflict(self, verb: str, unit: int = 0, other: int = 0, seconds: float = 0.0, amount: int = 0) -> None:
        """A fault, now."""
        inflict(self.world, Fault(self.world.now_ns, verb, unit, other, round(seconds * SECOND), amount))

    def order(self, unit: int, verb: Verb, *, forced: bool = False, override: bool = False) -> None:
        """A command, now."""
        self[unit].report(Command("c", verb, GROUP, forced, override, "sim"))

    def master(self) -> SimUnit:
        """The one that is master with its output open."""
        found = [unit for unit in self.world.units if _is_master(unit)]
        assert len(found) == 1, f"masters: {[unit.name for unit in found]}"
        assert found[0].device.is_open(), "the master's output is muted"
        return found[0]

    def is_master(self, index: int) -> bool:
        """Is this one the only master?"""
        return self.master() is self[index]

    def after_advert(self, index: int = 0) -> Group:
        """Until just after this unit has sent its next advert."""
        last_ns = self[index].last_sent_at_ns
        while self[index].last_sent_at_ns == last_ns:
            self.run(0.0001)
        return self

    def sent_at(self, index: int = 0) -> int:
        """True time of the last advert or claim of this unit."""
        unit = self[index]
        return unit.clock.true_ns(unit.last_sent_at_ns)

    def keep(self) -> list[tuple[int, str, Effect]]:
        """Keep every effect from now on."""
        self.world.watch.effects = []
        return self.world.watch.effects

    def claims(self, reason: Reason | None = None) -> list[tuple[SimUnit, int]]:
        """Who claimed, and when on its own clock."""
        return [
            (unit, change.at_ns)
            for unit, change in self.world.watch.transitions
            if change.after is State.CLAIMING and reason in (None, change.reason)
        ]

    def forget(self) -> None:
        """Start counting transitions anew."""
        self.world.watch.transitions.clear()
        self.world.watch.changes.clear()

    def splits(self) -> list[int]:
        """Double masters counted, by unit."""
        return [unit.member.split_brains for unit in self.world.units]


def _is_master(unit: SimUnit) -> bool:
    """One that is frozen says nothing."""
    return unit.engine is not None and not unit.is_core_stalled and unit.member.state is State.MASTER


def pair(
    backup: int, *, interval_ms: int = 1000, delay_ns: int = 0, key: bool = True, beacons: bool = True, is_clean: bool = True
) -> Group:
    """Unit 0 is master with 254, unit 1 its backup, and all is quiet."""
    group = Group(254, backup, interval_ms=interval_ms, delay_ns=delay_ns, key=key, beacons=beacons, is_clean=is_clean)
    group.start(0).run(timeout_ns(interval_ms, 254) / SECOND + 0.1)
    group.start(1).run(2.5)
    assert group.is_master(0)
    group.forget()
    return group


def _takeover_after(group: Group, expected_ns: int) -> None:
    last_ns = group.sent_at()
    group.run(expected_ns / SECOND + group.interval_ms / 1000 + 1)
    [(unit, at_ns)] = group.claims()
    assert unit is group[1]
    took_ns = unit.clock.true_ns(at_ns) - last_ns
    assert took_ns == expected_ns, f"claimed {took_ns} ns after the last advert, not {expected_ns}"


@scenario
def takeover_at_p253_is_1300_ms_after_the_last_advert() -> None:
    """S-13."""
    group = pair(253).after_advert()
    group.inflict("kill", 0, seconds=60)
    _takeover_after(group, 1_300 * MS)
    assert group.is_master(1)


@scenario
def takeover_at_p245_is_2100_ms_after_the_last_advert() -> None:
    """S-14."""
    group = pair(245).after_advert()
    group.inflict("kill", 0, seconds=60)
    _takeover_after(group, 2_100 * MS)


@scenario
def one_lost_advert_changes_nothing_at_p245_and_two_do() -> None:
    """S-14, F-2."""
    group = pair(245, is_clean=False).after_advert()
    group.world.lan.to_drop[0, 1] = 1
    group.run(10)
    assert not group.claims()
    group.after_advert()
    group.world.lan.to_drop[0, 1] = 2
    last_ns = group.sent_at()
    group.world.watch.excuse(group.world.now_ns + 9 * SECOND)
    group.run(2.2)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - last_ns == 2_100 * MS
    group.run(5)
    assert group.is_master(0)


def _delayed_advert(backup: int, delay_ms: int) -> Group:
    group = pair(backup, is_clean=False).after_advert()
    held_until_ns = group.sent_at() + (1000 + delay_ms) * MS
    group.world.at(held_until_ns - 900 * MS, lambda: group.inflict("delay", 0, 1, (held_until_ns - group.world.now_ns) / SECOND))
    group.run(12)
    return group


@scenario
def advert_delayed_by_303_ms_at_p253_is_heard_before_the_claim_has_settled() -> None:
    """S-15: the backup claims, and stands down before its output opens."""
    group = _delayed_advert(253, 303)
    assert [unit.name for unit, _ in group.claims()] == ["unit-1"]
    assert group.splits() == [0, 0]
    assert group.world.watch.overlaps == 0
    assert group.is_master(0)


@scenario
def advert_delayed_by_310_ms_at_p253_is_seen_counted_and_resolved() -> None:
    """S-15."""
    group = _delayed_advert(253, 310)
    assert group.world.watch.overlaps > 0, "no double master was seen"
    assert sum(group.splits()) >= 1, "it was not counted"
    assert group.is_master(0), "it was not resolved"
    assert "split_brain" in group[0].member.alarms or "split_brain" in group[1].member.alarms


@scenario
def advert_delayed_by_290_ms_at_p253_changes_nothing() -> None:
    """S-15, F-1."""
    group = _delayed_advert(253, 290)
    assert not group.claims()
    assert group.splits() == [0, 0]


@scenario
def advert_delayed_by_250_ms_at_p253_is_told_and_switches_nothing() -> None:
    """S-15, F-1: 50 ms were left, which is a warning for ten minutes; 200 ms left are none."""
    assert not _delayed_advert(253, 100)[1].member.alarms
    group = _delayed_advert(253, 250)
    assert not group.claims()
    assert "margin_thin" in group[1].member.alarms
    assert not group[0].member.alarms
    group.run(560)
    assert "margin_thin" in group[1].member.alarms
    group.run(60)
    assert not group[1].member.alarms


@scenario
def advert_delayed_by_310_ms_at_p245_changes_nothing() -> None:
    """S-16: the cure that the guide names."""
    assert not _delayed_advert(245, 310).claims()


@scenario
def delay_under_the_skew_is_survived_whatever_the_interval_is() -> None:
    """F-1."""
    for interval_ms, key in ((100, False), (100, True), (500, False), (500, True), (1000, True), (5000, True)):
        group = pair(251, interval_ms=interval_ms, key=key, is_clean=False).after_advert()
        group.world.lan.delay_ns = 499 * MS
        group.run(11)
        assert not group.claims()


@scenario
def short_interval_at_p251_survives_four_lost_adverts() -> None:
    """F-3: A = 0.1 s, P = 251, T = 0.6 s. (Five would be an exact tie, F-2.)"""
    group = pair(251, interval_ms=100, is_clean=False).after_advert()
    group.world.lan.to_drop[0, 1] = 4
    group.run(3)
    assert not group.claims()
    group.after_advert()
    group.inflict("kill", 0, seconds=60)
    _takeover_after(group, 600 * MS)


@scenario
def low_priority_makes_a_short_interval_worthless() -> None:
    """F-4: A = 0.1 s, P = 100 is still 15.7 s."""
    group = pair(100, interval_ms=100).after_advert()
    group.inflict("kill", 0, seconds=60)
    _takeover_after(group, 15_700 * MS)


@scenario
def second_backup_hears_the_claim_before_its_own_deadline() -> None:
    """F-5, C-26: one priority apart, and a device that loads for 3 s."""
    group = Group(254, 253, 252, latency=Latency(3 * SECOND, MS, MS))
    group.start(0).run(5).start(1, 2).run(3)
    group.forget()
    group.inflict("kill", 0, seconds=60)
    group.run(8)
    assert [unit.name for unit, _ in group.claims()] == ["unit-1"]
    assert group.is_master(1)


@scenario
def cold_start_of_all_makes_the_highest_master() -> None:
    """S-04, C-22: all muted, all listen one full T."""
    group = Group(200, 254).start()
    started_ns = group.world.now_ns
    group.run(10)
    assert group.is_master(1)
    [(unit, at_ns)] = group.claims()
    listened_ns = unit.clock.true_ns(at_ns) - started_ns
    assert 1_200 * MS <= listened_ns < 1_300 * MS, f"it listened for {listened_ns / MS} ms"


@scenario
def start_delay_never_applies_when_there_is_no_master() -> None:
    """C-22: three units switched on within 2 s, one interval after the other; somebody is master after the shortest T."""
    group = Group(253, 250, 245, preempt=True)
    for index in range(3):
        group.start(index).run(0.4)
    group.run(1.0)
    group.master()


@scenario
def returning_master_waits_when_preempt_is_off() -> None:
    """S-10: one hour."""
    group = pair(200)
    group.inflict("kill", 0, seconds=20)
    group.run(19)
    assert group.is_master(1)
    group.forget()
    group.run(3600)
    assert group.is_master(1)
    assert not group.claims()
    assert group[0].member.state is State.BACKUP


@scenario
def higher_unit_preempts_within_one_timeout() -> None:
    """S-09."""
    group = Group(200, 254, preempt=True)
    group.start(0).run(8)
    assert group.is_master(0)
    group.start(1).run(timeout_ns(1000, 254) / SECOND)
    assert group.is_master(1)


@scenario
def failure_and_return_cost_one_switch_without_preempt_and_two_with() -> None:
    """S-11."""
    for preempt, switches in ((False, 1), (True, 2)):
        group = Group(254, 253, preempt=preempt).start(0).run(2).start(1).run(3)
        group.forget()
        group.inflict("kill", 0, seconds=10)
        group.run(20)
        assert len(group.world.watch.changes) == switches, f"preempt {preempt}: {len(group.world.watch.changes)} switches"


@scenario
def traces_at_255_are_identical_with_preempt_on_and_off() -> None:
    """S-06."""
    traces = []
    for preempt in (False, True):
        group = Group()
        group.add(255, preempt=preempt)
        group.add(253)
        kept = group.keep()
        group.start(1).run(6).start(0).run(4)
        group.inflict("kill", 0, seconds=3)
        group.run(8)
        group.inflict("stall_unit", 0, seconds=4)
        group.run(10)
        group.order(1, Verb.SET_MASTER)
        group.run(5)
        traces.append(list(kept))
    assert traces[0], "nothing happened"
    assert traces[0] == traces[1]


def advert_of(group: Group, unit_id: int, priority: int, sequence: int, **fields: int) -> Message:
    """An advert of a unit that the simulator does not run."""
    at_us = group.world.now_ns // 1000
    made = Message(
        Kind.ADVERT, 1, GROUP, priority, group.interval_ms, unit_id, 9, sequence, at_us, "stranger", readiness=255,
        config_digest=NO_DIGEST,
    )  # fmt: skip
    return made._replace(**fields)  # type: ignore[arg-type]


@scenario
def master_at_255_stays_when_it_hears_others() -> None:
    """S-05, C-03: adverts of 254 and 255, requests, give-ups; alarms, but it stays."""
    group = Group(255, key=False).start().run(3)
    unit = group[0]
    for sequence in range(1, 6):
        packet = advert_of(group, 5, 254, sequence)
        unit.report(PacketReceived(packet, unit.now_ns()))
        unit.report(PacketReceived(packet._replace(unit_id=6, priority=255), unit.now_ns()))
        request = packet._replace(unit_id=7, kind=Kind.REQUEST, priority=255, target=unit.unit_id, operation=1)
        unit.report(PacketReceived(request, unit.now_ns()))
        unit.report(PacketReceived(packet._replace(unit_id=8, kind=Kind.GIVE_UP, priority=0), unit.now_ns()))
        group.run(0.3)
    assert group.is_master(0)
    assert {"split_brain", "two_priority_255"} <= set(unit.member.alarms)


@scenario
def two_masters_at_255_are_settled_by_unit_id() -> None:
    """C-03, C-02."""
    group = Group(255, 255, is_clean=False)
    group.inflict("partition", seconds=6, amount=1)
    group.start().run(15)
    assert group.is_master(1)
    assert "two_priority_255" in group[1].member.alarms


@scenario
def after_a_partition_the_higher_master_stays_and_the_loser_mutes_first() -> None:
    """C-02: alarm and overlap on both sides; preempt does not matter."""
    for priorities, winner in (((254, 253), 0), ((253, 254), 1)):
        group = Group(*priorities, is_clean=False).start().run(4)
        group.inflict("partition", seconds=6, amount=1)
        group.run(5)
        assert all(unit.device.is_open() for unit in group.world.units)
        group.run(6)
        assert group.is_master(winner)
        assert group.splits() == [1, 1]
        for unit in group.world.units:
            assert "split_brain" in unit.member.alarms
            assert 3000 < unit.member.overlap_ns / MS < 6000


@scenario
def give_up_is_answered_after_the_skew_alone() -> None:
    """C-06, S-07: the master is told to stop, with a backup that it does not know to be able."""
    group = pair(250, beacons=False, delay_ns=200_000).run(5)
    kept = group.keep()
    group.order(0, Verb.STOP)
    group.run(3)
    farewells = [at_ns for at_ns, who, effect in kept if who == "unit-0" and _is(effect, Kind.GIVE_UP)]
    assert len(farewells) == 3
    assert [later - farewells[0] for later in farewells] == [0, 20 * MS, 40 * MS]
    [(unit, at_ns)] = group.claims(Reason.MASTER_GAVE_UP)
    assert unit.clock.true_ns(at_ns) - farewells[0] == 600 * MS + 200_000


def _is(effect: Effect, kind: Kind) -> bool:
    return isinstance(effect, Send) and effect.message.kind is kind


@scenario
def planned_changeover_needs_no_timer() -> None:
    """S-25, S-07: request, mute, handover, claim, advert; within the latencies of the devices."""
    group = pair(200, delay_ns=100_000)
    group.order(1, Verb.SET_MASTER)
    group.run(0.01)
    assert group.is_master(1)
    assert group[0].member.state is State.BACKUP
    group.run(3700)
    assert group.is_master(1), "preempt is off: it stays"


@scenario
def set_backup_without_an_able_backup_is_refused() -> None:
    """C-07."""
    group = Group(254).start().run(3)
    kept = group.keep()
    group.order(0, Verb.SET_BACKUP)
    group.run(1)
    [reply] = [effect for _, _, effect in kept if isinstance(effect, Reply)]
    assert reply.outcome is Outcome.REFUSED
    assert group.is_master(0)


@scenario
def forced_give_up_that_nobody_answers_is_taken_back_with_an_alarm() -> None:
    """C-07: after its own T."""
    group = Group(254).start().run(3)
    group.forget()
    kept = group.keep()
    left_ns = group.world.now_ns
    group.order(0, Verb.SET_BACKUP, forced=True)
    group.run(3)
    assert group.is_master(0)
    [(unit, at_ns)] = group.claims()
    waited_ns = unit.clock.true_ns(at_ns) - left_ns
    assert waited_ns == 1_200 * MS + group.latency.mute_ns, f"{waited_ns}"
    assert [effect.name for _, _, effect in kept if isinstance(effect, RaiseAlarm)] == ["successor_silent"]


@scenario
def successor_that_is_dead_is_replaced_by_the_next_one() -> None:
    """C-07, S-08: the named successor has just died."""
    group = Group(254, 253, 252).start().run(4)
    group.inflict("kill", 1, seconds=60)
    group.run(0.2)
    group.forget()
    group.order(0, Verb.SET_BACKUP)
    group.run(6)
    group.master()
    assert group.world.watch.changes


@scenario
def interval_of_the_master_counts_only_when_it_is_authentic() -> None:
    """C-21: the master has A = 2 s, the backup 1 s."""
    for key, expected_ms in ((True, 2_300), (False, 1_300)):
        group = Group(254, key=key, interval_ms=2000, is_clean=False)
        group.add(253, interval_ms=1000)
        group.world.watch.excuse(1 << 60)
        group.start(0).run(4).after_advert().start(1).run(0.05)
        group.forget()
        group.after_advert()
        assert "interval_mismatch" in group[1].member.alarms
        last_ns = group.sent_at()
        group.forget()
        group.inflict("kill", 0, seconds=60)
        group.run(3)
        unit, at_ns = group.claims()[0]
        assert unit.clock.true_ns(at_ns) - last_ns == expected_ms * MS


@scenario
def stalled_backup_finds_the_adverts_in_its_socket() -> None:
    """Guarantee 1: no false claim, however long it slept."""
    for seconds in (0.05, 0.5, 1.35, 5.0, 60.0):
        group = pair(253)
        group.inflict("stall_unit", 1, seconds=seconds)
        group.run(seconds + 3)
        assert not group.claims(), f"claimed after a stall of {seconds} s"


@scenario
def stalled_backup_of_a_dead_master_asks_and_waits_its_skew() -> None:
    """Guarantee 1, limit: the silence may be its own."""
    group = pair(253)
    kept = group.keep()
    group.inflict("kill", 0, seconds=60)
    group.inflict("stall_core", 1, seconds=5)
    thaws_ns = group.world.now_ns + 5 * SECOND
    group.run(8)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - thaws_ns == 300 * MS
    assert any(at_ns == thaws_ns and _is(effect, Kind.QUESTION) for at_ns, _, effect in kept)


@scenario
def stall_of_under_100_ms_costs_nothing_but_itself() -> None:
    """Guarantee 1: it claims when it wakes."""
    group = pair(253).after_advert()
    due_ns = group.sent_at() + 1_300 * MS
    group.inflict("kill", 0, seconds=60)
    group.world.at(due_ns - 50 * MS, lambda: group.inflict("stall_core", 1, seconds=0.09))
    group.run(3)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) == due_ns + 40 * MS


@scenario
def silence_is_not_believed_on_an_undrained_socket() -> None:
    """Tick.is_drained: a flood that hides every advert for 4 s delays a takeover, and causes none."""
    group = pair(253)
    group[1].flood_began(10 * SECOND)
    group.run(4)
    group[1].flood_ended()
    group.run(4)
    assert not group.claims()
    group[0].flood_began(10 * SECOND)
    group.run(4)
    assert not group.claims(), "a flooded master advertises on time"


@scenario
def master_frozen_whole_is_muted_before_its_backup_opens() -> None:
    """F-8, C-02: at every phase of the interval, the fastest backup there is, clocks 500 ppm off either way."""
    for ppm in (-500, 500):
        for phase in range(0, 1000, 83):
            group = Group(254, 255, ppm=ppm, delay_ns=50_000).start(0).run(3)
            group.world.units[1].saved = group[1].config
            group.start(1).run(3 + phase / 1000)
            leader = 0 if group[0].member.state is State.MASTER else 1
            group.inflict("stall_unit", leader, seconds=5)
            group.run(5.5)
            assert len(group.world.watch.changes) >= 2
            group.run(5)
            group.master()
            assert group.world.watch.overlaps == 0


@scenario
def master_whose_core_is_frozen_is_muted_by_its_worker() -> None:
    """F-8, C-24: the dead-man is outside of the process that decides."""
    group = pair(253, delay_ns=50_000)
    group.inflict("stall_core", 0, seconds=5)
    group.run(1.2)
    assert not group[0].device.is_open()
    group.run(8)
    assert group.is_master(1)
    assert group.world.watch.overlaps == 0


@scenario
def advert_that_was_stuck_in_its_sender_does_not_reopen_the_output() -> None:
    """F-8: stamped within the lease, sent long after it."""
    for frozen_ms in (505, 540, 600, 900, 1500):
        group = Group(254, 251, interval_ms=500, delay_ns=50_000).start().run(4).after_advert()
        group.inflict("freeze_in_send", 0, seconds=frozen_ms / 1000)
        group.run(6)
        assert group.world.watch.overlaps == 0
        group.master()


@scenario
def advert_that_was_stuck_for_a_moment_has_a_lease_from_its_stamp() -> None:
    """F-8: the lease before it has not ended yet, so it is renewed, and not by more than the backups wait."""
    group = pair(251)
    for frozen_ms in (20, 60):
        group.inflict("freeze_in_send", 0, seconds=frozen_ms / 1000)
        group.run(3)
        assert group.is_master(0)


@scenario
def claim_that_was_stuck_in_its_sender_has_a_lease_from_its_stamp() -> None:
    """F-8."""
    group = Group(254).start().run(1.1)
    group.inflict("freeze_in_send", 0, seconds=0.5)
    group.run(5)
    assert group.is_master(0)


@scenario
def late_claim_does_not_turn_backups_away_from_a_live_master() -> None:
    """C-26, S-08: the strongest claimer was frozen, the second is master by now, and the third goes on following that one."""
    group = Group(254, 253, 251, delay_ns=200_000).start().run(1.1)
    group.inflict("freeze_in_send", 0, seconds=0.56)
    group.run(0.75)
    tracked = group[2].member.master
    assert tracked is not None
    assert tracked.unit_id == group[1].unit_id
    group.run(10)
    assert group.is_master(1)
    assert [unit.name for unit, _ in group.claims()] == ["unit-0", "unit-1"]


@scenario
def ghost_of_a_stronger_master_does_not_hide_the_living_one() -> None:
    """C-02: without a key an old advert is believed; the third unit goes on hearing the master that lives."""
    for tenths in range(30, 41):
        group = Group(254, 253, 246, key=False, incumbent=True).start().run(2).after_advert()
        group.inflict("freeze_in_send", 0, seconds=tenths / 10)
        group.run(12)
        assert [unit.name for unit, _ in group.claims()] == ["unit-0", "unit-1"], f"frozen for {tenths / 10} s"


@scenario
def device_that_is_back_before_the_farewell_leaves_a_backup() -> None:
    """S-08: no ten seconds of fault for a worker that was restarted."""
    group = pair(253)
    group.inflict("break_device", 0, seconds=0.02)
    group.run(3)
    assert group.is_master(1)
    assert group[0].member.state is State.BACKUP


@scenario
def backup_whose_device_fails_is_not_named() -> None:
    """C-07, S-08: it says so at once."""
    group = Group(254, 253, 252).start().run(4)
    group.inflict("break_device", 1, seconds=60)
    group.run(0.2)
    group.order(0, Verb.SET_BACKUP)
    group.run(0.05)
    assert group.is_master(2)


@scenario
def master_that_slept_mutes_before_it_says_anything() -> None:
    """C-24, C-02: what a unit without a dead-man still guarantees."""
    group = Group(254).start().run(4)
    group.inflict("stall_core", 0, seconds=5)
    group.run(4.9)
    kept = group.keep()
    group.run(1)
    spoken = [effect for _, _, effect in kept if isinstance(effect, Send | MuteDevice)]
    assert isinstance(spoken[0], MuteDevice)
    assert not any(_is(effect, Kind.ADVERT) for effect in spoken)


@scenario
def handover_that_lay_unread_names_nobody() -> None:
    """No double output: the successor slept through its nomination, and the old master is back."""
    group = Group(252, 243, interval_ms=100, latency=Latency()).start().run(3)
    group.inflict("stall_core", 1, seconds=2)
    group.inflict("stop", 0, seconds=0.2)
    group.run(6)
    assert not group.claims(Reason.NAMED_SUCCESSOR)
    assert group.world.watch.overlaps == 0
    group.master()


@scenario
def unplugged_backup_never_claims_and_unplugged_master_mutes() -> None:
    """C-02."""
    group = pair(253)
    group.inflict("unplug", 1, seconds=10)
    group.run(9)
    assert not group.claims()
    assert group[1].member.state is State.FAULT
    group.run(4)
    group.inflict("unplug", 0, seconds=10)
    group.run(1.1)
    assert not group[0].device.is_open()
    group.run(2)
    assert group.is_master(1)
    assert group.world.watch.overlaps == 0


@scenario
def carrier_that_flickers_on_a_master_changes_nothing() -> None:
    """C-02: back before the lease ends."""
    group = pair(253).after_advert()
    group.inflict("unplug", 0, seconds=0.5)
    group.run(5)
    assert not group.claims()


@scenario
def old_recordings_change_nothing() -> None:
    """Authentication: every recorded packet, again, to a backup that runs and to one that has just started."""
    group = pair(253).run(10)
    old = [packet for packet in group.world.lan.recorded if packet.unit_id != group[1].unit_id]
    group.after_advert()
    last_ns = group.sent_at()
    group.inflict("kill", 0, seconds=60)
    for step in range(10):
        group.world.after(step * 100 * MS, _replay, group[1], old)
    group.run(3)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - last_ns == 1_300 * MS
    group.inflict("kill", 1, seconds=0.1)
    for step, packet in enumerate(packet for packet in old if packet.kind is Kind.ADVERT):
        group.world.after((step + 1) * 200 * MS, _replay, group[1], [packet])
    group.run(2)
    assert group.is_master(1), "replays kept a restarted unit from its group"


@scenario
def last_word_of_a_frozen_master_is_history() -> None:
    """Authentication, stale: an advert that left 3 s after its stamp does not dethrone the unit that took over."""
    group = pair(253).after_advert()
    group.inflict("freeze_in_send", 0, seconds=3)
    group.run(2)
    assert group.is_master(1)
    group.forget()
    group.run(8)
    assert not group.world.watch.changes, "the group changed hands again"
    assert group.is_master(1)


@scenario
def claim_never_beats_a_live_master() -> None:
    """C-26: a stronger backup that went deaf claims; the weaker master speaks up and stays."""
    group = Group(200, 254, is_clean=False, latency=Latency(100 * MS, MS, MS)).start(0).run(12).start(1).run(3)
    assert group.is_master(0)
    group.forget()
    group.world.lan.to_drop[0, 1] = 1
    group.after_advert().run(6)
    assert group.claims(), "the backup never claimed"
    assert group.is_master(0)
    assert not group.world.watch.changes


@scenario
def time_of_the_kernel_counts_and_not_the_time_of_reading() -> None:
    """S-12, guarantee 1: an advert lies in the socket for 80 ms, and moves no deadline."""
    group = pair(253).after_advert()
    due_ns = group.sent_at() + SECOND
    group.world.at(due_ns - 10 * MS, lambda: group.inflict("stall_core", 1, seconds=0.09))
    group.world.at(due_ns + MS, lambda: group.inflict("kill", 0, seconds=60))
    group.run(4)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) == due_ns + 1_300 * MS


@scenario
def answer_of_an_earlier_boot_proves_nothing_later() -> None:
    """Authentication: an old answer carries the nonce of a question that was long ago; the replayed boot stays history."""
    group = pair(253)
    group.run(5)
    old = [packet for packet in group.world.lan.recorded if packet.unit_id == group[0].unit_id]
    group.inflict("kill", 0, seconds=1)
    group.run(6)
    group.order(0, Verb.SET_MASTER)
    group.run(2)
    assert group.is_master(0)
    group.after_advert()
    group.forget()
    last_ns = group.sent_at()
    group.inflict("kill", 0, seconds=60)
    for step, packet in enumerate(packet for packet in old if packet.nonce or packet.kind is Kind.ADVERT):
        group.world.after((step + 1) * 200 * MS, _replay, group[1], [packet])
    group.run(3)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - last_ns == 1_300 * MS


def _replay(unit: SimUnit, packets: list[Message]) -> None:
    for packet in packets:
        unit.receive(packet, None, is_replay=True)


@scenario
def give_up_from_anybody_but_the_master_is_ignored() -> None:
    """C-04."""
    group = Group(254, 253, 252).start().run(4)
    group.forget()
    stranger = group[2]
    said = advert_of(group, stranger.unit_id, 0, 10_000, kind=Kind.GIVE_UP, boot=stranger.boot)
    named = said._replace(kind=Kind.HANDOVER, target=group[1].unit_id, sequence=10_001)
    for packet in (said, named):
        stamped = packet._replace(sent_at_us=stranger.now_ns() // 1000)
        group[1].report(PacketReceived(stamped, group[1].now_ns()))
    group.run(3)
    assert not group.claims()
    assert group[1].member.rejected.get("not_from_master") == 2


@scenario
def repeated_give_up_does_not_move_the_deadline() -> None:
    """C-04, C-06."""
    group = pair(251, beacons=False).run(5)
    group.order(0, Verb.STOP)
    left_ns = group.world.now_ns + group.latency.mute_ns
    group.run(3)
    [(unit, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - left_ns == 500 * MS


@scenario
def equal_priorities_are_settled_by_unit_id() -> None:
    """C-02, C-16: two claims at the same moment, and two masters after a partition."""
    group = Group(250, 250, latency=Latency(5 * MS, MS, MS), delay_ns=200_000).start().run(6)
    assert group.is_master(1)
    group = Group(250, 250, is_clean=False)
    group.inflict("partition", seconds=6, amount=1)
    group.start().run(15)
    assert group.is_master(1)


@scenario
def device_that_fails_names_the_best_backup() -> None:
    """S-08."""
    group = Group(254, 252, 253).start().run(4)
    group.inflict("break_device", 0, seconds=2)
    group.run(3)
    assert group.is_master(2)


@scenario
def outage_after_a_death_at_any_phase_is_over_within_t() -> None:
    """S-17: outage in (T-A, T], A = 1 s, P = 245; 100 deaths."""
    deaths(100, 1)


def deaths(runs: int, seed: int) -> list[int]:
    """Kill the master at a random phase, again and again; the detection part of every outage, ns."""
    group = Group(245, 245, beacons=False, seed=seed, latency=Latency())
    world, rng = group.world, group.world.rng
    group.start(0).run(2.2).start(1).run(0.1)
    outages = []
    for number in range(runs):
        dying, heir = group[number % 2], group[1 - number % 2]
        world.run_until(world.now_ns + SECOND + rng.randrange(SECOND))
        group.forget()
        died_ns = world.now_ns
        dying.kill()
        world.run_until(died_ns + 2_101 * MS)
        [(unit, at_ns)] = group.claims()
        assert unit is heir
        outage_ns = unit.clock.true_ns(at_ns) - died_ns
        assert 1_100 * MS < outage_ns <= 2_100 * MS, f"outage of {outage_ns} ns"
        outages.append(outage_ns)
        world.watch.times.clear()
        dying.start()
    return outages


def highest_wins(seed: int) -> None:
    """S-08: master dies or leaves; three backups; the highest live able one takes over, and nobody else ever opens."""
    priorities = [254, *_sample(seed)]
    group = Group(*priorities, seed=seed, interval_ms=(100, 500, 1000)[seed % 3], delay_ns=100_000, beacons=seed % 5 > 0)
    rng = group.world.rng
    group.start(0).run(1.5).start(1, 2, 3).run(2 + rng.random())
    assert group.is_master(0)
    absent = {0}
    verb = rng.choice(["kill", "set_backup", "stop", "break_device", "stall_unit", "unplug"])
    if rng.random() < 0.3:
        lost = rng.randrange(1, 4)
        group.inflict(rng.choice(["kill", "unplug", "break_device"]), lost, seconds=120)
        # One that died just now is named all the same, and the old master takes the group back (C-07): another scenario.
        group.run(5.0 if verb == "set_backup" else rng.choice([0.5, 5.0]))
        absent.add(lost)
    group.forget()
    group.inflict(verb, 0, seconds=60)
    group.run(3 * invariants.longest_timeout_ns(group.world) / SECOND + 1)
    best = max((unit for unit in group.world.units if unit.index not in absent), key=lambda unit: unit.config.priority)
    refused = _is_master(group[0])
    if refused:
        assert not group.rules.has_beacons, "set-backup was refused, and the backups had said that they are able"
        return
    assert group.master() is best, f"{group.master().name} is master, not {best.name}"
    assert {unit.name for _, unit in group.world.watch.changes} == {best.name}


def _sample(seed: int) -> list[int]:
    return World(seed).rng.sample(range(240, 254), 3)


@scenario
def highest_live_backup_becomes_master() -> None:
    """S-08, in 60 seeds."""
    for seed in range(60):
        try:
            highest_wins(seed)
        except AssertionError as broken:
            raise AssertionError(f"seed {seed}: {broken}") from broken


@scenario
def link_that_comes_back_listens_for_a_full_timeout() -> None:
    """C-22."""
    group = Group(254).start().run(3)
    unit = group[0]
    unit.report(LinkChanged(False, "test"))
    group.inflict("unplug", 0, seconds=5)
    group.run(5)
    group.forget()
    back_ns = group.world.now_ns + 2 * MS
    group.run(3)
    [(_, at_ns)] = group.claims()
    assert unit.clock.true_ns(at_ns) - back_ns == 1_200 * MS


@scenario
def crossed_claims_of_equal_priorities_open_one_output() -> None:
    """C-02, C-16: whoever claims first, while the way takes less than 2.5 ms; the invariant says that they never overlap."""
    for tenths in range(-22, 23, 2):
        group = Group(250, 250, latency=Latency(), delay_ns=2_400_000)
        group.start(0 if tenths < 0 else 1).run(abs(tenths) / 10_000).start(1 if tenths < 0 else 0).run(3)
        assert {unit.name for unit, _ in group.claims()} == {"unit-0", "unit-1"}, "they did not cross"
        assert group.is_master(1)


@scenario
def claim_that_was_stuck_in_its_sender_settles_from_when_it_left() -> None:
    """C-02: decided, then frozen for seconds; by now there is a master that this unit has not met, and has to ask first."""
    group = Group(254, 248, interval_ms=200, latency=Latency(), delay_ns=200_000).start(1).run(0.1)
    group.inflict("freeze_in_send", 1, seconds=4.4)
    group.run(1.5).start(0).run(2)
    assert group.is_master(0)
    group.run(3)
    assert [unit.name for unit, _ in group.claims()] == ["unit-0", "unit-1"]
    assert group.is_master(0)
    assert group[1].member.state is State.BACKUP


@scenario
def claimer_whose_socket_is_flooded_waits_until_it_has_read_the_other_claim() -> None:
    """C-02, Tick.is_drained: what was not read is no silence."""
    group = Group(250, 250, latency=Latency(15 * MS), delay_ns=2 * MS).start().run(0.5)
    while not group.claims():
        group.run(0.0001)
    group[0].flood_began(40 * MS)
    group.run(1)
    group[0].flood_ended()
    group.run(2)
    assert group.is_master(1)


@scenario
def flood_that_lasts_does_not_keep_a_claimer_from_opening() -> None:
    """C-07: its claims hold the others off, so it must not wait for an empty socket for ever (sim seed 3000664)."""
    group = Group(250, 245).start().run(1.5)
    while not group.claims():
        group.run(0.0001)
    group[0].flood_began(15 * MS)
    group.run(1.1)
    assert group.is_master(0)


def _slower(group: Group, *links: tuple[int, int], by_ns: int = 300 * MS) -> None:
    for link in links:
        group.world.lan.slower_ns[link] = by_ns


@scenario
def way_that_becomes_longer_for_good_is_measured_anew() -> None:
    """Fresh is not new: 0.3 s more, one way or both, and longer than the lease; proof of life sets the new measure."""
    for links in (((0, 1),), ((1, 0),), ((0, 1), (1, 0))):
        group = Group(246, 245, interval_ms=100, is_clean=False, delay_ns=100_000).start(0).run(2).start(1).run(2)
        group.forget()
        _slower(group, *links)
        group.run(4)
        assert not group.claims(), "F-1"
        rejected = [dict(unit.member.rejected) for unit in group.world.units]
        group.run(5)
        assert rejected == [unit.member.rejected for unit in group.world.units], "deaf for good"
        group.order(1, Verb.SET_MASTER)
        group.run(1.5)
        assert len(group.claims(Reason.NAMED_SUCCESSOR)) == len(group.claims()) == 1, "the handover was not heard"
        assert group.is_master(1)


@scenario
def masters_that_no_longer_hear_each_other_in_time_still_settle_it() -> None:
    """C-02: the way becomes longer than T; both are master, and each other's words are stale until proven."""
    group = pair(254, interval_ms=100, is_clean=False).run(1)
    group.world.watch.excuse(group.world.now_ns + 5 * SECOND)
    _slower(group, (0, 1), (1, 0), by_ns=450 * MS)
    group.run(5)
    assert group.world.watch.overlaps > 0, "no double master was seen"
    group.master()


@scenario
def units_with_a_long_way_between_them_prove_themselves() -> None:
    """Authentication, on a routed site: an answer that is still on its way when the question is repeated counts."""
    for delay_ms in (14, 16, 40, 120, 400):
        group = Group(254, 240, delay_ns=delay_ms * MS, is_clean=False).start(0).run(3).start(1).run(2)
        tracked = group[1].member.master
        assert tracked is not None, f"a way of {delay_ms} ms: no master is known"
        assert group[0].engine is not None
        assert group[0].engine.unit.peers.able(GROUP, group[0].now_ns()), f"a way of {delay_ms} ms: no backup is known"


@scenario
def lost_answer_to_a_challenge_is_asked_for_again() -> None:
    """Authentication: one lost packet does not make a living unit look like a recording until its next advert."""
    group = Group(254, 250, is_clean=False, delay_ns=MS).start(0).run(3)
    group.world.lan.blocked.add((0, 1))
    group.start(1).run(1.18)
    group.world.lan.blocked.clear()
    group.after_advert()
    group.world.lan.to_drop[0, 1] = 1
    group.run(0.0015)
    assert group[1].member.rejected == {"unproven": 1}
    assert group.world.lan.to_drop[0, 1] == 1, "there was no answer to lose"
    group.run(0.05)
    assert group.world.lan.to_drop[0, 1] == 0
    tracked = group[1].member.master
    assert tracked is not None, "nobody asked again"


@scenario
def reordering_and_duplicates_change_nothing() -> None:
    """F-1, authentication: packets overtake each other by up to 10 ms; the older one is history, the deadline is right."""
    for seed in range(20):
        for key in (False, True):
            group = Group(254, 251, 250, interval_ms=10, key=key, seed=seed, delay_ns=100_000).start(0).run(0.4).start(1, 2)
            group.run(1)
            group.forget()
            group.inflict("shuffle", seconds=6, amount=500)
            group.run(5)
            assert not group.claims()
            group.order(1, Verb.SET_MASTER)
            group.run(0.5)
            assert group.is_master(1)
            group.run(1)
            assert group.splits() == [0, 0, 0]
