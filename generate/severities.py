"""How good or bad each word of a state is: the one list from which the packs for LibreNMS and Zabbix are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from agent.model.kinds import Choice, Flag
from agent.model.managed import Managed, Table
from agent.model.tables import TABLE

TRUE, FALSE = "true", "false"
TRUTH_VALUE: Mapping[str, int] = {TRUE: 1, FALSE: 2}
"""As SNMPv2-TC has it."""


class Generic(IntEnum):
    """LibreNMS's, which are those of Nagios."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


OK, WARNING, CRITICAL, UNKNOWN = Generic


@dataclass(frozen=True, slots=True)
class State:
    """One object that says how something is. `title`: for a person, without the group."""

    table: Table
    column: Managed
    title: str
    words: Mapping[str, Generic]

    @property
    def numbers(self) -> Mapping[str, int]:
        """Word → number on the wire."""
        return numbers_of(self.column)


def numbers_of(column: Managed) -> Mapping[str, int]:
    """Word → number of a choice, or of a truth value; none for all else."""
    if isinstance(column.kind, Choice):
        return column.kind.words
    return TRUTH_VALUE if isinstance(column.kind, Flag) else {}


def _state(table: str, column: str, title: str, **words: Generic) -> State:
    return State(TABLE[table], TABLE[table].column(column), title, words)


def _truth(table: str, column: str, title: str, *, true: Generic = OK, false: Generic = OK) -> State:
    return _state(table, column, title, **{TRUE: true, FALSE: false})


_ROLE = {"off": WARNING, "init": WARNING, "backup": OK, "claiming": WARNING, "master": OK, "fault": CRITICAL}

STATES = (
    _state("unit", "worst_severity", "Worst alarm", none=OK, warning=WARNING, critical=CRITICAL),
    _truth("unit", "stale", "What is shown is old", true=CRITICAL),
    _truth("unit", "link_up", "Redundancy LAN has carrier", false=CRITICAL),
    _truth("unit", "authenticated", "Redundancy LAN is signed", false=WARNING),
    _truth("unit", "real_time", "Real-time scheduling", false=WARNING),
    _state("member", "role", "Role", **_ROLE),
    _state("member", "common_state", "Who airs", none=CRITICAL, main=OK, reserve=OK, off=WARNING),
    _state(
        "member",
        "link_state",
        "Watch connection",
        off=WARNING,
        connecting=WARNING,
        connected=OK,
        error=CRITICAL,
        changing_over=WARNING,
        busy=WARNING,
    ),
    _state("member", "indicator", "Standby's colour", off=WARNING, grey=UNKNOWN, green=OK, yellow=WARNING, red=CRITICAL),
    _state("member", "readiness_colour", "Readiness", red=CRITICAL, yellow=WARNING, green=OK),
    # Of a unit that is no master it is unknown, which is no fault.
    _state("member", "protection", "Protection", unknown=UNKNOWN, unprotected=CRITICAL, busy=WARNING, protected=OK),
    _state(
        "member",
        "tracking_state",
        "Configuration tracking",
        none=OK,
        local=OK,
        synced=OK,
        pulling=OK,
        offering=OK,
        pending=WARNING,
        paused=WARNING,
        unpaired=WARNING,
        unreachable=CRITICAL,
    ),
    _state("member", "worst_severity", "Worst alarm", none=OK, warning=WARNING, critical=CRITICAL),
    _truth("member", "able", "Link and device are there", false=CRITICAL),
    _truth("member", "fenced", "Output is fenced", false=CRITICAL),
    _truth("member", "locked", "Locked"),
    _truth("member", "maintenance", "Maintenance", true=WARNING),
    _truth("member", "returned", "Returned master waits", true=WARNING),
    _state("peer", "readiness_colour", "Readiness", red=CRITICAL, yellow=WARNING, green=OK),
    _truth("peer", "last_known", "Not heard any more", true=WARNING),
    _truth("peer", "in_sync", "Configuration in sync", false=WARNING),
    _truth("device", "ready", "Device answers", false=CRITICAL),
    _truth("device", "fenced", "Device's output is fenced", false=CRITICAL),
    _state("coverage", "state", "Coverage", unknown=UNKNOWN, uncovered=CRITICAL, busy=WARNING, covered=OK, resting=OK),
)
