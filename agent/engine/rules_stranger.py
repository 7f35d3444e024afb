"""Packets that no unit of this site should send: counted like all refused ones, and told.

Two units that refuse one another are two masters. The alarm is all that depends on such packets.
"""

from collections.abc import Iterable

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, raise_alarm
from agent.engine.member import Member
from agent.engine.reasons import AlarmName
from agent.engine.rules_proof import UNIT
from agent.engine.timing import SECOND
from agent.engine.turn import Turn
from agent.wire.errors import Rejection

QUIET_NS = 60 * SECOND
"""The alarm ends when none came for so long."""

_SAYS = {
    Rejection.UNSIGNED: "unsigned packets arrive: is a unit running without the key?",
    Rejection.UNEXPECTED_MAC: "signed packets arrive, and this unit has no key",
    Rejection.UNKNOWN_KEY: "packets signed with a key that this unit does not know arrive: was the key file copied to all units?",
    Rejection.BAD_MAC: "forged or altered packets arrive",
    Rejection.MAJOR_VERSION: "packets of another major version arrive",
    Rejection.OWN_UNIT_ID: "packets with this unit's id arrive that it did not send: was its data directory copied to another "
    "unit (stop that one, and delete its unit_id), or are old recordings replayed?",
}


def note_stranger(members: Iterable[Member], turn: Turn, reason: Rejection) -> None:
    """The first of its kind raises the alarm; the others only keep it up."""
    heard = turn.unit.strangers_ns
    is_new = reason in _SAYS and reason not in heard
    if reason in _SAYS:
        heard[reason] = turn.now_ns
    if is_new:
        _tell(members, turn)


def forget_strangers(members: Iterable[Member], turn: Turn) -> None:
    """It has been quiet, or not yet."""
    heard = turn.unit.strangers_ns
    for reason in [reason for reason, at_ns in heard.items() if turn.now_ns - at_ns >= QUIET_NS]:
        del heard[reason]
    _tell(members, turn)


def _tell(members: Iterable[Member], turn: Turn) -> None:
    heard = turn.unit.strangers_ns
    text = "; ".join(_SAYS[reason] for reason in heard)
    for member in members:
        if heard:
            raise_alarm(member, turn, AlarmName.STRANGERS, text)
        else:
            clear_alarm(member, turn, AlarmName.STRANGERS)
    if heard:
        turn.unit.agenda.arm(UNIT, Timer.STRANGERS, turn.now_ns + QUIET_NS)
