"""The machine: signal × state → cell. The table that runs is the table that `understudy diagram` draws.

Every cell is filled: either an action with the states into which it may lead, or the reason why nothing is done.
"""

from agent.engine import rules_adjust as adjust
from agent.engine import rules_asked as asked
from agent.engine import rules_backup as backup
from agent.engine import rules_claim as claiming
from agent.engine import rules_command as command
from agent.engine import rules_follow as following
from agent.engine import rules_leaving as leaving
from agent.engine import rules_master as master
from agent.engine import rules_off as off
from agent.engine import rules_phases as phases
from agent.engine import rules_ready as ready
from agent.engine import rules_request as request
from agent.engine import rules_switch as switch
from agent.engine.cells import Cell, Signal, does, ignored, row
from agent.engine.reasons import State

OFF, INIT, BACKUP, CLAIMING, MASTER, YIELDING, FAULT, OFF_ON_AIR = State


_DEAF = "a unit that is off, starting or at fault does not take part"
_ASKED = "asked nobody"

TABLE: dict[Signal, dict[State, Cell]] = {
    Signal.CAN_SERVE: row(
        "it could serve before",
        {
            INIT: does(backup.become_ready, BACKUP),
            FAULT: does(backup.become_ready, BACKUP),
            YIELDING: does(leaving.come_back),
            OFF: ignored("off stays off until it is switched on, or the agent started again"),
        },
    ),
    Signal.LINK_LOST: row(
        "nothing to lose",
        {
            BACKUP: does(backup.lose_ability, FAULT),
            CLAIMING: does(backup.lose_ability, FAULT),
            MASTER: ignored("the lease decides: if the link is back before it ends, nothing has happened (C-02)"),
            OFF_ON_AIR: ignored("the lease decides: it is not renewed while nobody can be heard"),
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
            OFF_ON_AIR: does(off.lose_output, OFF),
        },
    ),
    Signal.STRONGER_ADVERT: row(
        _DEAF,
        {
            BACKUP: does(following.follow, OFF),
            CLAIMING: does(claiming.stand_down, BACKUP),
            MASTER: does(master.yield_to_rival, YIELDING),
            YIELDING: ignored("it is leaving already"),
            OFF: does(following.watch_master),
            FAULT: does(following.watch_master),
            OFF_ON_AIR: does(off.yield_output, OFF),
        },
    ),
    Signal.WEAKER_ADVERT: row(
        _DEAF,
        {
            BACKUP: does(request.follow_or_preempt, OFF),
            CLAIMING: does(claiming.stand_down, BACKUP),
            MASTER: does(master.reassert),
            YIELDING: ignored("it is leaving already"),
            OFF: does(following.watch_master),
            FAULT: does(following.watch_master),
            OFF_ON_AIR: does(off.yield_output, OFF),
        },
    ),
    Signal.STRONGER_CLAIM: row(
        _DEAF,
        {
            BACKUP: does(following.follow),
            CLAIMING: does(claiming.stand_down, BACKUP),
            MASTER: does(master.reassert),
            YIELDING: ignored("it is leaving; the claimer may have it"),
            OFF: does(leaving.hear_successor),
            FAULT: does(leaving.hear_successor),
            OFF_ON_AIR: does(off.yield_output, OFF),
        },
    ),
    Signal.WEAKER_CLAIM: row(
        _DEAF,
        {
            BACKUP: does(following.follow),
            CLAIMING: does(claiming.insist),
            MASTER: does(master.reassert),
            YIELDING: ignored("it is leaving; the claimer may have it"),
            OFF: does(leaving.hear_successor),
            FAULT: does(leaving.hear_successor),
            OFF_ON_AIR: does(off.yield_output, OFF),
        },
    ),
    Signal.DOUBTED: row("it is asked for proof, and nothing else", {OFF_ON_AIR: does(off.doubt_claim)}),
    Signal.GIVE_UP: row("follows no master", {BACKUP: does(following.hear_give_up)}),
    Signal.NAMED: row("follows no master", {BACKUP: does(claiming.take_over_named, CLAIMING)}),
    Signal.OTHER_NAMED: row("follows no master", {BACKUP: does(following.hear_other_named)}),
    Signal.QUESTION: row(
        does(asked.answer_as_backup),
        {
            MASTER: does(asked.answer_question),
            CLAIMING: does(claiming.answer_as_claimer),
            OFF: does(asked.answer_unless_off),
            OFF_ON_AIR: ignored("off by command: it says nothing"),
        },
    ),
    Signal.REQUEST: row(
        does(asked.refuse_as_not_master),
        {
            MASTER: does(asked.hear_request, YIELDING),
            YIELDING: does(asked.refuse_as_busy),
            OFF: does(asked.refuse_unless_off),
            OFF_ON_AIR: ignored("off by command: it says nothing"),
        },
    ),
    Signal.REFUSAL: row(_ASKED, {BACKUP: does(request.be_refused)}),
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
        {
            MASTER: does(master.lease_ended, BACKUP, FAULT),
            YIELDING: does(leaving.muted, BACKUP, FAULT, OFF),
            OFF_ON_AIR: does(off.output_ended, OFF),
        },
    ),
    Signal.REPEAT_DUE: row(
        "the farewell is over",
        {
            **{state: does(leaving.repeat_farewell) for state in (OFF, BACKUP, FAULT)},
            CLAIMING: does(claiming.repeat_claim),
            MASTER: does(master.advertise_again),
        },
    ),
    Signal.REQUEST_DUE: row(_ASKED, {BACKUP: does(request.repeat_request)}),
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
    Signal.HOLD_DUE: row("left no output on the air", {OFF_ON_AIR: does(switch.hold_or_resume, MASTER)}),
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
    Signal.SWITCH_OFF: row(
        does(switch.off_here, OFF),
        {
            CLAIMING: does(command.busy_changing),
            MASTER: does(switch.off_master, YIELDING, OFF_ON_AIR),
            YIELDING: does(command.busy_changing),
            OFF: does(switch.already_off),
            OFF_ON_AIR: does(switch.already_off),
        },
    ),
    Signal.SWITCH_ON: row(
        does(switch.already_on),
        {OFF: does(switch.on_here, INIT, BACKUP), OFF_ON_AIR: does(switch.on_air_again)},
    ),
    Signal.ACKNOWLEDGE: row(does(switch.acknowledge), {}),
    Signal.STOP: row(
        does(command.stop_here, OFF),
        {
            OFF_ON_AIR: does(off.stop_output, OFF),
            MASTER: does(command.stop_master, YIELDING),
            YIELDING: does(command.stop_while_yielding),
            OFF: does(command.already_off),
        },
    ),
}
assert set(TABLE) == set(Signal), "a signal has no row"
