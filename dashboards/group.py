"""Group: the roles of one service over time, why they changed, and how near the next change is."""

from grafana_foundation_sdk.builders import dashboard as build

from agent.model.words import INDICATOR, ROLE
from dashboards import frame, group_lan, group_units
from dashboards.expressions import LIVING, ROLE_MASTER, as_its_master_says, coded, named, service_state
from dashboards.grid import Row
from dashboards.looks import BLUE, GREEN, INDICATORS, ORANGE, RED, ROLES, SERVICE, limits
from dashboards.panels import About, Panel, name, number, timeline
from dashboards.selectors import member

TITLE = "Understudy / Group"
DESCRIPTION = "One service: who had which role when and why, how near the next takeover is, and how ready the backups are."
TO_UNIT = frame.to_unit("${__field.labels.instance}")


def variables() -> list[build.QueryVariable]:
    """One group at a time."""
    return [*frame.units(), frame.group()]


def layout() -> list[Row]:
    """Now, then the history of roles, then what led to it."""
    return [
        Row("Now", _now()),
        Row("Roles over time", [_roles(), _service(), _indicator()]),
        Row("Adverts and margin", group_lan.panels()),
        Row("Failovers", group_lan.failovers()),
        Row("Backups and configuration", group_units.panels()),
    ]


def _now() -> list[Panel]:
    changed = f"max(time() - ({member(frame.LAST_CHANGE)} > 0))"
    backup = f"{member('member_takeover_timeout_seconds')} and on (job, instance, group) {_is('backup')}"
    return [
        name(About("Master", "Who is on the air. Two names: two masters.", "none", 5, 4), named(ROLE_MASTER), "{{unit}}", GREEN),
        number(About("State", "As its master sees it.", "none", 4, 4), service_state(), mappings=SERVICE),
        number(
            About("Able backups", "How many could take over at once.", "short", 3, 4),
            as_its_master_says(member("coverage_backups")),
            thresholds=limits(ORANGE, (1, GREEN)),
        ),
        number(
            About("Takeover after", "T of the quickest backup: so long after the last advert it claims.", "s", 4, 4),
            f"min({backup})",
            thresholds=limits(BLUE),
        ),
        number(
            About(
                "Least margin", "How near an advert came to T in the last ten minutes, at any backup. 0: a takeover.", "s", 4, 4
            ),
            f"min({member('member_advert_margin_least_seconds')})",
            thresholds=limits(RED, (0.02, ORANGE), (0.05, GREEN)),
        ),
        number(
            About("Last change ago", "Since any role changed.", "dtdurations", 4, 4), f"min({changed})", thresholds=limits(BLUE)
        ),
    ]


def _is(role: str) -> str:
    return f"({member('member_role', role=role)} * {LIVING} == 1)"


def _roles() -> Panel:
    about = About("Role of each unit", "One strip a unit. Never two of them *master* at a time.", width=24, height=6)
    return timeline(about, named(coded("member_role", "role", ROLE)), ROLES).data_links([TO_UNIT])


def _service() -> Panel:
    about = About(
        "State of the service", "What the master says of its protection; NO MASTER when nobody is on the air.", width=12, height=5
    )
    return timeline(about, service_state(), SERVICE, "group {{group}}")


def _indicator() -> Panel:
    about = About(
        "Indicator",
        "Colour of the standby's button. green: changeover by itself; yellow: by hand, or not fully ready; red: nobody could "
        "take over; grey: nobody airs yet.",
        width=12,
        height=5,
    )
    return timeline(about, named(coded("member_indicator", "indicator", INDICATOR)), INDICATORS)
