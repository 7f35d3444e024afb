"""The machine: signal × state → cell. The table that runs is the table that `understudy diagram` draws.

Every cell is filled: either an action with the states into which it may lead, or the reason why nothing is done.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from agent.engine import rules_adjust as adjust
from agent.engine import rules_backup as backup
from agent.engine import rules_claim as claiming
from agent.engine import rules_command as command
from agent.engine import rules_leaving as leaving
from agent.engine import rules_master as master
from agent.engine import rules_phases as phases
from agent.engine import rules_ready as ready
from agent.engine.member import Member
from agent.engine.reasons import State
from agent.engine.turn import Turn

OFF, INIT, BACKUP, CLAIMING, MASTER, YIELDING, FAULT = State


class Signal(StrEnum):
    """An event as one member sees it."""

    CAN_SERVE = "link and device are there"
    LINK_LOST = "LAN link lost"
    DEVICE_LOST = "device failed"
    STRONGER_ADVERT = "advert of a stronger master"
    WEAKER_ADVERT = "advert of a weaker master"
    STRONGER_CLAIM = "claim of a stronger unit"
    WEAKER_CLAIM = "claim of a weaker unit"
    GIVE_UP = "the tracked master gives up"
    NAMED = "the tracked master names this unit"
    OTHER_NAMED = "the tracked master names another unit"
    QUESTION = "question"
    REQUEST = "request to hand over"
    REFUSAL = "refusal"
    YIELDED = "a rival says that it has yielded"
    LOADED = "device has loaded"
    OPENED = "device has opened"
    LOCKED = "all carriers have sync"
    MUTED = "device has muted"
    SENT = "packet left"
    NOT_SENT = "packet could not be sent"
    TAKEOVER_DUE = "takeover deadline"
    ADVERT_DUE = "advert due"
    LEASE_DUE = "lease ended"
    REPEAT_DUE = "farewell, or what could not be sent, due again"
    REQUEST_DUE = "request due again"
    BEACON_DUE = "beacon due"
    LIMIT_DUE = "time limit"
    SETTLE_DUE = "claim has settled"
    CONFIGURED = "configuration changed"
    POOL_CHANGED = "a device of the pool was taken or is free"
    STALLED = "this process was stopped"
    ADJUSTED = "controls changed"
    SET_MASTER = "command set-master"
    SET_BACKUP = "command set-backup"
    STOP = "command stop"


Action = Callable[[Member, Turn], None]


class Cell(NamedTuple):
    """`action` None: ignored, and `why` says why. Else `goals` are the states into which it may lead."""

    action: Action | None
    goals: tuple[State, ...]
    why: str


def does(action: Action, *goals: State) -> Cell:
    """A cell that acts."""
    return Cell(action, goals, (action.__doc__ or "").split("\n")[0])


def ignored(why: str) -> Cell:
    """A cell that says why nothing happens."""
    return Cell(None, (), why)


def row(others: str | Cell, cells: dict[State, Cell]) -> dict[State, Cell]:
    """One signal in all seven states; `others` fills the ones that are not named."""
    rest = ignored(others) if isinstance(others, str) else others
    return {state: cells.get(state, rest) for state in State}


_DEAF = "a unit that is off, starting or at fault does not take part"
_ASKED = "asked nobody"

TABLE: dict[Signal, dict[State, Cell]] = {
    Signal.CAN_SERVE: row(
        "it could serve before",
        {
            INIT: does(backup.become_ready, BACKUP),
            FAULT: does(backup.become_ready, BACKUP),
            YIELDING: does(leaving.come_back),
            OFF: ignored("off stays off until the agent is started again"),
        },
    ),
    Signal.LINK_LOST: row(
        "nothing to lose",
        {
            BACKUP: does(backup.lose_ability, FAULT),
            CLAIMING: does(backup.lose_ability, FAULT),
            MASTER: ignored("the lease decides: if the link is back before it ends, nothing has happened (C-02)"),
            YIELDING: ignored("it is leaving already"),
        },
    ),
    Signal.DEVICE_LOST: row(
        "nothing to lose",
        {
            BACKUP: does(backup.lose_ability, FAULT),
            CLAIMING: does(claiming.lose_device, YIELDING),
            MASTER: does(master.lose_device, YIELDING),
            YIELDING: ignored("it is leaving already; the lease bounds how long that takes"),
        },
    ),
    Signal.STRONGER_ADVERT: row(
        _DEAF,
        {
            BACKUP: does(backup.follow),
            CLAIMING: does(claiming.stand_down, BACKUP),
            MASTER: does(master.yield_to_rival, YIELDING),
            YIELDING: ignored("it is leaving already"),
            OFF: does(leaving.hear_successor),
            FAULT: does(leaving.hear_successor),
        },
    ),
    Signal.WEAKER_ADVERT: row(
        _DEAF,
        {
            BACKUP: does(backup.follow_or_preempt),
            CLAIMING: does(claiming.stand_down, BACKUP),
            MASTER: does(master.reassert),
            YIELDING: ignored("it is leaving already"),
            OFF: does(leaving.hear_successor),
            FAULT: does(leaving.hear_successor),
        },
    ),
    Signal.STRONGER_CLAIM: row(
        _DEAF,
        {
            BACKUP: does(backup.follow),
            CLAIMING: does(claiming.stand_down, BACKUP),
            MASTER: does(master.reassert),
            YIELDING: ignored("it is leaving; the claimer may have it"),
            OFF: does(leaving.hear_successor),
            FAULT: does(leaving.hear_successor),
        },
    ),
    Signal.WEAKER_CLAIM: row(
        _DEAF,
        {
            BACKUP: does(backup.follow),
            CLAIMING: does(claiming.insist),
            MASTER: does(master.reassert),
            YIELDING: ignored("it is leaving; the claimer may have it"),
            OFF: does(leaving.hear_successor),
            FAULT: does(leaving.hear_successor),
        },
    ),
    Signal.GIVE_UP: row("follows no master", {BACKUP: does(backup.hear_give_up)}),
    Signal.NAMED: row("follows no master", {BACKUP: does(claiming.take_over_named, CLAIMING)}),
    Signal.OTHER_NAMED: row("follows no master", {BACKUP: does(backup.hear_other_named)}),
    Signal.QUESTION: row(does(master.answer_as_backup), {MASTER: does(master.answer_question)}),
    Signal.REQUEST: row(
        does(master.refuse_as_not_master),
        {MASTER: does(master.hear_request, YIELDING), YIELDING: does(master.refuse_as_busy)},
    ),
    Signal.REFUSAL: row(_ASKED, {BACKUP: does(backup.be_refused)}),
    Signal.YIELDED: row("was no rival of it", {MASTER: does(master.hear_yielded)}),
    Signal.LOADED: row("ordered nothing", {CLAIMING: does(claiming.loaded)}),
    Signal.OPENED: row("ordered nothing", {CLAIMING: does(claiming.opened, MASTER, BACKUP)}),
    Signal.LOCKED: row("took nothing over", {state: does(phases.locked) for state in (CLAIMING, MASTER)}),
    Signal.MUTED: row(
        "it is muted in this state anyway",
        {YIELDING: does(leaving.muted, BACKUP, FAULT, OFF)},
    ),
    Signal.SENT: row(
        "no lease depends on it",
        {CLAIMING: does(claiming.claim_left), MASTER: does(master.advert_left, BACKUP, FAULT)},
    ),
    Signal.NOT_SENT: row(
        "the next beacon, request or farewell comes by itself",
        {CLAIMING: does(master.try_again_soon), MASTER: does(master.try_again_soon)},
    ),
    Signal.TAKEOVER_DUE: row("waits for no master", {BACKUP: does(claiming.take_over, CLAIMING)}),
    Signal.ADVERT_DUE: row(
        "only a master advertises",
        {MASTER: does(master.advertise), CLAIMING: does(claiming.repeat_claim)},
    ),
    Signal.LEASE_DUE: row(
        "holds no lease",
        {MASTER: does(master.lease_ended, BACKUP, FAULT), YIELDING: does(leaving.muted, BACKUP, FAULT, OFF)},
    ),
    Signal.REPEAT_DUE: row(
        "the farewell is over",
        {
            **{state: does(leaving.repeat_farewell) for state in (OFF, BACKUP, FAULT)},
            CLAIMING: does(claiming.repeat_claim),
            MASTER: does(master.advertise_again),
        },
    ),
    Signal.REQUEST_DUE: row(_ASKED, {BACKUP: does(backup.repeat_request)}),
    Signal.BEACON_DUE: row("only backups send beacons", {BACKUP: does(backup.repeat_beacon)}),
    Signal.LIMIT_DUE: row(
        "nothing is being waited for",
        {
            BACKUP: does(command.give_request_up, CLAIMING),
            CLAIMING: does(claiming.give_claim_up, YIELDING),
            FAULT: does(backup.become_ready, BACKUP),
            INIT: does(backup.say_not_ready),
        },
    ),
    Signal.SETTLE_DUE: row("claims nothing", {CLAIMING: does(claiming.settled)}),
    Signal.CONFIGURED: row(
        "it is told with the next packet",
        {BACKUP: does(ready.reconsider), MASTER: does(master.advertise_news)},
    ),
    Signal.ADJUSTED: row(
        "nothing that it does now depends on them",
        {BACKUP: does(adjust.as_backup), CLAIMING: does(adjust.as_claimer), MASTER: does(adjust.as_master)},
    ),
    Signal.POOL_CHANGED: row("only a backup waits for it", {BACKUP: does(ready.note_pool)}),
    Signal.STALLED: row(
        "the lease, or the device, decides",
        {BACKUP: does(backup.doubt_after_stall), CLAIMING: does(claiming.doubt_after_stall, BACKUP)},
    ),
    Signal.SET_MASTER: row(
        does(command.not_able),
        {
            BACKUP: does(command.set_master_here, CLAIMING),
            CLAIMING: does(command.busy_changing),
            MASTER: does(command.already_master),
            YIELDING: does(command.busy_changing),
        },
    ),
    Signal.SET_BACKUP: row(
        does(command.not_able),
        {
            BACKUP: does(command.already_backup),
            CLAIMING: does(command.busy_changing),
            MASTER: does(command.set_backup_here, YIELDING),
            YIELDING: does(command.busy_changing),
        },
    ),
    Signal.STOP: row(
        does(command.stop_here, OFF),
        {
            MASTER: does(command.stop_master, YIELDING),
            YIELDING: does(command.stop_while_yielding),
            OFF: does(command.already_off),
        },
    ),
}
assert set(TABLE) == set(Signal), "a signal has no row"
