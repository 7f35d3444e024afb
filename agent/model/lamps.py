"""One bit each: lamps (discrete inputs), switches and buttons (coils). D-54, D-55, Z-45."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.model.answers import Verb
from agent.model.kinds import Choice, Value
from agent.model.words import ALARM, COLOUR, COMMON_STATE, INDICATOR, LINK_STATE, ROLE, SEVERITY, STANDBY_MODE


@dataclass(frozen=True, slots=True)
class Lamp:
    """Lit when `column` of its table's row is `number`; or, with `mask`, has that bit. `table`: unit (from 0) or member."""

    offset: int
    name: str
    help: str
    column: str
    number: int = 1
    mask: int = 0
    table: str = "member"
    requirement: str = ""

    def is_lit(self, row: Mapping[str, Value]) -> bool:
        """Never when the value is not known."""
        value = row.get(self.column)
        if not isinstance(value, int):
            return False
        return bool(value & self.mask) if self.mask else value == self.number


@dataclass(frozen=True, slots=True)
class Switch:
    """A coil that reads and sets `column`: `on` when ON, `off` when OFF. Of a group, or of the unit."""

    offset: int
    name: str
    help: str
    column: str
    on: int | bool = True
    off: int | bool = False
    table: str = "member"


@dataclass(frozen=True, slots=True)
class Button:
    """A coil of a group: writing ON gives the command, writing OFF does nothing, reading gives OFF."""

    offset: int
    verb: Verb

    @property
    def name(self) -> str:
        """Of the command."""
        return self.verb.name.lower()


def _one_hot(first: int, column: str, choice: Choice, what: str, requirement: str) -> tuple[Lamp, ...]:
    """One lamp a word, number 1 at `first`: the place follows from the number, and that never moves."""
    return tuple(
        Lamp(first + number - 1, f"{column}_{word}", f"{what} is {word}", column, number, requirement=requirement)
        for word, number in choice.words.items()
    )


UNIT_LAMPS = (
    Lamp(0, "link_up", "The redundancy LAN has carrier", "link_up", table="unit"),
    Lamp(1, "authenticated", "Packets on the LAN are signed", "authenticated", table="unit"),
    Lamp(2, "real_time", "The machine lets core be punctual", "real_time", table="unit"),
    Lamp(3, "stale", "Core does not answer: what is shown is the last known", "stale", table="unit", requirement="C-18"),
    Lamp(4, "warning", "The worst alarm is a warning", "worst_severity", SEVERITY.words["warning"], table="unit"),
    Lamp(5, "critical", "The worst alarm is critical", "worst_severity", SEVERITY.words["critical"], table="unit"),
    Lamp(6, "lock_available", "The settings allow locking", "lock_available", table="unit", requirement="D-53"),
)
MEMBER_LAMPS = (
    *_one_hot(0, "role", ROLE, "Role", "D-55"),
    *_one_hot(8, "common_state", COMMON_STATE, "Common state of the group", "D-55"),
    *_one_hot(12, "link_state", LINK_STATE, "Link text", "D-55"),
    *_one_hot(18, "indicator", INDICATOR, "Indicator", "D-55"),
    Lamp(23, "error", "The worst alarm is critical", "worst_severity", SEVERITY.words["critical"], requirement="D-55"),
    Lamp(24, "backup", "The Backup lamp: the backup feature is in use, in either role", "backup_lamp", requirement="Z-45"),
    Lamp(25, "locked", "Operators' commands are locked", "locked", requirement="D-50"),
    Lamp(26, "maintenance", "Automatic takeover is suspended by a person", "maintenance", requirement="C-13"),
    Lamp(27, "able", "Link and device are there", "able"),
    Lamp(28, "fenced", "A dead-man holds the output", "fenced", requirement="C-24"),
    Lamp(29, "returned", "The repaired master waits for an order to take its group back", "returned", requirement="Z-38"),
    Lamp(30, "parked", "Left the air by command: it does not preempt until told", "parked"),
    Lamp(31, "attended", "Takeover waits for a person", "standby_mode", STANDBY_MODE.words["attended"], requirement="D-31"),
    *_one_hot(32, "readiness_colour", COLOUR, "Readiness", "D-30"),
    Lamp(35, "master_gone", "The master has given up, its successor is awaited", "master_gone"),
    *(
        Lamp(40 + number - 1, f"alarm_{word}", f"Alarm {word} is raised", "alarm_mask", mask=1 << (number - 1))
        for word, number in ALARM.words.items()
    ),
)
HEARTBEAT_LAMP = 7
"""Of the unit: changes every second while the face lives."""
WATCHDOG_LAMP = 8
"""Of the unit: the write watchdog has expired."""
SWITCHES = (
    Switch(0, "notifications_enabled", "Notifications are sent", "notifications_enabled", table="unit"),
    Switch(16, "locked", "Lock (D-50)", "locked"),
    Switch(17, "auto_lock", "Lock again after each change (D-51)", "auto_lock"),
    Switch(18, "maintenance", "Suspend automatic takeover (C-13)", "maintenance"),
    Switch(19, "preempt", "Take over from a weaker master by itself", "preempt"),
    Switch(
        20,
        "attended",
        "Takeover waits for a person (D-31); OFF arms the standby (D-45)",
        "standby_mode",
        STANDBY_MODE.words["attended"],
        STANDBY_MODE.words["automatic"],
    ),
)
BUTTONS = tuple(Button(verb.value - 2, verb) for verb in Verb if verb is not Verb.NO_ACTION)
"""From coil 0 of the group's block: set_master, set_backup, force_master, off, on, arm_standby, acknowledge."""
