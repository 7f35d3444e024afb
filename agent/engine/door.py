"""The one door between states, and the answers and alarms that go with it."""

from agent.engine.agenda import Timer
from agent.engine.effects import ClearAlarm, MuteDevice, Outcome, RaiseAlarm, Reply, Severity, Transition
from agent.engine.member import Alarm, LastTransition, Member, Turn
from agent.engine.reasons import ROLE_OF, Reason, State

_NEVER_MASTER = frozenset(State) - {State.MASTER, State.YIELDING}


def go(member: Member, turn: Turn, after: State, reason: Reason, text: str) -> None:
    """Change the state. The running cell of the table must have announced it."""
    assert after in turn.goals, f"{member.state} → {after} is not in the table"
    before = member.state
    member.state = after
    member.transitions += 1
    member.last = LastTransition(before, after, reason, text, turn.now_ns)
    if after in _NEVER_MASTER:
        member.master_since_ns = None
    elif before not in (State.MASTER, State.YIELDING):
        member.master_since_ns = turn.now_ns
    turn.effects.append(Transition(member.group, before, after, ROLE_OF[after], reason, text, turn.now_ns))


def mute(member: Member, turn: Turn) -> None:
    """End the lease and order silence; answers to earlier orders no longer count."""
    member.is_loaded = False
    member.lease_until_ns = 0
    turn.disarm(member, Timer.LEASE, Timer.ADVERT, Timer.REPEAT)
    turn.effects.append(MuteDevice(member.config.device, new_order(member, turn)))


def new_order(member: Member, turn: Turn) -> int:
    """The number of the next order to the device."""
    turn.unit.orders += 1
    member.order = turn.unit.orders
    return member.order


def finish(member: Member, turn: Turn, outcome: Outcome, text: str) -> None:
    """End the running operation, if there is one, with its definite answer."""
    operation, member.operation = member.operation, None
    turn.disarm(member, Timer.REQUEST)
    if member.state is not State.CLAIMING:
        turn.disarm(member, Timer.LIMIT)
    if operation is not None and operation.command_id:
        turn.effects.append(Reply(operation.command_id, outcome, text))


def answer(turn: Turn, outcome: Outcome, text: str) -> None:
    """Answer the command of this event at once."""
    assert turn.command is not None
    turn.effects.append(Reply(turn.command.command_id, outcome, text))


def raise_alarm(member: Member, turn: Turn, name: str, severity: Severity, text: str) -> None:
    """Raise it, or renew its text."""
    known = member.alarms.get(name)
    if known is not None and known.text == text:
        return
    member.alarms[name] = Alarm(severity, text, known.since_ns if known else turn.now_ns)
    turn.effects.append(RaiseAlarm(member.group, name, severity, text))


def clear_alarm(member: Member, turn: Turn, name: str) -> None:
    """Clear it if it is up."""
    if member.alarms.pop(name, None) is not None:
        turn.effects.append(ClearAlarm(member.group, name))
