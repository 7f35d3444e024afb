"""Off by command (D-12, C-12): it sends nothing and takes nothing. Forced on the unit in control, its output stays as it is.

Nobody is told of such an output, so it ends the moment that another unit is heard in the group: a claim settles for 5 ms
before anything opens. Its lease is renewed only while the socket is read empty and the link is up: else it could not hear that.
"""

from dataclasses import replace

from agent.engine.agenda import Timer
from agent.engine.door import clear_alarm, finish, go, mute
from agent.engine.effects import ControlsChanged, GrantLease, Outcome
from agent.engine.member import Member
from agent.engine.reasons import AlarmName, Reason, State
from agent.engine.speech import say
from agent.engine.timing import DOUBT_NS, HELD_LEASE_NS, HOLD_EVERY_NS
from agent.engine.turn import Turn
from agent.wire.message import Flag, Kind, Why


def be_off(member: Member, turn: Turn, reason: Reason, text: str) -> None:
    """Tell the others that this successor is gone, and be silent."""
    if turn.unit.rules.has_beacons:
        say(member, turn, Kind.BEACON, why=Why.STOPPING, flags=Flag.LEAVING)
    suspects = turn.unit.suspects
    for unit_id in [unit_id for unit_id, suspect in suspects.items() if suspect.group == member.group]:
        del suspects[unit_id]
    go(member, turn, State.OFF, reason, text)


def set_off(member: Member, turn: Turn, *, is_off: bool) -> None:
    """Remembered as a control: what was switched off stays off through a restart."""
    member.config = replace(member.config, is_off=is_off)
    turn.unit.revision += 1
    turn.effects.append(ControlsChanged(member.group))


def be_off_by_command(member: Member, turn: Turn, text: str) -> None:
    """Whoever ordered it gets the answer."""
    be_off(member, turn, Reason.COMMAND, text)
    set_off(member, turn, is_off=True)
    clear_alarm(member, turn, AlarmName.NOT_READY)
    finish(member, turn, Outcome.DONE, f"{text}; `understudy on {member.group}` switches it on again")


def hold(member: Member, turn: Turn) -> None:
    """Nobody else has been heard until now; who was doubted has proven nothing."""
    member.doubted = 0
    if turn.unit.is_link_up or turn.unit.rules.holds_on_carrier_loss:
        member.lease_until_ns = turn.now_ns + HELD_LEASE_NS
        turn.arm(member, Timer.LEASE, member.lease_until_ns)
        turn.effects.append(GrantLease(member.device, member.lease_until_ns))
    turn.arm(member, Timer.HOLD, turn.now_ns + HOLD_EVERY_NS)


def doubt_claim(member: Member, turn: Turn) -> None:
    """Somebody claims who has yet to prove that it lives: silent at once, and for good when it has. A recording costs 100 ms."""
    member.doubted = turn.packet.unit_id
    member.lease_until_ns = turn.now_ns + HELD_LEASE_NS
    turn.arm(member, Timer.LEASE, member.lease_until_ns)
    turn.effects.append(GrantLease(member.device, turn.now_ns))
    turn.arm(member, Timer.HOLD, turn.now_ns + DOUBT_NS)


def yield_output(member: Member, turn: Turn) -> None:
    """Another unit takes the group: its output is muted before that one opens."""
    message = turn.packet
    is_master = message.kind is Kind.ADVERT
    what, reason = ("is master of", Reason.MASTER_HEARD) if is_master else ("claims", Reason.STRONGER_CLAIM)
    _end_output(member, turn, reason, f"{message.name} {what} group {member.group}: the output that was left on the air is muted")


def output_ended(member: Member, turn: Turn) -> None:
    """The output's lease could not be renewed: this process was stopped, or could not have heard another unit."""
    why = "this process was stopped" if turn.unit.is_link_up else turn.unit.link_detail
    _end_output(member, turn, Reason.LEASE_ENDED, f"the output that was left on the air is muted: {why}")


def lose_output(member: Member, turn: Turn) -> None:
    """The device has failed: there is no output any more."""
    reason, text = turn.unit.why_unable(member)
    _end_output(member, turn, reason, f"the output that was left on the air is silent: {text}")


def stop_output(member: Member, turn: Turn) -> None:
    """The agent is stopping: nobody would be there to mute it."""
    _end_output(member, turn, Reason.STOPPING, "the agent is stopping: the output that was left on the air is muted")


def _end_output(member: Member, turn: Turn, reason: Reason, text: str) -> None:
    member.doubted = 0
    mute(member, turn)
    go(member, turn, State.OFF, reason, text)
    clear_alarm(member, turn, AlarmName.OFF_ON_AIR)
    finish(member, turn, Outcome.FAILED, text)
