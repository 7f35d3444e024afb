"""A backup that a person attends: it calls, and takes over when told to."""

from __future__ import annotations

from dataclasses import replace

from agent.engine.effects import Outcome
from agent.engine.events import Verb
from agent.engine.reasons import AlarmName, State
from agent.wire.message import Kind
from tests.engine.desk import Desk


def attended() -> Desk:
    """A backup of a live master."""
    desk = Desk()
    desk.member.config = replace(desk.member.config, is_attended=True)
    return desk.following(100)


def test_attended_backup_lets_the_deadline_pass_and_calls_the_operator() -> None:
    """D-40: no automatic start."""
    desk = attended().pass_time(60)
    assert desk.state is State.BACKUP
    assert "set-master 7" in desk.member.alarms[AlarmName.ATTENDED].text


def test_attended_backup_takes_over_at_one_command() -> None:
    """D-40, C-23: nobody is asked whose silence has lasted a full T, and no --force is needed."""
    desk = attended().pass_time(60)
    desk.command(Verb.SET_MASTER)
    desk.pass_time(1)
    assert desk.state is State.MASTER
    assert desk.reply().outcome is Outcome.DONE
    assert AlarmName.ATTENDED not in desk.member.alarms


def test_the_call_ends_when_a_master_is_heard_again() -> None:
    """D-40: then set-master asks that one, as ever."""
    desk = attended().pass_time(60)
    desk.hear(Kind.ADVERT)
    assert AlarmName.ATTENDED not in desk.member.alarms
    desk.command(Verb.SET_MASTER)
    assert desk.state is State.BACKUP
    assert desk.sent(Kind.REQUEST)


def test_attended_backup_obeys_a_handover() -> None:
    """A person ordered it at the master."""
    desk = attended()
    desk.hear(Kind.HANDOVER, 0, target=100)
    desk.pass_time(0.1)
    assert desk.state is State.MASTER
    assert (State.BACKUP, State.CLAIMING) in desk.changes()
