"""A repaired master that finds its group aired by an N:M backup: it waits, says so, asks when its policy says so (C-09, C-10)."""

from agent.engine.door import clear_alarm, raise_alarm
from agent.engine.member import Member
from agent.engine.reasons import AlarmName
from agent.engine.turn import Turn

STEADY_READINESS = 128
"""From here on a unit serves without reservations (docs/protocol.md): a policy may act; below, a person must."""


def note_return(member: Member, turn: Turn) -> None:
    """Tell the operator, or that it is over."""
    if not member.is_returned:
        clear_alarm(member, turn, AlarmName.RETURNED)
        return
    assert member.master is not None
    hold_ns, group, name = member.config.return_hold_ns, member.group, member.master.name
    policy = "" if hold_ns is None else f", or its return policy after {hold_ns / 1e9:g} s without a break"
    text = f"{name} is airing group {group} for this unit; `understudy set-master {group}` here brings it back{policy}"
    raise_alarm(member, turn, AlarmName.RETURNED, text)


def is_return_due(member: Member, turn: Turn) -> bool:
    """Policy `after_hold`: back for long enough without a break, and not sent away by a person."""
    hold_ns, configuration = member.config.return_hold_ns, member.configuration
    if hold_ns is None or member.is_parked or not member.is_returned:
        return False
    is_steady = configuration is None or configuration.readiness >= STEADY_READINESS
    return is_steady and turn.now_ns >= max(member.backup_since_ns + hold_ns, member.preempt_after_ns)
