"""Fleet: which services are protected, by whom, and how ready their backups are."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import stat, table

from dashboards import frame
from dashboards.expressions import (
    BY_GROUP,
    IN_BETWEEN,
    MASTERS,
    RESTING,
    ROLE_MASTER,
    as_its_master_says,
    by_unit,
    changes_of_role,
    how_many,
    named,
    service_state,
)
from dashboards.grid import Row
from dashboards.looks import BLUE, GREEN, ORANGE, RED, SERVICE, limits, yes_no
from dashboards.panels import About, Panel, bars, number, over_time, timeline
from dashboards.selectors import OF_CHOSEN_UNITS, member, unit
from dashboards.tables import Column, Label, rows

TITLE = "Understudy / Fleet"
DESCRIPTION = (
    "Which services are protected, by whom, and how ready their backups are. A click on a group or a unit shows more of it."
)
NONE_IS_GOOD = limits(GREEN, (1, RED))
SOME_IS_ODD = limits(GREEN, (1, ORANGE))
DOWN = f"up{{{OF_CHOSEN_UNITS}}} == 0 and on (job, instance) last_over_time({unit('build_info')}[1d])"
TO_GROUP = frame.to_group('${__data.fields["Group"]}')
TO_UNIT = frame.to_unit('${__data.fields["Instance"]}')


def variables() -> list[build.QueryVariable]:
    """Everything is shown to begin with."""
    return [*frame.units(), frame.many(frame.group())]


def layout() -> list[Row]:
    """From the one number that must be 0 down to the single unit."""
    return [
        Row("At a glance", _numbers()),
        Row("Services", [_services(), _protection(), _changes()]),
        Row("Units", [_units(), _alarms()]),
    ]


def _numbers() -> list[Panel]:
    unprotected = f"{as_its_master_says(member('coverage_backups'))} == 0"
    return [
        _count("Groups", "Redundancy groups that any unit serves.", f"count {BY_GROUP} ({member('member_info')})", limits(BLUE)),
        _count(
            "Without master",
            "Nobody is on the air for them. **Act now.**",
            f"{MASTERS} == 0 unless on (job, group) {RESTING} unless {IN_BETWEEN}",
            NONE_IS_GOOD,
        ),
        _count(
            "Two masters", "Two outputs may be open at a time. **Act now.**", f"{MASTERS} > 1 unless {IN_BETWEEN}", NONE_IS_GOOD
        ),
        _count("Unprotected", "A master is on the air, and nobody could take over from it.", unprotected, SOME_IS_ODD),
        _count("Agents down", "Seen within a day, and not reached now.", DOWN, NONE_IS_GOOD),
        _count("Alarms raised", "Anywhere; the table below says which.", f"{unit('alarm')} == 1", SOME_IS_ODD),
    ]


def _count(title: str, description: str, of: str, colours: build.ThresholdsConfig) -> stat.Panel:
    return number(About(title, description, "short", 4, 4), how_many(of), thresholds=colours)


def _services() -> table.Panel:
    about = About(
        "Services",
        "A row for each group: who airs it, how many could take over at once, and how ready the best of them is (0 to 255). "
        "Two rows for one group: two masters. Click the group to see its history.",
        width=24,
        height=7,
    )
    labels = [Label("group", "Group", TO_GROUP, 80), Label("unit", "Master")]
    return rows(about, labels, _service_columns(), sort="Group")


def _service_columns() -> list[Column]:
    backup = f"({member('member_role', role='backup')} == 1)"
    ready = f"max {BY_GROUP} ({member('member_readiness')} and on (job, instance, group) {backup})"
    alarms = f"sum {BY_GROUP} ({member('alarm')}) or 0 * count {BY_GROUP} ({member('member_info')})"
    changed = f"time() - max {BY_GROUP} ({member(frame.LAST_CHANGE)} > 0)"
    return [
        Column("State", service_state(), mappings=SERVICE, width=140),
        Column("Masters", f"max by (job, group, unit) ({named(ROLE_MASTER, 'group')})", "none", width=90),
        Column("Able backups", as_its_master_says(member("coverage_backups")), "none", thresholds=limits(ORANGE, (1, GREEN))),
        Column("Best readiness", ready, "none", thresholds=limits(RED, (1, ORANGE), (200, GREEN))),
        Column("Last change ago", changed, "dtdurations"),
        Column("Alarms", alarms, "none", thresholds=SOME_IS_ODD, width=90),
    ]


def _protection() -> Panel:
    about = About(
        "Protection over time",
        "What the master of each group says: *protected*: a backup could take over at once; *busy*: the backups air others; "
        "*unprotected*: nobody could. NO MASTER and TWO MASTERS are counted over all units.",
        width=24,
        height=6,
    )
    link = frame.to_group("${__field.labels.group}")
    return timeline(about, service_state(), SERVICE, "group {{group}}").data_links([link])


def _changes() -> Panel:
    about = About(
        "Changes of role",
        "How often, for which reason. A planned changeover counts on both units (*handed over*, *named successor*).",
        "short",
        24,
        6,
    )
    return bars(about, over_time(changes_of_role(), "{{reason}}"))


def _units() -> table.Panel:
    about = About(
        "Units",
        "A row for each unit that is scraped. *Core*: the process that decides is alive. Click the instance to see the unit.",
        width=14,
        height=7,
    )
    labels = [Label("instance", "Instance", TO_UNIT), Label("unit", "Unit"), Label("version", "Version", width=90)]
    masters = f"sum by (job, instance) ({member('member_role', role='master')})"
    version = f"max by (job, instance, version) ({unit('build_info')})"
    return rows(
        about,
        labels,
        [
            Column("Core", f"max by (job, instance, unit) ({named(unit('up'))})", mappings=yes_no("alive", "away"), width=80),
            Column("Agent", version, is_hidden=True),
            Column("LAN", by_unit(unit("link_up")), mappings=yes_no("up", "down"), width=70),
            Column("Authenticated", by_unit(unit("authenticated")), mappings=yes_no(), width=120),
            Column("Peers", by_unit(unit("peers")), thresholds=limits(ORANGE, (1, GREEN)), width=80),
            Column("On the air", masters, "none", width=100),
        ],
        sort="Unit",
    )


def _alarms() -> table.Panel:
    about = About("Alarms", "Raised now. docs/reference.md says what each means and what to do.", width=10, height=7)
    labels = [
        Label("severity", "Severity", width=90),
        Label("alarm", "Alarm"),
        Label("group", "Group", TO_GROUP, 80),
        Label("unit", "Unit"),
    ]
    raised = f"max by (job, unit, group, alarm, severity) ({named(unit('alarm'), 'group', 'alarm', 'severity')}) == 1"
    return rows(about, labels, [Column("Raised", raised, mappings=yes_no("raised", good=0), width=80)])
