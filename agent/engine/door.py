"""The one door between states, and the answers and alarms that go with it."""

from agent.engine.agenda import Timer
from agent.engine.effects import ClearAlarm, MuteDevice, Outcome, RaiseAlarm, Reply, Transition
from agent.engine.member import Alarm, Member, Operation
from agent.engine.reasons import ROLE_OF, SEVERITY_OF, AlarmName, Reason, State
from agent.engine.rules_pool import note_state
from agent.engine.turn import Turn

_FORGOTTEN = tuple(timer for timer in Timer if timer not in (Timer.POOL_WATCH, Timer.MAINTENANCE, Timer.THIN))
_FORGOTTEN_WITH_FAREWELL = tuple(timer for timer in _FORGOTTEN if timer is not Timer.REPEAT)
_HAS_FAREWELL = (State.BACKUP, State.FAULT, State.OFF)


def go(member: Member, turn: Turn, after: State, reason: Reason, text: str) -> None:
    """Change the state. The running cell of the table must have announced it.

    A new state begins without deadlines; only a farewell goes on being said.
    """
    assert after in turn.goals, f"{member.state} → {after} is not in the table"
    turn.disarm(member, *(_FORGOTTEN_WITH_FAREWELL if after in _HAS_FAREWELL else _FORGOTTEN))
    if after is State.MASTER:
        member.master_since_ns = turn.now_ns
    elif after is not State.YIELDING:
        member.master_since_ns = None
    last = Transition(member.group, member.state, after, ROLE_OF[after], reason, text, turn.now_ns)
    member.state, member.last = after, last
    member.transitions += 1
    turn.unit.revision += 1
    turn.effects.append(last)
    note_state(member, turn, after)
    for name in (AlarmName.RETURNED, AlarmName.ATTENDED):  # of the state that was left; the new one raises its own
        clear_alarm(member, turn, name)


def mute(member: Member, turn: Turn) -> None:
    """End the lease and order silence; answers to earlier orders no longer count."""
    member.is_loaded = False
    member.lease_until_ns = 0
    turn.effects.append(MuteDevice(member.device, new_order(member, turn)))


def new_order(member: Member, turn: Turn) -> int:
    """The number of the next order to the device."""
    turn.unit.orders += 1
    member.order = turn.unit.orders
    return member.order


def finish(member: Member, turn: Turn, outcome: Outcome, text: str) -> None:
    """End the running operation, if there is one, with its definite answer."""
    operation, member.operation = member.operation, None
    if member.state is State.BACKUP:
        turn.disarm(member, Timer.REQUEST, Timer.LIMIT)
    _reply(turn, operation, outcome, text)


def answer(turn: Turn, outcome: Outcome, text: str) -> None:
    """Answer the command of this event at once."""
    _reply(turn, turn.command, outcome, text)


def _reply(turn: Turn, operation: Operation | None, outcome: Outcome, text: str) -> None:
    """Preemption, and the agent's own stop, have nobody to answer."""
    if operation is not None and operation.command_id:
        turn.effects.append(Reply(operation.command_id, outcome, text))


def raise_alarm(member: Member, turn: Turn, name: AlarmName, text: str) -> None:
    """Raise it, or renew its text."""
    known = member.alarms.get(name)
    if known is not None and known.text == text:
        return
    turn.unit.revision += 1
    member.alarms[name] = Alarm(SEVERITY_OF[name], text, known.raised_at_ns if known else turn.now_ns)
    turn.effects.append(RaiseAlarm(member.group, name, SEVERITY_OF[name], text))


def clear_alarm(member: Member, turn: Turn, name: AlarmName) -> None:
    """Clear it if it is up."""
    if member.alarms.pop(name, None) is not None:
        turn.unit.revision += 1
        turn.effects.append(ClearAlarm(member.group, name))
