"""Scenes of what a unit or a site lacks, one at a time."""

from dataclasses import replace

from tests.dashboards.scene_kit import FAULT_S, GONE_S, Ring, critical, fault, scene, show, told, warning
from tests.dashboards.shown import MAIN, RESERVE
from tests.dashboards.tape import DOWN, Tape

OUTCAST = {"alarm": "strangers", "group": "7"}


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
    """From one bad state to another, never in sync; at last its handover process stands still."""
    synced = (MAIN, RESERVE.but(tracking="synced"))
    show(tape, 0, *synced)
    show(tape, FAULT_S, RESERVE.but(tracking="pulling"))
    show(tape, FAULT_S + 100, RESERVE.but(tracking="unreachable"))
    show(tape, FAULT_S + 150, RESERVE.but(tracking="none"))
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


@scene(warning("UnderstudyFaceDown", instance="rx-b:9742"))
def two_faces_that_are_down(tape: Tape) -> None:
    """A port and a certificate: it rings once for the unit."""
    fault(tape, RESERVE.but(faces={"http": 0, "modbus": 0}))


@scene()
def a_face_that_is_down_for_a_moment(tape: Tape) -> None:
    """Management starts anew: nobody is woken."""
    show(tape, 0, MAIN, RESERVE)
    show(tape, FAULT_S, RESERVE.but(faces={"http": 1, "modbus": 0}))
    show(tape, FAULT_S + 59, RESERVE)


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
