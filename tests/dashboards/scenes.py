"""Scenes for the alert rules: what units show from when on, which alerts have to ring, from when, and that no other does.

Times in seconds of the scene. `by`: at the latest then the alert fires; `over`: at the latest then it has ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.dashboards.shown import MAIN, RESERVE, Showing
from tests.dashboards.tape import DOWN, Tape

FAULT_S = 120.0
"""When the fault of a scene begins."""
GONE_S = 600.0
"""When it is mended."""
LENGTH_S = 1050


@dataclass(frozen=True)
class Ring:
    """One alert. `labels`: beside alertname, job and alertstate. `after_s`: at the latest so long after FAULT_S it fires."""

    alert: str
    severity: str
    labels: dict[str, str] = field(default_factory=lambda: {"group": "7"})
    after_s: float = 215
    over_s: float = GONE_S + 420


@dataclass(frozen=True)
class Scene:
    """`tell` fills the tape; `rings`: all that may ever fire."""

    name: str
    tell: Callable[[Tape], None]
    rings: tuple[Ring, ...] = ()
    length_s: int = LENGTH_S


SCENES: list[Scene] = []


def scene(*rings: Ring, length_s: int = LENGTH_S) -> Callable[[Callable[[Tape], None]], Callable[[Tape], None]]:
    """Put it on the list."""

    def decorate(tell: Callable[[Tape], None]) -> Callable[[Tape], None]:
        SCENES.append(Scene(tell.__name__, tell, rings, length_s))
        return tell

    return decorate


def critical(alert: str, after_s: float = 215, **labels: str) -> Ring:
    return Ring(alert, "critical", labels or {"group": "7"}, after_s)


def warning(alert: str, after_s: float = 215, **labels: str) -> Ring:
    return Ring(alert, "warning", labels or {"group": "7"}, after_s)


def told(after_s: float = 125) -> Ring:
    """A failover, for the record: within two scrapes."""
    return Ring("UnderstudyFailover", "info", after_s=after_s)


def show(tape: Tape, second: float, *units: Showing) -> None:
    """Each under its own name as instance."""
    for unit in units:
        tape.at(second, unit.name, unit.metrics())


def fault(tape: Tape, *units: Showing, also: tuple[Showing, ...] = (MAIN, RESERVE)) -> None:
    """A healthy pair, the fault at one unit or both, and healthy again."""
    show(tape, 0, *also)
    show(tape, FAULT_S, *units)
    show(tape, GONE_S, *(one for one in also if one.name in {unit.name for unit in units}))


OUTCAST = {"alarm": "strangers", "group": "7"}
ALONE = {"link": "error", "protection": "unprotected"}
TAKEN = RESERVE.moved(FAULT_S + 1, "master_silent", "output_open", role="master", airs="reserve", **ALONE)


@scene()
def a_healthy_pair(tape: Tape) -> None:
    show(tape, 0, MAIN, RESERVE)


@scene()
def a_pair_that_starts(tape: Tape) -> None:
    """Nobody airs it for T, and that is no fault."""
    new = {"started_s": 20.0, "moved_s": None}
    for unit in (MAIN, RESERVE):
        tape.at(0, unit.name, DOWN)
        show(tape, 20, unit.but(role="init", airs="none", link="connecting", protection="unknown", readiness=0, **new))
        show(tape, 21, unit.moved(21, role="backup", airs="none", link="connecting", protection="unknown"))
    for unit in (MAIN, RESERVE):
        show(tape, 24, unit.moved(24, "output_open") if unit is MAIN else unit.moved(21))


@scene()
def a_changeover_that_a_person_orders(tape: Tape) -> None:
    """Home is where somebody says: for 60 s of slow scrapes both units say that they are master."""
    show(tape, 0, MAIN.but(designation="reserve"), RESERVE)
    there = {"role": "master", "airs": "reserve", "protection": "protected"}
    show(tape, FAULT_S, MAIN.moved(FAULT_S, "handed_over", role="backup", airs="reserve", designation="reserve"))
    show(tape, FAULT_S + 0.1, RESERVE.moved(FAULT_S, "named_successor", "output_open", **there))


@scene(
    told(),
    critical("UnderstudyUnprotected"),
    critical("UnderstudyAgentDown", instance="rx-a:9742"),
    warning("UnderstudyPartnerLost"),
)
def a_master_that_dies(tape: Tape) -> None:
    """And its return, by a person's order at once."""
    show(tape, 0, MAIN, RESERVE)
    tape.at(FAULT_S, MAIN.name, DOWN)
    show(tape, FAULT_S + 1, TAKEN)
    show(tape, GONE_S, MAIN.moved(GONE_S, "named_successor", "output_open"))
    show(tape, GONE_S, TAKEN.moved(GONE_S, "handed_over", role="backup", airs="main", link="connected", protection="unknown"))


@scene(told(), warning("UnderstudyMasterIsBack"))
def a_failover_of_200_ms(tape: Tape) -> None:
    """The main gives up and is a ready backup again before anybody looks: all that is left is a count."""
    show(tape, 0, MAIN, RESERVE)
    there = {"role": "master", "airs": "reserve", "protection": "protected"}
    show(tape, FAULT_S, MAIN.moved(FAULT_S, "device_failed", "device_back", role="backup", airs="reserve", protection="unknown"))
    show(tape, FAULT_S, RESERVE.moved(FAULT_S + 0.2, "master_gave_up", "output_open", **there))
    show(tape, GONE_S, MAIN.moved(GONE_S, "output_open"), RESERVE.moved(GONE_S, "handed_over"))


@scene(told())
def a_failover_there_and_back_between_two_scrapes(tape: Tape) -> None:
    """Within 200 ms, and the roles are as they were: the count still tells."""
    show(tape, 0, MAIN, RESERVE)
    show(tape, FAULT_S + 0.2, MAIN.moved(FAULT_S + 0.2, "device_failed", "device_back", "preempted", "output_open"))
    show(tape, FAULT_S + 0.2, RESERVE.moved(FAULT_S + 0.2, "master_gave_up", "output_open", "handed_over"))


@scene(
    critical("UnderstudyTwoMasters", 100),
    told(),
    critical("UnderstudyUnprotected"),
    warning("UnderstudyPartnerLost"),
    warning("UnderstudyTwoMastersWere", 580),
)
def two_masters(tape: Tape) -> None:
    """A partition; when it heals both know how long it was, until a person acknowledges."""
    show(tape, 0, MAIN, RESERVE)
    show(tape, FAULT_S, MAIN.but(**ALONE), TAKEN)
    known = (("split_brain", "critical"),)
    over = {"role": "backup", "airs": "main", "link": "connected", "protection": "unknown"}
    show(tape, GONE_S, MAIN.but(alarms=known), TAKEN.moved(GONE_S, "rival_won", alarms=known, **over))
    show(tape, GONE_S + 130, MAIN, TAKEN.moved(GONE_S, "rival_won", **over))


@scene(
    critical("UnderstudyNoMaster", 80),
    critical("UnderstudyAgentDown", instance="rx-a:9742"),
    warning("UnderstudyPartnerLost"),
    warning("UnderstudyNotReady"),
)
def no_master_for_the_backup_is_in_fault(tape: Tape) -> None:
    show(tape, 0, MAIN, RESERVE)
    broken = {"role": "fault", "airs": "none", "link": "error", "readiness": 0.0, "able": 0.0}
    tape.at(FAULT_S, MAIN.name, DOWN)
    show(tape, FAULT_S, RESERVE.moved(FAULT_S, "device_failed", **broken))
    show(tape, GONE_S, MAIN, RESERVE.moved(GONE_S, "device_back"))


@scene(
    critical("UnderstudyNoMaster", 80),
    critical("UnderstudyAgentDown", instance="rx-a:9742"),
    critical("UnderstudyAlarmCritical", 65, alarm="attended", group="7"),
    warning("UnderstudyPartnerLost"),
)
def no_master_for_the_backup_waits_for_a_person(tape: Tape) -> None:
    """Attended (D-40): it has not moved, and calls."""
    show(tape, 0, MAIN, RESERVE)
    tape.at(FAULT_S, MAIN.name, DOWN)
    show(tape, FAULT_S, RESERVE.but(airs="none", link="error", alarms=(("attended", "critical"),)))
    show(tape, GONE_S, MAIN, RESERVE)


@scene(critical("UnderstudyUnprotected"))
def an_unprotected_master(tape: Tape) -> None:
    fault(tape, MAIN.but(protection="unprotected"))


@scene(warning("UnderstudyBackupsBusy"))
def a_busy_backup(tape: Tape) -> None:
    fault(tape, MAIN.but(protection="busy"))


@scene()
def the_own_group_of_an_nm_backup(tape: Tape) -> None:
    """Nobody has to air it, and a seat without a device is not fenced."""
    rest = {"role": "backup", "airs": "none", "protection": "unknown", "readiness": 0.0}
    show(tape, 0, MAIN.but(name="nm", group=3, designation="nmBackup", seat="resting", **rest))
    show(tape, 0, MAIN, RESERVE.but(designation="nmBackup", seat="pooled", device="", fenced=0.0))


@scene(critical("UnderstudyNoMaster", 80), warning("UnderstudyNotReady"))
def a_unit_that_never_gets_ready(tape: Tape) -> None:
    """Its device is missing since it was started: its state has never changed."""
    show(tape, 0, MAIN)
    broken = {"role": "init", "airs": "none", "link": "connecting", "protection": "unknown", "readiness": 0.0, "able": 0.0}
    show(tape, FAULT_S, MAIN.but(started_s=FAULT_S, moved_s=None, **broken))
    show(tape, GONE_S, MAIN.but(started_s=FAULT_S, moved_s=GONE_S))


@scene(warning("UnderstudyNotReady"))
def a_backup_that_is_not_ready(tape: Tape) -> None:
    """Both units see it; it rings once."""
    fault(tape, RESERVE.but(readiness=0.0, able=0.0, alarms=(("not_ready", "critical"),)), MAIN)


@scene(Ring("UnderstudyAlarmWarning", "warning", {"alarm": "maintenance", "group": "7"}))
def a_backup_in_maintenance(tape: Tape) -> None:
    """A person has made it so: not ready is no news."""
    fault(tape, RESERVE.but(readiness=0.0, maintenance=1.0, alarms=(("maintenance", "warning"),)))


@scene(Ring("UnderstudyAlarmWarning", "warning", {"alarm": "off", "group": "7"}))
def both_switched_off(tape: Tape) -> None:
    """By a person: nobody airs the group, and nobody is woken for it."""
    silent = {"role": "off", "airs": "off", "link": "off", "protection": "unknown", "readiness": 0.0}
    units = [unit.moved(FAULT_S, "command", alarms=(("off", "warning"),), **silent) for unit in (MAIN, RESERVE)]
    fault(tape, *units)


@scene(warning("UnderstudyPartnerLost"))
def a_lost_partner(tape: Tape) -> None:
    fault(tape, RESERVE.but(link="error"))


@scene(warning("UnderstudyMasterIsBack"))
def a_returned_master_of_a_pool(tape: Tape) -> None:
    """Z-39."""
    home = MAIN.but(role="backup", airs="reserve", returned=1.0, alarms=(("returned", "warning"),))
    there = {"role": "master", "airs": "reserve", "protection": "protected"}
    backup = RESERVE.but(designation="nmBackup")
    show(tape, 0, MAIN, backup)
    show(tape, FAULT_S, home.moved(FAULT_S, "ready"), backup.moved(FAULT_S, "named_successor", "output_open", **there))
    show(tape, GONE_S, MAIN.moved(GONE_S, "returned", "output_open"), backup.moved(GONE_S, "handed_over"))


@scene(replace(warning("UnderstudyFlapping", 470), over_s=1750), told(), length_s=1800)
def a_group_that_flaps(tape: Tape) -> None:
    """Six changes in six minutes, between two of equal right."""
    a, b = MAIN.but(designation="reserve"), RESERVE
    show(tape, 0, a, b)
    for turn in range(3):
        there, back = FAULT_S + 120 * turn, FAULT_S + 120 * turn + 61
        a = a.moved(there, "device_failed", "device_back", role="backup", airs="reserve", protection="unknown")
        b = b.moved(there, "master_gave_up", "output_open", role="master", airs="reserve", protection="protected")
        show(tape, there, a, b)
        a = a.moved(back, "preempted", "output_open", role="master", airs="main", protection="protected")
        b = b.moved(back, "handed_over", role="backup", airs="main", protection="unknown")
        show(tape, back, a, b)


@scene(warning("UnderstudyMarginThin", 65))
def a_thin_margin(tape: Tape) -> None:
    fault(tape, RESERVE.but(margin_s=0.01, alarms=(("margin_thin", "warning"),)))


@scene(warning("UnderstudyConfigurationConflict", 65))
def a_pending_decision(tape: Tape) -> None:
    """Both ask; it rings once."""
    asks = {"pending": 1.0, "alarms": (("decision_pending", "warning"),)}
    fault(tape, MAIN.but(**asks), RESERVE.but(**asks))


@scene(warning("UnderstudyTrackingLate", 430))
def tracking_that_hangs(tape: Tape) -> None:
    """From one bad state to another, never in sync."""
    synced = (MAIN, RESERVE.but(tracking="synced"))
    show(tape, 0, *synced)
    show(tape, FAULT_S, RESERVE.but(tracking="pulling"))
    show(tape, FAULT_S + 100, RESERVE.but(tracking="unreachable"))
    show(tape, GONE_S, synced[1])


@scene(warning("UnderstudyNotFenced"))
def an_output_that_is_not_fenced(tape: Tape) -> None:
    fault(tape, MAIN.but(fenced=0.0, alarms=(("not_fenced", "warning"),)))


@scene(critical("UnderstudyAgentDown", instance="rx-b:9742"))
def a_core_that_is_away(tape: Tape) -> None:
    """Management shows what was last known: nothing of it counts."""
    fault(tape, RESERVE.but(up=0.0, alarms=(("core_away", "critical"),)))


@scene(critical("UnderstudyAgentDown", instance="rx-b:9742"))
def an_agent_that_is_not_scraped(tape: Tape) -> None:
    """Its partner hears it all the same: the group is well."""
    show(tape, 0, MAIN, RESERVE)
    tape.at(FAULT_S, RESERVE.name, DOWN)
    show(tape, GONE_S, RESERVE)


@scene()
def one_scrape_that_fails(tape: Tape) -> None:
    """Of a slow network: nobody is woken."""
    show(tape, 0, MAIN, RESERVE)
    tape.at(FAULT_S, RESERVE.name, DOWN)
    show(tape, FAULT_S + 59, RESERVE)


@scene(warning("UnderstudyRecorderDown", instance="rx-a:9742"))
def a_recorder_that_is_down(tape: Tape) -> None:
    fault(tape, MAIN.but(recorder=0.0, group_of_alarms="", alarms=(("recorder", "warning"),)))


@scene()
def a_unit_without_a_recorder(tape: Tape) -> None:
    """As [recorder] wants it."""
    show(tape, 0, MAIN.but(recorder=0.0), RESERVE)


@scene(Ring("UnderstudyAlarmCritical", "critical", {"alarm": "two_priority_255", "group": "7"}, 65))
def a_critical_alarm_of_the_agent(tape: Tape) -> None:
    """Both raise it; it rings once."""
    known = {"alarms": (("two_priority_255", "critical"),)}
    fault(tape, MAIN.but(**known), RESERVE.but(**known))


@scene(Ring("UnderstudyAlarmWarning", "warning", OUTCAST))
def a_warning_of_the_agent(tape: Tape) -> None:
    fault(tape, RESERVE.but(alarms=(("strangers", "warning"),)))
