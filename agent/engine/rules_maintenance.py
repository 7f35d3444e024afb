"""Maintenance (C-13): nothing automatic at this seat; the alarm says so, and its end is a deadline like any other."""

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, raise_alarm
from agent.engine.member import Member
from agent.engine.reasons import AlarmName
from agent.engine.turn import Turn


def note_maintenance(member: Member, turn: Turn) -> None:
    """The controls were set: begin, renew or end it."""
    config = member.config
    turn.disarm(member, Timer.MAINTENANCE)
    if not config.is_in_maintenance:
        clear_alarm(member, turn, AlarmName.MAINTENANCE)
        return
    text = f"maintenance: this unit takes group {member.group} neither over nor back by itself; a person's set-master is obeyed"
    raise_alarm(member, turn, AlarmName.MAINTENANCE, text)
    if config.maintenance_until_ns is not None:
        turn.arm(member, Timer.MAINTENANCE, max(config.maintenance_until_ns, turn.now_ns))
