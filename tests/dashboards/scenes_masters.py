"""Scenes of who is master: quiet ones, takeovers, two masters, none."""

from tests.dashboards.scene_kit import FAULT_S, GONE_S, critical, scene, show, told, warning
from tests.dashboards.shown import MAIN, RESERVE
from tests.dashboards.tape import DOWN, Tape

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
