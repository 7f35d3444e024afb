"""A backup whose readiness has changed: its configuration, or what keeps it from serving."""

from agent.engine.agenda import Timer
from agent.engine.member import Member
from agent.engine.rules_backup import send_beacon, start_listening
from agent.engine.rules_pool import acting_for, withheld
from agent.engine.speech import readiness
from agent.engine.turn import Turn


def reconsider(member: Member, turn: Turn) -> None:
    """Say it at once. One that let a deadline pass, and could serve now, listens for one full T first."""
    if not _listens_anew(member, turn):
        send_beacon(member, turn)


def note_pool(member: Member, turn: Turn) -> None:
    """The same, if it makes a difference to this seat."""
    if not _listens_anew(member, turn) and member.said != (readiness(member, turn.unit), acting_for(member, turn.unit)):
        send_beacon(member, turn)


def _listens_anew(member: Member, turn: Turn) -> bool:
    if not member.is_waiting or withheld(member, turn.unit):
        return False
    member.is_waiting = False
    is_waiting = turn.unit.agenda.get(member.group, Timer.TAKEOVER) is None
    if is_waiting:
        start_listening(member, turn)
    return is_waiting
