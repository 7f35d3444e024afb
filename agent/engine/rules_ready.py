"""A backup whose readiness has changed: its configuration, or what keeps it from serving."""

from agent.engine.agenda import Timer
from agent.engine.member import Member, Turn
from agent.engine.rules_backup import send_beacon, start_listening
from agent.engine.rules_pool import withheld


def reconsider(member: Member, turn: Turn) -> None:
    """Say it at once. One that let a deadline pass, and could serve now, listens for one full T first."""
    if member.is_waiting and not withheld(member, turn.unit):
        member.is_waiting = False
        if turn.unit.agenda.get(member.group, Timer.TAKEOVER) is None:
            start_listening(member, turn)
            return
    send_beacon(member, turn)
