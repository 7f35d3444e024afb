"""Panels of the group: its units one by one, what they know of each other, and their configuration."""

from grafana_foundation_sdk.builders import table

from agent.model.words import ROLE, TRACKING
from dashboards import frame
from dashboards.expressions import by_unit, coded, named
from dashboards.looks import GREEN, ORANGE, RED, ROLES, TRACKINGS, limits, mapping, yes_no
from dashboards.panels import About, Panel, lines, over_time, timeline
from dashboards.selectors import member
from dashboards.tables import Column, Label, rows

READY = limits(RED, (1, ORANGE), (200, GREEN))
REASON = mapping({1: ("yes", ORANGE)})


def panels() -> list[Panel]:
    """Readiness first: it decides what the next failover is worth."""
    return [_members(), _reasons(), _readiness(), _ages(), _tracking(), _lag()]


def _members() -> table.Panel:
    about = About(
        "Units of the group", "What each is set to, and whether it could take over. Click the instance.", width=16, height=7
    )
    labels = [Label("instance", "Instance", frame.to_unit('${__data.fields["Instance"]}'), 140), Label("unit", "Unit")]
    return rows(about, labels, _member_columns(), sort="Unit")


def _member_columns() -> list[Column]:
    return [
        Column("Role", named(coded("member_role", "role", ROLE)), mappings=ROLES),
        Column("Priority", by_unit(member("member_priority")), width=80),
        Column("T", by_unit(member("member_takeover_timeout_seconds")), "s", width=80),
        Column("Readiness", by_unit(member("member_readiness")), thresholds=READY, width=90),
        Column("Able", by_unit(member("member_able")), mappings=yes_no(), width=70),
        Column("Fenced", by_unit(member("member_fenced")), mappings=yes_no(), width=80),
        Column("Locked", by_unit(member("member_locked")), mappings=yes_no(good=0), width=80),
        Column("Maintenance", by_unit(member("member_maintenance")), mappings=yes_no(good=0), width=110),
        Column("Returned", by_unit(member("member_returned")), mappings=yes_no(good=0), width=90),
        Column("Revision", by_unit(member("config_revision")), width=90),
    ]


def _reasons() -> table.Panel:
    about = About(
        "Why not fully ready", "Every reason that any unit gives, for itself or for a peer it hears.", width=8, height=7
    )
    labels = [Label("unit", "Says"), Label("peer", "Of"), Label("reason", "Reason")]
    given = f"max by (unit, peer, reason) ({named(member('readiness_reason'), 'peer', 'reason')}) == 1"
    return rows(about, labels, [Column("Now", given, mappings=REASON, width=70)])


def _readiness() -> Panel:
    return lines(
        About(
            "Readiness over time",
            "0: cannot serve the group; 255: ready in every way. Also what each unit has heard of the others.",
            "none",
            12,
        ),
        over_time(named(member("member_readiness"))),
        over_time(named(member("peer_readiness"), "peer"), "{{peer}}, says {{unit}}"),
        thresholds=READY,
    ).max(255)


def _ages() -> Panel:
    about = About(
        "Last word of each peer", "Since anything was heard of it. It grows to A between adverts; beyond T it is gone.", "s", 12
    )
    return lines(about, over_time(named(member("peer_age_seconds"), "peer"), "{{peer}} at {{unit}}"))


def _tracking() -> Panel:
    about = About(
        "Configuration tracking",
        "synced: holds what the master airs; pending: a person has to choose between two configurations.",
        width=12,
        height=6,
    )
    return timeline(about, named(coded("config_tracking_state", "state", TRACKING)), TRACKINGS)


def _lag() -> Panel:
    return lines(
        About(
            "Tracking lag and decisions",
            "How long a backup has been behind its master's configuration. A line at 1 s: a decision waits.",
            "s",
            12,
            6,
        ),
        over_time(named(member("config_tracking_lag_seconds")), "{{unit}} behind"),
        over_time(named(member("config_pending_decision")), "{{unit}} decision waits"),
    )
