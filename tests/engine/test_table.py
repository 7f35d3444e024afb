"""The machine is the table: filled, enforced, and every cell of it is reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.engine.cells import Cell, Signal
from agent.engine.door import go
from agent.engine.events import (
    ConfigChanged,
    DeviceReport,
    DeviceReported,
    LinkChanged,
    SendFailed,
    Sent,
    Stalled,
    Tick,
    Verb,
)
from agent.engine.member import Member
from agent.engine.reasons import Reason, State
from agent.engine.table import TABLE
from agent.engine.turn import Turn
from agent.wire.message import Kind
from tests.engine.desk import GROUP, SECOND, Desk
from tests.sim.all_scenarios import SCENARIOS
from tests.sim.history import run_seed

CELLS = [(signal, state) for signal in Signal for state in State]
ACTING = [cell for cell in CELLS if TABLE[cell[0]][cell[1]].action is not None]
SLOW = ("returning_master_waits_when_preempt_is_off", "planned_changeover_needs_no_timer")
SEEDS = range(150)


@pytest.mark.parametrize("signal", Signal)
def test_every_cell_acts_or_says_why_not(signal: Signal) -> None:
    """Every cell is filled."""
    assert set(TABLE[signal]) == set(State)
    for state, cell in TABLE[signal].items():
        assert cell.why, f"{signal} in {state} says nothing"
        assert cell.action is not None or not cell.goals


def test_every_state_can_be_reached_from_the_start() -> None:
    """And from every one there is a way to mastership."""

    def reach(first: State) -> set[State]:
        found = {first}
        while True:
            more = {goal for row in TABLE.values() for state in found for goal in row[state].goals} - found
            if not more:
                return found
            found |= more

    assert reach(State.INIT) == set(State)
    assert all(State.MASTER in reach(state) for state in State)


def test_transition_that_the_table_does_not_announce_asserts() -> None:
    """One door, and it is guarded."""
    desk = Desk().able()
    turn = Turn(desk.engine.unit, desk.now_ns)
    for goals in ((), (State.CLAIMING,)):
        turn.goals = goals
        with pytest.raises(AssertionError, match="is not in the table"):
            go(desk.member, turn, State.MASTER, Reason.FORCED, "through the wall")
    assert desk.state is State.BACKUP


def test_a_muted_claimer_never_becomes_master() -> None:
    """The same, from outside: an old answer of the device opens nothing."""
    desk = Desk().able()
    desk.is_prompt = False
    desk.pass_time(7)
    order = desk.member.order
    desk.feed(LinkChanged(False, "unplugged"))
    desk.feed(DeviceReported("rx", DeviceReport.LOADED, order))
    desk.feed(DeviceReported("rx", DeviceReport.OPENED, order))
    assert desk.state is State.FAULT


Hits = dict[tuple[Signal, State], set[State]]


@pytest.fixture(scope="module")
def hits() -> Iterator[Hits]:
    """Every cell that histories and scenarios reached, with the states after it. The table itself is tapped, and put back."""
    found: Hits = {}
    original = {signal: dict(row) for signal, row in TABLE.items()}
    for signal, state in ACTING:
        TABLE[signal][state] = _tapped(TABLE[signal][state], found, (signal, state))
    try:
        for name, scenario in SCENARIOS.items():
            if name not in SLOW:
                scenario()
        for seed in SEEDS:
            assert not run_seed(seed).failure
        _odd_moments()
        yield found
    finally:
        for signal, row in original.items():
            TABLE[signal].update(row)


def _tapped(cell: Cell, found: Hits, key: tuple[Signal, State]) -> Cell:
    action = cell.action
    assert action is not None

    def tap(member: Member, turn: Turn) -> None:
        action(member, turn)
        found.setdefault(key, set()).add(member.state)

    return cell._replace(action=tap)


def _odd_moments() -> None:
    """What random histories meet too seldom."""
    for state in State:
        for verb in Verb:
            desk = in_state(state)
            desk.command(verb)
        for kind in Kind:
            for priority in (100, 250):
                desk = in_state(state)
                nonce = 9 if kind is Kind.QUESTION else 0
                desk.hear(kind, 0 if kind in (Kind.GIVE_UP, Kind.HANDOVER) else priority, target=100, nonce=nonce)
        desk = in_state(state, key=True)
        desk.hear(Kind.ADVERT)
        desk.pass_time(0.05)
        desk = in_state(state)
        desk.feed(LinkChanged(False, "unplugged"))
        desk.pass_time(2)
        desk.feed(LinkChanged(True, "back"))
        desk.pass_time(20)
        desk = in_state(state)
        desk.feed(DeviceReported("rx", DeviceReport.FAILED, error="broken"))
        desk.feed(LinkChanged(False, "unplugged"))
        desk.pass_time(2)
        desk.feed(LinkChanged(True, "back"))
        desk.feed(DeviceReported("rx", DeviceReport.READY))
        desk.pass_time(20)

    _controls()
    _slow_devices()
    _late_reports()
    _news_of_the_configuration()
    Desk().pass_time(10)
    Desk().able().command(Verb.SET_MASTER, forced=True)
    for is_forced in (False, True):
        desk = Desk(100).following(200)
        desk.command(Verb.SET_MASTER, forced=is_forced)
        desk.pass_time(3)


def _controls() -> None:
    """Every state hears of them; a seat is switched off and on, in every way that there is."""
    for state in State:
        desk = in_state(state)
        desk.adjust(priority=201, interval_ms=2000)
        desk.pass_time(0.05)
    for priority in (100, 250):  # the successor of a master that is switched off, weaker and stronger
        desk = Desk(200).as_master()
        desk.hear(Kind.BEACON)
        desk.command(Verb.OFF)
        desk.hear(Kind.ADVERT, priority)
        desk.command(Verb.ON)
    desk = Desk(200)
    desk.command(Verb.OFF)
    desk.command(Verb.ON)
    for deed in ("wait", "on", "stall"):
        desk = in_state(State.OFF_ON_AIR)
        if deed == "on":
            desk.command(Verb.ON)
        desk.now_ns += 5 * SECOND if deed == "stall" else 0
        desk.pass_time(1)
    in_state(State.OFF_ON_AIR, key=True).hear(Kind.CLAIM)


def _news_of_the_configuration() -> None:
    """Every state hears of a configuration, of sync on all carriers, and of the pool."""
    for state in State:
        desk = in_state(state)
        phases = desk.member.phases
        desk.feed(DeviceReported("rx", DeviceReport.LOCKED, phases.load_order if phases else 1))
        desk.feed(ConfigChanged(GROUP, 1, bytes([1]) * 32, True))
        desk.engine.unit.pool.is_changed = True
        desk.feed(Tick())


def _slow_devices() -> None:
    """A device that never answers: while claiming, while leaving, while stopping."""
    in_state(State.CLAIMING).pass_time(30)
    for deed in ("wait", "stop", "unplug"):
        desk = in_state(State.YIELDING)
        if deed == "stop":
            desk.command(Verb.STOP)
        if deed == "unplug":
            desk.feed(LinkChanged(False, "unplugged"))
        desk.pass_time(5)


def _late_reports() -> None:
    """Answers of a device, and news of a packet, to a process that was stopped in between."""
    for state in (State.CLAIMING, State.MASTER):
        desk = in_state(state)
        desk.feed(SendFailed(GROUP, desk.packet(Kind.ADVERT), "no carrier"))
        desk.pass_time(0.05)
    desk = in_state(State.CLAIMING)
    desk.feed(DeviceReported("rx", DeviceReport.LOADED, desk.member.order))
    desk.now_ns += 5 * SECOND
    desk.feed(DeviceReported("rx", DeviceReport.OPENED, desk.member.order))
    desk = in_state(State.CLAIMING)
    desk.now_ns += 5 * SECOND
    desk.feed(Stalled(5 * SECOND))
    desk = in_state(State.MASTER)
    desk.feed(DeviceReported("rx", DeviceReport.FAILED, error="broken"))
    desk.feed(DeviceReported("rx", DeviceReport.MUTED, desk.member.order))
    for is_up in (True, False):
        desk = in_state(State.MASTER)
        desk.feed(LinkChanged(is_up, "carrier"))
        said = desk.packet(Kind.ADVERT)
        desk.now_ns += 5 * SECOND
        desk.feed(Sent(GROUP, said, desk.now_ns))


def in_state(state: State, *, key: bool = False) -> Desk:
    """A desk whose seat is in that state; its device answers nothing any more."""
    desk = Desk(key=key)
    if state is State.INIT:
        return desk
    desk.able()
    if state is State.OFF:
        desk.command(Verb.STOP if not key else Verb.OFF)
    elif state is State.FAULT:
        desk.feed(DeviceReported("rx", DeviceReport.FAILED, error="broken"))
    elif state is State.CLAIMING:
        desk.is_prompt = False
        desk.pass_time(7)
    elif state is State.OFF_ON_AIR:
        desk.pass_time(30)
        desk.command(Verb.OFF, forced=True)
    elif state in (State.MASTER, State.YIELDING):
        desk.pass_time(30)
        desk.hear(Kind.BEACON)
    desk.is_prompt = False
    if state is State.YIELDING:
        desk.command(Verb.SET_BACKUP, forced=True)
    assert desk.state is state
    desk.effects.clear()
    return desk


@pytest.mark.parametrize(("signal", "state"), ACTING, ids=lambda value: value.name)
def test_every_acting_cell_is_reached_and_leads_where_it_says(signal: Signal, state: State, hits: Hits) -> None:
    """No dead cell; and after it the state is the same, or one of its goals."""
    after = hits.get((signal, state))
    assert after, f"nothing ever brought {signal.value!r} to a member that is {state}"
    assert after <= {state, *TABLE[signal][state].goals}


def test_every_goal_of_the_table_is_used(hits: Hits) -> None:
    """A goal that nothing leads to would draw an arrow that is not there."""
    unused = [
        (signal.value, state.value, goal.value)
        for signal, state in ACTING
        for goal in TABLE[signal][state].goals
        if goal not in hits.get((signal, state), set())
    ]
    assert not unused, unused
