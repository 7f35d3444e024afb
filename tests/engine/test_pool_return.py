"""The home of a group whose group is aired by an N:M backup: it waits, says so, asks when its policy says so (C-09, C-10)."""

from __future__ import annotations

from agent.engine.config import Identity, LanRules, MemberConfig
from agent.engine.effects import ClearAlarm, RaiseAlarm
from agent.engine.engine import Engine
from agent.engine.events import ConfigChanged, Start, Verb
from agent.engine.reasons import AlarmName, State
from agent.wire.message import Designation, Flag, Kind, Why
from tests.engine.desk import GROUP, OWN_ID, PEER_ID, SECOND, Desk


class HomeDesk(Desk):
    """A master with `hold_s`: its return policy."""

    def __init__(self, hold_s: float | None = None, *, designation: Designation = Designation.MAIN, priority: int = 254) -> None:
        hold_ns = None if hold_s is None else round(hold_s * SECOND)
        config = MemberConfig(GROUP, 1, priority, 1000, "rx", designation, is_n_to_m=True, return_hold_ns=hold_ns)
        self.engine = Engine(Identity(OWN_ID, 5, "home", "1.0", bytes(16)), LanRules(), [config])
        self.now_ns, self.effects, self.is_prompt, self.sequence = 10 * SECOND, [], True, 0
        self.feed(Start())

    def aired(self, seconds: float = 0.0) -> HomeDesk:
        """The acting unit advertises, twice a second, for so long."""
        for _ in range(1 + int(seconds * 2)):
            self.hear(Kind.ADVERT, 240, acting_for=GROUP, designation=Designation.NM_BACKUP)
            self.pass_time(0.5)
        return self

    def returned(self) -> HomeDesk:
        """It is able, and hears its group."""
        self.able()
        return self.aired()


def test_home_that_hears_its_group_aired_is_returned() -> None:
    """C-09, S-32, Z-37, Z-38: an alarm that says what to do; the snapshot says so; it does not ask by itself."""
    desk = HomeDesk().returned().aired(60)
    assert desk.member.is_returned
    assert "set-master 7" in desk.member.alarms[AlarmName.RETURNED].text
    assert desk.sent(Kind.REQUEST) == []
    snapshot = desk.engine.member_snapshot(GROUP, desk.now_ns)
    assert snapshot["returned"] is True


def test_alarm_ends_with_the_state_that_it_is_about() -> None:
    """When it is master again, and when it cannot serve any more."""
    desk = HomeDesk().returned()
    desk.command(Verb.SET_MASTER)
    desk.hear(Kind.HANDOVER, 0, target=OWN_ID, why=Why.COMMAND)
    assert desk.state is State.MASTER
    assert ClearAlarm(GROUP, AlarmName.RETURNED) in desk.effects
    assert AlarmName.RETURNED not in desk.member.alarms


def test_policy_asks_after_its_time_with_its_name() -> None:
    """C-10, S-33: reason 11 on the wire."""
    desk = HomeDesk(10).returned().aired(8)
    assert desk.sent(Kind.REQUEST) == []
    desk.aired(3)
    request = desk.sent(Kind.REQUEST)[0]
    assert (request.why, request.target, request.flags & Flag.PREEMPTING) == (Why.RETURNED, PEER_ID, 0)
    desk.hear(Kind.HANDOVER, 0, target=OWN_ID, why=Why.RETURNED)
    assert desk.state is State.MASTER


def test_policy_goes_on_asking_when_nobody_answers_and_rests_when_refused() -> None:
    """C-10: lost packets are no refusal."""
    desk = HomeDesk(1).returned().aired(6)
    first = len(desk.sent(Kind.REQUEST))
    assert first > 10
    number = desk.sent(Kind.REQUEST)[-1].operation
    desk.hear(Kind.REFUSAL, 240, target=OWN_ID, operation=number, why=Why.BUSY)
    assert desk.member.operation is None
    desk.aired(3)
    assert len(desk.sent(Kind.REQUEST)) > first


def test_policy_leaves_to_a_person_what_is_not_steady() -> None:
    """C-10, C-14: below 128."""
    desk = HomeDesk(1).returned()
    desk.feed(ConfigChanged(GROUP, 1, bytes(32), True, 100))
    assert desk.aired(10).sent(Kind.REQUEST) == []
    desk.feed(ConfigChanged(GROUP, 1, bytes(32), True, 200))
    assert desk.aired(1).sent(Kind.REQUEST)


def test_policy_does_not_undo_a_command() -> None:
    """S-33: sent away by set-backup here, or by set-master there."""
    for is_here in (True, False):
        desk = HomeDesk(1)
        desk.able().pass_time(5)
        desk.hear(Kind.BEACON, 240, designation=Designation.NM_BACKUP)
        if is_here:
            desk.command(Verb.SET_BACKUP)
        else:
            desk.hear(Kind.REQUEST, 240, target=OWN_ID, operation=3, why=Why.COMMAND)
        assert desk.state is State.BACKUP
        assert desk.member.is_parked
        assert desk.aired(20).sent(Kind.REQUEST) == []


def test_master_with_a_mains_group_is_told_of_a_second_one() -> None:
    """S-20."""
    desk = HomeDesk().as_master()
    desk.hear(Kind.BEACON, 200)
    assert "S-20" in desk.member.alarms[AlarmName.POOL_CONFLICT].text


def test_backup_whose_priority_is_too_high_is_a_conflict_until_it_is_lowered() -> None:
    """S-23, C-16: by its next word."""
    desk = HomeDesk().as_master()
    desk.hear(Kind.BEACON, 254, designation=Designation.NM_BACKUP)
    assert [raised.name for raised in desk.all(RaiseAlarm)] == [AlarmName.POOL_CONFLICT]
    desk.hear(Kind.BEACON, 253, designation=Designation.NM_BACKUP)
    assert AlarmName.POOL_CONFLICT not in desk.member.alarms


def test_conflict_ends_a_minute_after_the_last_word() -> None:
    """Whoever made it is gone."""
    desk = HomeDesk().as_master()
    desk.hear(Kind.BEACON, 250, designation=Designation.NM_BACKUP, flags=Flag.PREEMPT)
    assert "S-24" in desk.member.alarms[AlarmName.POOL_CONFLICT].text
    desk.pass_time(70)
    assert AlarmName.POOL_CONFLICT not in desk.member.alarms


def test_outside_n_to_m_nothing_of_this_is_looked_at() -> None:
    """S-18: 1:1 as before."""
    desk = Desk(254).as_master()
    desk.hear(Kind.BEACON, 254, designation=Designation.NM_BACKUP)
    desk.hear(Kind.BEACON, 200)
    assert not desk.all(RaiseAlarm)
