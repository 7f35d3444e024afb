"""What a Zabbix server raises a problem for. Declared here, with what to do; the numbers come from the model."""

from dataclasses import dataclass

from agent.model.tables import object_named
from agent.model.words import ALARM
from generate.severities import numbers_of

STATUS = "First look: `understudy status` and `understudy explain --last` on the unit."
MASTERS = "masters"
"""The calculated item: how many units say that they are master of the group."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """`key`: (table, column), or (table, name) of an item of our own. `formula`: {0} stands for the item, as /host/key.

    `silent_while`: names of triggers of the same row that say enough.
    """

    key: tuple[str, str]
    name: str
    formula: str
    priority: str
    help: str
    is_closed_by_hand: bool = False
    silent_while: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """How Zabbix says an alarm of the unit's own."""

    name: str
    priority: str
    help: str


# Bits of a group's alarm mask. Every alarm of the model has its words here (a test holds that).
ALARMS = {
    "other": Raised("An alarm that this template does not know", "AVERAGE", "A newer agent's: import its template."),
    "not_ready": Raised("Unit not ready", "AVERAGE", "Link, device or configuration is missing here; its reasons say which."),
    "interval_mismatch": Raised("Units advertise at different intervals", "WARNING", "Set advertisement_interval alike."),
    "successor_silent": Raised("The successor did not take over", "HIGH", "The group was taken back. Look at the successor."),
    "split_brain": Raised("Split brain: two units were master together", "DISASTER", "Look at the redundancy LAN."),
    "two_priority_255": Raised("Two units with priority 255", "HIGH", "They never give up to one another: lower one."),
    "strangers": Raised("Strangers on the redundancy LAN", "HIGH", "Another key, version or a copied data directory."),
    "returned": Raised("A repaired master waits for an order", "WARNING", "`understudy set-master GROUP` on it when it suits."),
    "pool_conflict": Raised("The set-up of the pool contradicts itself", "AVERAGE", "The alarm's text names unit and rule."),
    "attended": Raised("No master, and this backup waits for a person", "DISASTER", "`understudy set-master GROUP` on it."),
    "maintenance": Raised("Maintenance: automatic takeover is suspended", "INFO", "It ends by itself."),
    "off": Raised("Switched off by a person", "WARNING", "`understudy on GROUP` puts it back."),
    "not_fenced": Raised("The output is not fenced", "HIGH", "No living dead-man holds it: look at the device's worker."),
    "capacity_short": Raised("Not all services could be carried", "WARNING", "Licence or capacity; the text says what is lost."),
    "decision_pending": Raised("Two configurations wait for a choice", "WARNING", "`understudy config pending`, then `choose`."),
    "core_away": Raised("The core process does not answer", "HIGH", "What is shown is old; redundancy may have stopped here."),
    "off_on_air": Raised("Switched off, and its output is still open", "HIGH", "`understudy on GROUP`, or mute the device."),
    "margin_thin": Raised("An advert came close to a false takeover", "WARNING", "`understudy advise GROUP` on the backup."),
    "recorder": Raised("The flight recorder does not record", "WARNING", "Its text says why: a full disk, most likely."),
}
UNIT_WIDE = ("core_away", "recorder")
"""Alarms of no group: they have no bit."""


_WANTED = (ALARMS["off"].name, ALARMS["maintenance"].name)
"""A person has made it so."""


def states() -> tuple[Trigger, ...]:
    """Those that follow from a state."""
    return (
        _held(("member", "common_state"), "none", "No master is heard", "DISASTER", "Nobody airs the group, as this unit hears."),
        Trigger(
            ("member", MASTERS),
            "Two masters",
            "min({0},#2)>=2",
            "DISASTER",
            "Two monitored units say that they are master of one group: a partitioned LAN, or two keys. Mute one by hand.",
        ),
        Trigger(
            ("member", "split_brains"),
            "Two masters were heard",
            "change({0})>0",
            "HIGH",
            "The overlap is over, or was shorter than this server looks; overlap_ms says how long.",
            True,
        ),
        _held(("member", "protection"), "unprotected", "Unprotected: nobody could take over", "HIGH", "Look at the backups."),
        _held(("member", "protection"), "busy", "The backups air other groups", "WARNING", "The next failure is not covered."),
        _held(("member", "readiness_colour"), "red", "Not ready", "HIGH", "This unit could not serve the group.", *_WANTED),
        _held(("member", "readiness_colour"), "yellow", "Not fully ready", "WARNING", "Its reasons are in `status`.", *_WANTED),
        _held(("member", "role"), "fault", "Fault", "HIGH", "No carrier, or the device has failed."),
        _held(("member", "tracking_state"), "unreachable", "Configuration not followed", "AVERAGE", "Port 7421 of the master."),
        Trigger(
            ("member", "transitions"),
            "Flapping",
            "max({0},10m)-min({0},10m)>{{$UNDERSTUDY.FLAPS}}",
            "AVERAGE",
            "The role changes again and again: LAN, interval too short, or a device that comes and goes.",
        ),
        Trigger(
            ("member", "role"),
            "Role has changed",
            "last({0},#1)<>last({0},#2)",
            "INFO",
            "For the record; close it when it is known.",
            True,
        ),
        _held(("device", "ready"), "false", "Device does not answer", "HIGH", "Look at the device and its worker."),
        _held(("unit", "stale"), "true", ALARMS["core_away"].name, ALARMS["core_away"].priority, ALARMS["core_away"].help),
        Trigger(
            ("unit", "recorder_fault"),
            ALARMS["recorder"].name,
            "length(last({0}))>0",
            ALARMS["recorder"].priority,
            ALARMS["recorder"].help,
        ),
        _held(("unit", "link_up"), "false", "No carrier on the redundancy LAN", "HIGH", "Cable, switch port."),
        _held(("unit", "worst_severity"), "critical", "A critical alarm is raised", "HIGH", "Of the unit or a group."),
        Trigger(("unit", "boot"), "No data by SNMP", "nodata({0},5m)=1", "HIGH", "Agent down, or management: try HTTP /-/ready."),
    )


def alarms() -> tuple[Trigger, ...]:
    """One for each bit."""
    return tuple(
        Trigger(("member", "alarm_mask"), raised.name, f"bitand(last({{0}}),{1 << number - 1})<>0", raised.priority, raised.help)
        for word, number in ALARM.words.items()
        if word not in UNIT_WIDE
        for raised in (ALARMS[word],)
    )


def _held(key: tuple[str, str], word: str, name: str, priority: str, text: str, *silent_while: str) -> Trigger:
    """In two looks one after the other: a changeover that a look falls into is no problem."""
    number = numbers_of(object_named(*key))[word]
    return Trigger(key, name, f'count({{0}},#2,"eq",{number})=2', priority, text, silent_while=silent_while)
