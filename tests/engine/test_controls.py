"""Controls that change while the unit runs: refused definitely, or in force at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from agent.engine.config import Controls, Identity, LanRules, MemberConfig, Seat
from agent.engine.controls import controls_of
from agent.engine.effects import ControlsChanged, GrantLease, Outcome, Reply, Send
from agent.engine.engine import Engine
from agent.engine.events import Adjusted, Command, ConfigChanged, Stalled, Tick, Verb
from agent.engine.reasons import AlarmName, State
from agent.engine.timing import lease_ns
from agent.wire.message import Kind, Why
from tests.engine.desk import GROUP, MS, OWN_ID, SECOND, Desk
from tests.engine.pool_desk import OWN_GROUP, PoolDesk


def answer(desk: Desk) -> Reply:
    """The last one."""
    return desk.all(Reply)[-1]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"priority": 0}, "priority 0 is not 1..255"),
        ({"priority": 256}, "priority 256 is not 1..255"),
        ({"priority": -1}, "priority -1 is not 1..255"),
        ({"interval_ms": 9}, "9 ms is not 10..40950 ms"),
        ({"interval_ms": 40_951}, "40951 ms is not"),
        ({"return_hold_ns": -1}, "not 0..3600 s"),
        ({"return_hold_ns": 3_601 * SECOND}, "not 0..3600 s"),
        ({"priority": 255, "is_preempting": True}, "no effect at priority 255 (S-06)"),
        ({"return_hold_ns": SECOND}, "in N:M only"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(changes: dict[str, int], says: str) -> None:
    """S-03, S-06, C-17: and nothing has changed."""
    desk = Desk().able()
    before, revision = desk.member.config, desk.engine.unit.revision
    desk.adjust("a1", **changes)
    assert (answer(desk).command_id, answer(desk).outcome) == ("a1", Outcome.REFUSED)
    assert says in answer(desk).text
    assert (desk.member.config, desk.engine.unit.revision) == (before, revision)


def test_whole_range_of_priorities_and_intervals_is_taken() -> None:
    """S-03: both ends."""
    desk = Desk().able()
    for priority, interval_ms in ((1, 10), (255, 40_950)):
        desk.adjust("a", priority=priority, interval_ms=interval_ms)
        assert answer(desk).outcome is Outcome.DONE
        assert (desk.member.config.priority, desk.member.config.interval_ms) == (priority, interval_ms)


@pytest.mark.parametrize("changes", [{"priority": 255}, {"is_preempting": True}])
@pytest.mark.parametrize("group", [1, OWN_GROUP])
def test_neither_255_nor_preempt_in_a_pool(changes: dict[str, int], group: int) -> None:
    """S-24, C-03, C-16: neither in a seat that it protects nor in its own group."""
    desk = PoolDesk().guarding()
    controls = replace(controls_of(desk.seat(group).config), **changes)  # type: ignore[arg-type]
    desk.feed(Adjusted(group, controls, "a"))
    assert answer(desk).outcome is Outcome.REFUSED
    assert "N:M" in answer(desk).text


def test_group_without_a_seat_is_refused() -> None:
    """C-17."""
    desk = Desk().able()
    desk.feed(Adjusted(9, controls_of(desk.member.config), "a"))
    assert (answer(desk).outcome, answer(desk).text) == (Outcome.REFUSED, "this unit has no seat in group 9")


def test_what_is_in_force_already_changes_nothing() -> None:
    """The whole set may be told as often as one likes: management does so whenever it connects."""
    desk = Desk().able()
    desk.adjust("a", is_in_maintenance=True, maintenance_until_ns=desk.now_ns + 9 * SECOND)
    revision = desk.engine.unit.revision
    desk.effects.clear()
    desk.adjust("b")
    desk.adjust("c", maintenance_until_ns=desk.now_ns + 9 * SECOND + 300 * MS)
    assert [type(effect) for effect in desk.effects] == [Reply, Reply]
    assert desk.engine.unit.revision == revision


def test_off_is_not_a_control_to_set() -> None:
    """D-12: OFF and ON are commands, with their own conditions."""
    desk = Desk().able()
    desk.adjust("a", is_off=True)
    assert desk.state is State.BACKUP
    assert not desk.member.config.is_off


def test_every_change_moves_the_revision_and_is_told() -> None:
    """Faces publish whole states only: they see by the revision that there is a new one."""
    desk = Desk().able()
    revision = desk.engine.unit.revision
    desk.adjust(is_locked=True)
    assert desk.all(ControlsChanged) == [ControlsChanged(GROUP)]
    assert desk.engine.unit.revision == revision + 1
    shown = desk.engine.member_snapshot(GROUP, desk.now_ns)
    assert shown["revision"] == desk.engine.unit_snapshot(desk.now_ns)["revision"] == revision + 1
    assert shown["controls"] == {
        "priority": 200,
        "preempt": False,
        "interval_ms": 1000,
        "return_hold_ms": None,
        "attended": False,
        "maintenance": False,
        "maintenance_until_ns": None,
        "locked": True,
        "off": False,
    }


def due_s(desk: Desk) -> float:
    """Until the takeover, from now."""
    shown = desk.engine.member_snapshot(GROUP, desk.now_ns)["takeover_in_ms"]
    assert isinstance(shown, float)
    return shown / 1000


@pytest.mark.parametrize(("priority", "interval_ms", "timeout_s"), [(250, 1000, 1.6), (100, 1000, 16.6), (200, 3000, 8.6)])
def test_deadline_of_a_backup_counts_from_the_same_advert(priority: int, interval_ms: int, timeout_s: float) -> None:
    """S-12: T is the new one, at once; the silence has begun when it began."""
    desk = Desk(200).following().pass_time(0.5)
    desk.adjust(priority=priority, interval_ms=interval_ms)
    assert due_s(desk) == pytest.approx(timeout_s - 0.5)
    desk.hear(Kind.ADVERT)
    assert due_s(desk) == pytest.approx(timeout_s)


def test_deadline_that_would_have_passed_is_now_and_waits_for_an_empty_socket() -> None:
    """F-5: a silence is believed only when everything that arrived has been read."""
    desk = Desk(200).following().pass_time(3)
    desk.adjust(priority=250)
    assert due_s(desk) == 0
    desk.feed(Tick(is_drained=False))
    assert desk.state is State.BACKUP
    desk.hear(Kind.ADVERT)
    assert due_s(desk) == pytest.approx(1.6)


def test_wait_after_a_give_up_is_the_new_skew() -> None:
    """C-06: it counts no interval, whatever has become of that."""
    desk = Desk(200).following()
    desk.hear(Kind.GIVE_UP, 0)
    desk.adjust(priority=250, interval_ms=100)
    assert due_s(desk) == pytest.approx(0.6)


def test_doubt_after_a_stall_is_not_cut_short_by_a_shorter_interval() -> None:
    """F-5: the silence may be its own; the answer to its question has the whole skew to come."""
    desk = Desk(250).following()
    desk.now_ns += 10 * SECOND
    desk.feed(Stalled(8 * SECOND))
    assert due_s(desk) == pytest.approx(0.6)
    desk.adjust(interval_ms=10)
    assert due_s(desk) == pytest.approx(0.6)


def test_backup_says_at_once_what_it_is_now() -> None:
    """C-18: a master chooses its successor by it."""
    desk = Desk(200).following()
    desk.effects.clear()
    desk.adjust(priority=210)
    assert [message.priority for message in desk.sent(Kind.BEACON)] == [210]


def test_master_advertises_its_new_priority_at_once() -> None:
    """S-03; at most every 20 ms, whatever a manager does."""
    desk = Desk(200).as_master().pass_time(0.5)
    desk.effects.clear()
    for priority in (201, 202, 203):
        desk.adjust(priority=priority)
    assert [message.priority for message in desk.sent(Kind.ADVERT)] == [201]
    desk.pass_time(0.021)
    assert [message.priority for message in desk.sent(Kind.ADVERT)] == [201, 203]


def adverts(desk: Desk, seconds: float) -> list[tuple[float, int, float]]:
    """(ms since then, interval that it says, ms of lease that it got) of every advert that leaves from now on."""
    began_ns, first = desk.now_ns, len(desk.effects)
    desk.pass_time(seconds)
    found = []
    effects = desk.effects[first:]
    for effect, following in pairwise(effects):
        if isinstance(effect, Send) and effect.message.kind is Kind.ADVERT:
            assert isinstance(following, GrantLease)
            at_ns = effect.message.sent_at_us * 1000
            found.append(((at_ns - began_ns) / MS, effect.message.interval_ms, (following.until_ns - at_ns) / MS))
    return found


def test_longer_interval_counts_when_three_adverts_have_said_it() -> None:
    """F-8, C-21: until then beat and lease are those that every backup goes by."""
    desk = Desk(200, interval_ms=100).as_master()
    desk.pass_time(0.05)
    desk.adjust(interval_ms=1000)
    heard = adverts(desk, 3.2)
    gaps = [round(later[0] - earlier[0]) for earlier, later in pairwise(heard)]
    assert {interval_ms for _, interval_ms, _ in heard} == {1000}
    assert gaps[:2] == [100, 100]
    assert set(gaps[2:]) == {1000}
    assert [round(lease, 1) for *_, lease in heard] == [179.8, 179.8] + [1078.9] * (len(heard) - 2)


def test_longer_interval_does_not_count_while_no_advert_leaves() -> None:
    """A direct cable without carrier, held: nobody has heard of it."""
    desk = Desk(200, interval_ms=100).as_master()
    desk.engine.unit.rules = LanRules(holds_on_carrier_loss=True)
    desk.adjust(interval_ms=1000)
    desk.engine.unit.is_link_up = False
    desk.pass_time(2)
    assert (desk.member.pace_ms, desk.member.beats_to_raise) == (100, 3)


def test_shorter_interval_counts_at_once_and_the_lease_is_cut_first() -> None:
    """F-8: a process that freezes while it says so has no lease beyond what the backups will wait."""
    desk = Desk(200).as_master().pass_time(0.5)
    effects = desk.adjust(interval_ms=100)
    grants = [effect.until_ns - desk.now_ns for effect in effects if isinstance(effect, GrantLease)]
    sent = next(index for index, effect in enumerate(effects) if isinstance(effect, Send))
    granted = next(index for index, effect in enumerate(effects) if isinstance(effect, GrantLease))
    assert granted < sent
    assert grants[0] == lease_ns(100)
    heard = adverts(desk, 1)
    assert {round(later[0] - earlier[0]) for earlier, later in pairwise(heard)} == {100}
    assert {round(lease, 1) for *_, lease in heard} == {179.8}


def test_interval_that_is_raised_and_lowered_again_was_never_raised() -> None:
    """F-8."""
    desk = Desk(200, interval_ms=100).as_master()
    desk.adjust(interval_ms=1000)
    desk.adjust(interval_ms=100)
    desk.pass_time(3)
    assert (desk.member.pace_ms, desk.member.beats_to_raise) == (100, 0)
    assert desk.state is State.MASTER


def test_claimer_claims_anew_with_what_it_is_now() -> None:
    """S-03, F-8: and its claim's lease is not longer than its first claim said."""
    desk = Desk(200, interval_ms=100).able()
    desk.is_prompt = False
    desk.pass_time(6)
    assert desk.state is State.CLAIMING
    desk.adjust(priority=250, interval_ms=1000)
    desk.pass_time(0.021)
    assert (desk.sent(Kind.CLAIM)[-1].priority, desk.sent(Kind.CLAIM)[-1].interval_ms) == (250, 1000)
    assert desk.member.lease_until_ns <= desk.now_ns + lease_ns(100)
    desk.adjust(interval_ms=10)
    assert desk.member.lease_until_ns == desk.now_ns + lease_ns(10)


def test_raised_above_a_preemptable_master_it_preempts() -> None:
    """S-09: a request as usual, never a fait accompli."""
    desk = Desk(100, preempt=True).following(200)
    desk.adjust(priority=210)
    desk.hear(Kind.ADVERT, 200)
    assert [request.priority for request in desk.sent(Kind.REQUEST)] == [210]
    assert desk.state is State.BACKUP


def test_preempt_switched_off_ends_the_asking() -> None:
    """S-10."""
    desk = Desk(210, preempt=True).following(200)
    assert desk.sent(Kind.REQUEST)
    desk.adjust(is_preempting=False)
    desk.effects.clear()
    desk.pass_time(1)
    assert not desk.sent(Kind.REQUEST)


def test_attended_and_back_to_automatic() -> None:
    """D-31, D-40, D-45: a yellow unit lets the deadline pass; armed, it listens for one full T, and takes over."""
    desk = Desk(250).following()
    desk.adjust(is_attended=True)
    desk.pass_time(10)
    assert desk.state is State.BACKUP
    assert AlarmName.ATTENDED in desk.member.alarms
    desk.adjust(is_attended=False)
    assert AlarmName.ATTENDED not in desk.member.alarms
    assert due_s(desk) == pytest.approx(1.6)
    desk.pass_time(2)
    assert desk.member.state is State.MASTER


def maintained(priority: int = 250) -> Desk:
    """A backup in maintenance."""
    desk = Desk(priority).following()
    desk.adjust(is_in_maintenance=True)
    return desk


def test_maintenance_suspends_the_takeover_and_says_so() -> None:
    """C-13: a warning while it lasts, a critical alarm when it would have taken over."""
    desk = maintained()
    assert AlarmName.MAINTENANCE in desk.member.alarms
    desk.pass_time(20)
    assert desk.state is State.BACKUP
    assert "in maintenance: `understudy set-master 7`" in desk.member.alarms[AlarmName.ATTENDED].text
    desk.adjust(is_in_maintenance=False)
    assert desk.member.alarms == {}
    desk.pass_time(2)
    assert desk.member.state is State.MASTER


def test_maintenance_ends_by_itself() -> None:
    """C-13: it cannot be stranded, even if there is nobody to end it."""
    desk = Desk(250).following()
    desk.adjust(is_in_maintenance=True, maintenance_until_ns=desk.now_ns + 5 * SECOND)
    desk.pass_time(4.9)
    assert desk.state is State.BACKUP
    desk.pass_time(0.2)
    assert not desk.member.config.is_in_maintenance
    assert AlarmName.MAINTENANCE not in desk.member.alarms
    desk.pass_time(2)
    assert desk.member.state is State.MASTER


def test_end_of_maintenance_outlives_changes_of_state() -> None:
    """C-13: the door between states forgets other deadlines, not this one."""
    desk = Desk(250).able()
    desk.adjust(is_in_maintenance=True, maintenance_until_ns=desk.now_ns + 5 * SECOND)
    desk.command(Verb.SET_MASTER, forced=True)
    desk.pass_time(1)
    assert desk.state is State.MASTER
    desk.pass_time(5)
    assert not desk.member.config.is_in_maintenance


def test_nobody_names_a_unit_in_maintenance_and_it_obeys_no_name() -> None:
    """C-13: readiness 0 in its beacons; a master that knows no better leaves it to the others."""
    desk = maintained()
    assert desk.sent(Kind.BEACON)[-1].readiness == 0
    desk.hear(Kind.HANDOVER, 0, target=OWN_ID)
    assert desk.state is State.BACKUP
    desk.pass_time(20)
    assert desk.state is State.BACKUP


def test_person_orders_a_unit_in_maintenance_to_take_over() -> None:
    """C-13, C-23: the master must know that it can serve."""
    desk = maintained()
    desk.command(Verb.SET_MASTER)
    assert desk.sent(Kind.REQUEST)[-1].readiness == 255
    desk.hear(Kind.HANDOVER, 0, target=OWN_ID)
    desk.pass_time(0.1)
    assert desk.state is State.MASTER
    assert answer(desk).outcome is Outcome.DONE


def test_arm_and_take_with_one_command() -> None:
    """C-23: after the deadline nobody is asked."""
    desk = maintained().pass_time(20)
    desk.command(Verb.SET_MASTER)
    desk.pass_time(0.1)
    assert desk.state is State.MASTER


def test_maintenance_preempts_nobody() -> None:
    """C-13: preemption is automatic."""
    desk = Desk(210, preempt=True)
    desk.adjust(is_in_maintenance=True)
    desk.following(200).pass_time(0.5)
    assert not desk.sent(Kind.REQUEST)


def requested(desk: Desk, why: Why, *, is_preempting: bool = False) -> Why | None:
    """What a master that is asked answers; None: it hands over."""
    desk.effects.clear()
    flags = 0x0008 if is_preempting else 0
    desk.hear(Kind.REQUEST, 250, target=OWN_ID, operation=3, why=why, flags=flags)
    refusals = desk.sent(Kind.REFUSAL)
    return refusals[-1].why if refusals else None


@pytest.mark.parametrize(
    ("control", "why", "is_preempting", "answered"),
    [
        ("is_in_maintenance", Why.PREEMPTED, True, Why.MAINTENANCE),
        ("is_in_maintenance", Why.RETURNED, False, Why.MAINTENANCE),
        ("is_in_maintenance", Why.COMMAND, False, None),
        ("is_locked", Why.COMMAND, False, Why.LOCKED),
        ("is_locked", Why.PREEMPTED, True, None),
        ("is_locked", Why.RETURNED, False, None),
    ],
)
def test_lock_stops_persons_and_maintenance_stops_what_is_automatic(
    control: str, why: Why, is_preempting: bool, answered: Why | None
) -> None:
    """C-13, D-49."""
    desk = Desk(200).as_master()
    desk.feed(Adjusted(GROUP, replace(controls_of(desk.member.config), **{control: True})))
    assert requested(desk, why, is_preempting=is_preempting) is answered
    assert desk.state is (State.BACKUP if answered is None else State.MASTER)


def test_lock_does_not_stop_protection() -> None:
    """C-13: a locked backup takes over, a locked master is yielded by its device and its agent."""
    backup = Desk(250).following()
    backup.adjust(is_locked=True)
    backup.pass_time(10)
    assert backup.state is State.MASTER
    master = Desk(200).as_master()
    master.adjust(is_locked=True)
    master.hear(Kind.BEACON)
    master.command(Verb.STOP)
    assert master.state is State.OFF


def test_who_asks_a_locked_master_is_told_where_it_is_locked() -> None:
    """D-49, C-17."""
    desk = Desk(200).following()
    desk.command(Verb.SET_MASTER)
    desk.hear(Kind.REFUSAL, 100, target=OWN_ID, operation=desk.sent(Kind.REQUEST)[-1].operation, why=Why.LOCKED)
    assert answer(desk).outcome is Outcome.REFUSED
    assert "locked at peer" in answer(desk).text


def engine_with(controls: Controls) -> Engine:
    """One that starts with what was set in an earlier life."""
    config = MemberConfig(GROUP, 1, 200, 1000, "rx")
    return Engine(Identity(OWN_ID, 5, "desk", "1.0", bytes(16)), LanRules(), [config], None, {GROUP: controls})


def test_controls_of_an_earlier_life_are_in_force_from_the_start() -> None:
    """C-13: they survive a restart of core; what the file no longer allows does not."""
    desk = Desk()
    desk.engine = engine_with(Controls(210, False, 500, is_in_maintenance=True, is_locked=True))
    desk.able()
    desk.feed(Command("c", Verb.ACKNOWLEDGE, GROUP))
    assert controls_of(desk.member.config) == Controls(210, False, 500, is_in_maintenance=True, is_locked=True)
    assert controls_of(engine_with(Controls(300, False, 500)).members[GROUP].config) == Controls(200, False, 1000)


def test_seat_that_an_n_to_m_backup_takes_later_has_its_controls() -> None:
    """S-22, C-13: maintenance of a group whose master was away when this unit started."""
    desk = PoolDesk((), everywhere=True).able()
    controls = replace(controls_of(desk.seat(OWN_GROUP).config), is_in_maintenance=True)
    desk.engine._controls = {3: controls}
    desk.home(3)
    desk.home(4)
    assert AlarmName.MAINTENANCE in desk.seat(3).alarms
    assert desk.seat(3).config.seat is Seat.POOLED
    assert AlarmName.MAINTENANCE not in desk.seat(4).alarms


def test_pool_does_not_wait_for_a_seat_that_will_not_claim() -> None:
    """C-16: a better-ranked group in maintenance holds nobody up."""
    desk = PoolDesk().guarding()
    desk.feed(ConfigChanged(1, 4, bytes(32), True, rank=1))
    controls = replace(controls_of(desk.seat(1).config), is_in_maintenance=True)
    desk.feed(Adjusted(1, controls))
    desk.pass_time(2.61)
    assert desk.state_of(2) in (State.CLAIMING, State.MASTER)
    assert desk.state_of(1) is State.BACKUP
