"""A backup that a person attends (D-40): it takes nothing over by itself, and says when it would have."""

from agent.engine.door import raise_alarm
from agent.engine.member import Member, Turn
from agent.engine.reasons import AlarmName


def call_the_operator(member: Member, turn: Turn) -> None:
    """The deadline has passed."""
    group = member.group
    text = f"no master of group {group} is heard, and this backup is attended: `understudy set-master {group}` here takes over"
    raise_alarm(member, turn, AlarmName.ATTENDED, text)


def is_called(member: Member) -> bool:
    """Was the operator called, and nobody heard since? Then an order needs nobody's consent."""
    return AlarmName.ATTENDED in member.alarms
