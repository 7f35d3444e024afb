"""A backup that takes nothing over by itself: a person attends it (D-40), or works on it (C-13). It says when it would have."""

from agent.engine.config import MemberConfig
from agent.engine.door import raise_alarm
from agent.engine.member import Member
from agent.engine.reasons import AlarmName
from agent.engine.turn import Turn


def is_by_hand(config: MemberConfig) -> bool:
    """Does a person order every takeover?"""
    return config.is_attended or config.is_in_maintenance


def call_the_operator(member: Member, turn: Turn) -> None:
    """The deadline has passed."""
    group, what = member.group, "in maintenance" if member.config.is_in_maintenance else "attended"
    text = f"no master of group {group} is heard, and this backup is {what}: `understudy set-master {group}` here takes over"
    raise_alarm(member, turn, AlarmName.ATTENDED, text)


def is_called(member: Member) -> bool:
    """Was the operator called, and nobody heard since? Then an order needs nobody's consent."""
    return AlarmName.ATTENDED in member.alarms
