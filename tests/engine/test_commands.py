"""Every order is answered definitely, and a refusal says why and what to do instead (C-17, S-25)."""

from __future__ import annotations

import pytest

from agent.engine.effects import MuteDevice, OpenDevice, Outcome, Reply, Send, Transition
from agent.engine.events import DeviceReport, DeviceReported, LinkChanged, PacketReceived, Verb
from agent.engine.reasons import Reason, State
from agent.wire.message import Flag, Kind, Why
from tests.engine.desk import MS, OWN_ID, PEER_ID, Desk

REFUSALS = {
    Why.REQUESTER_NOT_ABLE: ("refused", "it does not count this unit as able to serve; see `understudy status` here"),
    Why.NOT_MASTER: ("refused", "it is no longer master; try again"),
    Why.PRIORITY_255: (
        "refused",
        "its priority is 255, which yields to no peer; run `understudy set-backup GROUP --override` there",
    ),
    Why.PREEMPTION_WOULD_UNDO: (
        "refused",
        "preemption is on and would undo it at once; turn preempt off, or lower the other priority",
    ),
    Why.BUSY: ("busy", "it is busy with another changeover; try again when that has ended"),
}


def with_backup(priority: int = 200, *, preempt: bool = False) -> Desk:
    """A master that has one able backup of priority 100."""
    desk = Desk(priority, preempt=preempt).as_master()
    desk.hear(Kind.BEACON)
    return desk


def answers(desk: Desk, outcome: Outcome, text: str) -> bool:
    """Is this the only answer?"""
    reply = desk.reply()
    assert reply.command_id == "c1"
    assert reply.outcome is outcome, reply
    assert text in reply.text, reply.text
    return True


def test_set_master_asks_the_master_and_is_done_when_the_output_is_open() -> None:
    """S-25: request, handover, claim, open."""
    desk = Desk().following()
    desk.command(Verb.SET_MASTER)
    [request] = desk.sent(Kind.REQUEST)
    assert (request.target, request.why) == (PEER_ID, Why.COMMAND)
    assert not desk.all(Reply)
    desk.now_ns += 2 * MS
    desk.hear(Kind.HANDOVER, 0, target=request.unit_id)
    assert desk.state is State.MASTER
    assert answers(desk, Outcome.DONE, "this unit is master of group 7, after 2.0 ms")


def test_request_is_repeated_every_50_ms_until_the_limit() -> None:
    """A lost packet costs 50 ms; a deaf master 2 s."""
    desk = Desk(100).following(200)
    desk.command(Verb.SET_MASTER)
    desk.pass_time(0.2)
    assert len(desk.sent(Kind.REQUEST)) == 5
    desk.pass_time(1.8)
    assert answers(
        desk, Outcome.REFUSED, "peer is heard but did not answer; is the path to it broken? --force takes over all the same"
    )


@pytest.mark.parametrize("why", REFUSALS)
def test_refusal_of_the_master_is_passed_on_with_its_remedy(why: Why) -> None:
    """C-17: five reasons."""
    desk = Desk().following()
    desk.command(Verb.SET_MASTER)
    [request] = desk.sent(Kind.REQUEST)
    desk.hear(Kind.REFUSAL, target=request.unit_id, operation=request.operation, why=why)
    outcome, text = REFUSALS[why]
    assert answers(desk, Outcome(outcome), f"peer, the master, refused: {text}")
    assert desk.state is State.BACKUP


def test_refusal_of_another_operation_is_not_ours() -> None:
    """An old one, late."""
    desk = Desk().following()
    desk.command(Verb.SET_MASTER)
    [request] = desk.sent(Kind.REQUEST)
    desk.hear(Kind.REFUSAL, target=request.unit_id, operation=request.operation + 1, why=Why.BUSY)
    assert not desk.all(Reply)


def test_set_master_without_a_master_is_refused_unless_forced() -> None:
    """Unreachable master: refused, and when this unit takes over by itself."""
    desk = Desk(254).able()
    desk.command(Verb.SET_MASTER)
    assert answers(
        desk, Outcome.REFUSED, "no master of group 7 can be asked to hand over; this unit takes over by itself in 1.2 s"
    )
    assert "--force" in desk.reply().text
    desk.effects.clear()
    desk.command(Verb.SET_MASTER, forced=True)
    desk.pass_time(0.01)
    assert desk.state is State.MASTER
    assert answers(desk, Outcome.DONE, "this unit is master of group 7, after 5.0 ms")


def test_forced_set_master_asks_first_and_takes_over_after_200_ms() -> None:
    """--force is for a master that does not answer."""
    desk = Desk(100).following(200)
    desk.command(Verb.SET_MASTER, forced=True)
    desk.pass_time(0.199)
    assert len(desk.changes()) == 1
    desk.pass_time(0.012)
    assert [change.reason for change in desk.all(Transition)][-2:] == [Reason.FORCED, Reason.OUTPUT_OPEN]


def test_second_order_is_busy_with_the_running_operation() -> None:
    """D-26, C-17: never silently ignored, never executed later."""
    for verb in (Verb.SET_MASTER, Verb.SET_BACKUP):
        desk = Desk().following()
        desk.command(Verb.SET_MASTER)
        desk.now_ns += 40 * MS
        desk.command(verb)
        assert answers(desk, Outcome.BUSY, "set-master (operation 1 by ann) has been running for 40 ms")


@pytest.mark.parametrize("verb", [Verb.SET_MASTER, Verb.SET_BACKUP])
def test_order_while_claiming_is_busy(verb: Verb) -> None:
    """A changeover of its own."""
    desk = Desk().able()
    desk.is_prompt = False
    desk.pass_time(7)
    assert desk.state is State.CLAIMING
    desk.command(verb)
    assert answers(desk, Outcome.BUSY, "a changeover is under way (state claiming)")


@pytest.mark.parametrize("verb", [Verb.SET_MASTER, Verb.SET_BACKUP])
def test_order_while_yielding_is_busy(verb: Verb) -> None:
    """It waits for its device to mute."""
    desk = with_backup()
    desk.is_prompt = False
    desk.command(Verb.SET_BACKUP)
    assert desk.state is State.YIELDING
    desk.command(verb)
    assert answers(desk, Outcome.BUSY, "set-backup (operation 1 by ann) has been running for 0 ms")


def test_orders_that_are_fulfilled_already_are_done() -> None:
    """Nothing to do is no error."""
    master = Desk().as_master()
    master.command(Verb.SET_MASTER)
    assert answers(master, Outcome.DONE, "this unit is master already")
    backup = Desk().following()
    backup.command(Verb.SET_BACKUP)
    assert answers(backup, Outcome.DONE, "this unit is backup already")
    backup.effects.clear()
    backup.command(Verb.STOP)
    backup.effects.clear()
    backup.command(Verb.STOP)
    assert answers(backup, Outcome.DONE, "off already")


@pytest.mark.parametrize("verb", [Verb.SET_MASTER, Verb.SET_BACKUP])
def test_unit_that_cannot_take_part_says_why(verb: Verb) -> None:
    """Starting, at fault, off."""
    starting = Desk()
    starting.command(verb)
    assert answers(starting, Outcome.REFUSED, "cannot take part in group 7 now (state init): it has just started")
    broken = Desk().able()
    broken.feed(LinkChanged(False, "no carrier on eth0"))
    broken.command(verb)
    assert answers(broken, Outcome.REFUSED, "(state fault): LAN link lost: no carrier on eth0")
    off = Desk().able()
    off.command(Verb.STOP)
    off.effects.clear()
    off.command(verb)
    assert answers(off, Outcome.REFUSED, "(state off): the agent is stopping")


def test_set_backup_names_the_best_backup_and_is_done_when_that_is_heard() -> None:
    """S-07, S-25: mute, then handover."""
    desk = with_backup()
    desk.command(Verb.SET_BACKUP)
    spoken = [effect for effect in desk.effects if isinstance(effect, MuteDevice) or _is_handover(effect)]
    assert isinstance(spoken[0], MuteDevice)
    assert _is_handover(spoken[1])
    assert not desk.all(Reply)
    desk.now_ns += 3 * MS
    desk.hear(Kind.CLAIM)
    assert answers(desk, Outcome.DONE, "peer took over after 3.0 ms; this unit is backup")
    assert desk.member.is_parked


def _is_handover(effect: object) -> bool:
    return isinstance(effect, Send) and effect.message.kind is Kind.HANDOVER


def test_set_backup_without_an_able_backup_is_refused_unless_forced() -> None:
    """C-07: and taken back after T."""
    desk = Desk(254).as_master()
    desk.command(Verb.SET_BACKUP)
    assert answers(desk, Outcome.REFUSED, "no backup of group 7 says that it can serve; repair one first, or --force (C-07)")
    desk.effects.clear()
    desk.command(Verb.SET_BACKUP, forced=True)
    assert [farewell.priority for farewell in desk.sent(Kind.GIVE_UP)] == [0]
    desk.pass_time(1.3)
    assert len(desk.sent(Kind.GIVE_UP)) == 3
    assert desk.state is State.MASTER
    assert answers(desk, Outcome.FAILED, "no successor was heard; this unit took the group back (C-07)")
    assert "successor_silent" in desk.member.alarms


def test_set_backup_that_preemption_would_undo_is_refused() -> None:
    """S-24's reason, in 1:1."""
    desk = with_backup(preempt=True)
    desk.command(Verb.SET_BACKUP)
    assert answers(
        desk, Outcome.REFUSED, "preemption is on and would undo it at once; turn preempt off, or stop this unit instead"
    )


def test_255_leaves_by_override_only() -> None:
    """C-03."""
    desk = with_backup(255)
    desk.command(Verb.SET_BACKUP, forced=True)
    assert answers(desk, Outcome.REFUSED, "priority 255 never gives up by itself; --override says that you mean it (C-03)")
    desk.effects.clear()
    desk.command(Verb.SET_BACKUP, override=True)
    assert desk.state is State.BACKUP
    assert desk.sent(Kind.HANDOVER)


def test_stop_hands_over_and_ends_in_off() -> None:
    """Orderly: the successor is named, and this unit is to be forgotten."""
    desk = with_backup()
    desk.command(Verb.STOP)
    assert desk.state is State.OFF
    assert desk.sent(Kind.HANDOVER)[0].flags & Flag.LEAVING
    assert answers(desk, Outcome.DONE, "the agent is stopping; handed over to peer")
    assert not desk.engine.is_off(), "the farewell is said three times"
    desk.pass_time(0.1)
    assert desk.engine.is_off()
    assert len(desk.sent(Kind.HANDOVER)) == 3


def test_stop_of_a_backup_says_so_and_ends_a_running_order() -> None:
    """LEAVING: nobody shall name it."""
    desk = Desk().following()
    desk.command(Verb.SET_MASTER)
    desk.command(Verb.STOP)
    assert [reply.outcome for reply in desk.all(Reply)] == [Outcome.FAILED, Outcome.DONE]
    assert desk.sent(Kind.BEACON)[-1].flags & Flag.LEAVING
    assert desk.engine.next_deadline_ns() is None


def test_stop_while_yielding_still_says_farewell_and_ends_in_off() -> None:
    """The first order has failed; the second is answered when it is done."""
    desk = with_backup()
    desk.is_prompt = False
    desk.command(Verb.SET_BACKUP)
    desk.command(Verb.STOP)
    assert desk.changes()[-1] == (State.MASTER, State.YIELDING)
    desk.feed(DeviceReported("rx", DeviceReport.MUTED, desk.member.order))
    assert desk.state is State.OFF
    assert [reply.outcome for reply in desk.all(Reply)] == [Outcome.FAILED, Outcome.DONE]


def test_stop_while_claiming_mutes() -> None:
    """The device may be about to open."""
    desk = Desk().able()
    desk.is_prompt = False
    desk.pass_time(7)
    desk.command(Verb.STOP)
    assert desk.state is State.OFF
    assert desk.all(MuteDevice)
    assert not desk.all(OpenDevice)


REQUESTS = {
    Why.REQUESTER_NOT_ABLE: {"readiness": 0},
    Why.PREEMPTION_WOULD_UNDO: {"flags": Flag.PREEMPTING},
}


@pytest.mark.parametrize("why", REQUESTS)
def test_master_refuses_a_request_with_the_reason(why: Why) -> None:
    """Not able; or a preemption by a lower priority."""
    desk = Desk().as_master()
    desk.hear(Kind.REQUEST, target=100, operation=4, **REQUESTS[why])  # type: ignore[arg-type]
    [refusal] = desk.sent(Kind.REFUSAL)
    assert (refusal.why, refusal.operation, refusal.target) == (why, 4, PEER_ID)
    assert desk.state is State.MASTER


@pytest.mark.parametrize(("late_s", "is_heard"), [(1.9, True), (2.0, False)])
def test_request_that_was_read_too_late_is_ignored(late_s: float, is_heard: bool) -> None:
    """The requester has given it up by then; nobody would be named who wants it."""
    desk = with_backup()
    said = desk.packet(Kind.REQUEST, 250, target=OWN_ID, operation=4)
    arrived_ns = desk.now_ns
    desk.pass_time(late_s)
    desk.effects.clear()
    desk.feed(PacketReceived(said, arrived_ns))
    assert desk.state is (State.BACKUP if is_heard else State.MASTER)
    assert not desk.sent(Kind.REFUSAL)


def test_master_at_255_refuses_every_request() -> None:
    """C-03, S-05: also that of another 255."""
    desk = Desk(255).as_master()
    desk.hear(Kind.REQUEST, 255, target=100, operation=4)
    assert desk.sent(Kind.REFUSAL)[0].why is Why.PRIORITY_255


def test_unit_that_is_not_master_refuses_and_one_that_leaves_is_busy() -> None:
    """Late, or twice."""
    backup = Desk().following()
    backup.hear(Kind.REQUEST, target=100, operation=4)
    assert backup.sent(Kind.REFUSAL)[0].why is Why.NOT_MASTER
    leaving = with_backup()
    leaving.is_prompt = False
    leaving.command(Verb.SET_BACKUP)
    leaving.hear(Kind.REQUEST, target=100, operation=4)
    assert not leaving.sent(Kind.REFUSAL), "it is the one that is being named"
    leaving.hear(Kind.REQUEST, target=100, operation=4, unit_id=60)
    assert leaving.sent(Kind.REFUSAL)[0].why is Why.BUSY


def test_master_that_preempts_refuses_what_it_would_undo() -> None:
    """The reason reaches the person."""
    desk = Desk(preempt=True).as_master()
    desk.hear(Kind.REQUEST, target=100, operation=4)
    assert desk.sent(Kind.REFUSAL)[0].why is Why.PREEMPTION_WOULD_UNDO
