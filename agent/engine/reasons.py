"""States, roles, and the closed lists of reasons and alarms."""

from enum import StrEnum


class State(StrEnum):
    """Of a member. `yielding` is a master that is muting in order to leave; faces show it as role master. `off_on_air`: switched
    off by force while in control (C-12): its output stays open, and it says nothing; role off.
    """

    OFF = "off"
    INIT = "init"
    BACKUP = "backup"
    CLAIMING = "claiming"
    MASTER = "master"
    YIELDING = "yielding"
    FAULT = "fault"
    OFF_ON_AIR = "off_on_air"


class Role(StrEnum):
    """What the member is now, for faces (C-01)."""

    OFF = "off"
    INIT = "init"
    BACKUP = "backup"
    CLAIMING = "claiming"
    MASTER = "master"
    FAULT = "fault"


_UNLIKE_THEIR_STATE = {State.YIELDING: Role.MASTER, State.OFF_ON_AIR: Role.OFF}
ROLE_OF = {state: _UNLIKE_THEIR_STATE.get(state) or Role(state.value) for state in State}


class Reason(StrEnum):
    """Why a role changed. Reaches the trap, the metric label, the journal and the page unchanged."""

    READY = "ready"
    MASTER_SILENT = "master_silent"
    MASTER_GAVE_UP = "master_gave_up"
    NO_MASTER_AT_START = "no_master_at_start"
    NAMED_SUCCESSOR = "named_successor"
    FORCED = "forced"
    OUTPUT_OPEN = "output_open"
    MASTER_HEARD = "master_heard"
    STRONGER_CLAIM = "stronger_claim"
    RIVAL_WON = "rival_won"
    HANDED_OVER = "handed_over"
    GAVE_UP = "gave_up"
    SUCCESSOR_SILENT = "successor_silent"
    LEASE_ENDED = "lease_ended"
    LINK_LOST = "link_lost"
    LINK_BACK = "link_back"
    DEVICE_FAILED = "device_failed"
    DEVICE_BACK = "device_back"
    CLAIM_TIMED_OUT = "claim_timed_out"
    COMMAND = "command"
    PREEMPTED = "preempted"
    RETURNED = "returned"
    STOPPING = "stopping"


class Severity(StrEnum):
    """Of an alarm."""

    WARNING = "warning"
    CRITICAL = "critical"


class AlarmName(StrEnum):
    """Conditions that a person must know of."""

    NOT_READY = "not_ready"
    INTERVAL_MISMATCH = "interval_mismatch"
    SUCCESSOR_SILENT = "successor_silent"
    SPLIT_BRAIN = "split_brain"
    TWO_PRIORITY_255 = "two_priority_255"
    STRANGERS = "strangers"
    RETURNED = "returned"
    POOL_CONFLICT = "pool_conflict"
    ATTENDED = "attended"
    MAINTENANCE = "maintenance"
    OFF_ON_AIR = "off_on_air"
    MARGIN_THIN = "margin_thin"


SEVERITY_OF = {
    AlarmName.NOT_READY: Severity.CRITICAL,
    AlarmName.INTERVAL_MISMATCH: Severity.WARNING,
    AlarmName.SUCCESSOR_SILENT: Severity.CRITICAL,
    AlarmName.SPLIT_BRAIN: Severity.CRITICAL,
    AlarmName.TWO_PRIORITY_255: Severity.CRITICAL,
    AlarmName.STRANGERS: Severity.WARNING,
    AlarmName.RETURNED: Severity.WARNING,
    AlarmName.POOL_CONFLICT: Severity.CRITICAL,
    AlarmName.ATTENDED: Severity.CRITICAL,
    AlarmName.MAINTENANCE: Severity.WARNING,
    AlarmName.OFF_ON_AIR: Severity.CRITICAL,
    AlarmName.MARGIN_THIN: Severity.WARNING,
}
