"""New controls on their way to a member: are they allowed, do they change anything, and what does not depend on its state."""

from dataclasses import replace

from agent.engine.cells import Signal
from agent.engine.controls import controls_of, objection, with_controls
from agent.engine.dispatch import signal_member
from agent.engine.effects import ControlsChanged, Outcome, Reply
from agent.engine.events import Adjusted
from agent.engine.member import Member
from agent.engine.rules_maintenance import note_maintenance
from agent.engine.timing import SECOND
from agent.engine.turn import Before, Turn


def adjust(member: Member | None, turn: Turn, event: Adjusted) -> None:
    """Put them in force, or say why not. Those that are in force already change nothing, not even the revision."""
    outcome, text = Outcome.DONE, "in force"
    if member is None:
        outcome, text = Outcome.REFUSED, f"this unit has no seat in group {event.group}"
    elif why := objection(member.config, event.controls):
        outcome, text = Outcome.REFUSED, why
    else:
        _put_in_force(member, turn, event)
    if event.request_id:
        turn.effects.append(Reply(event.request_id, outcome, text))


def _put_in_force(member: Member, turn: Turn, event: Adjusted) -> None:
    before = member.config
    until_ns = _same_if_near(before.maintenance_until_ns, event.controls.maintenance_until_ns)
    after = with_controls(before, replace(event.controls, is_off=before.is_off, maintenance_until_ns=until_ns))
    if after == before:
        return
    turn.before = Before(before, turn.unit.timeout_ns(member))
    member.config = after
    turn.unit.revision += 1
    turn.effects.append(ControlsChanged(member.group))
    note_maintenance(member, turn)
    signal_member(member, turn, Signal.ADJUSTED)


def _same_if_near(known_ns: int | None, told_ns: int | None) -> int | None:
    """Told again, it was computed again from the wall clock."""
    is_near = known_ns is not None and told_ns is not None and abs(told_ns - known_ns) < SECOND
    return known_ns if is_near else told_ns


def end_maintenance(member: Member, turn: Turn) -> None:
    """Its time is over (C-13): it ends even if there is no management to end it."""
    controls = replace(controls_of(member.config), is_in_maintenance=False, maintenance_until_ns=None)
    adjust(member, turn, Adjusted(member.group, controls))
