"""What the issue asks of each dashboard, in its own words: panels by title, how they draw, and which metric they ask for."""

import pytest

from dashboards import queries

Panel = tuple[str, str, str]
"""Title, kind, metric without its prefix."""
ASKED: dict[tuple[str, str], list[Panel]] = {
    ("fleet", "which services are protected"): [
        ("Services", "table", "member_protection"),
        ("Protection over time", "state-timeline", "member_protection"),
        ("Unprotected", "stat", "coverage_backups"),
        ("Without master", "stat", "member_role"),
        ("Two masters", "stat", "member_role"),
    ],
    ("fleet", "by whom"): [("Services", "table", "member_role"), ("Units", "table", "member_role")],
    ("fleet", "how ready"): [("Services", "table", "member_readiness"), ("Services", "table", "coverage_backups")],
    ("group", "roles over time"): [
        ("Role of each unit", "state-timeline", "member_role"),
        ("State of the service", "state-timeline", "member_protection"),
    ],
    ("group", "adverts"): [
        ("Distance between adverts", "timeseries", "member_advert_distance_seconds_sum"),
        ("Packets", "timeseries", "packets_received_total"),
        ("Rejected packets", "timeseries", "packets_rejected_total"),
        ("Lease", "timeseries", "member_lease_remaining_seconds"),
    ],
    ("group", "margin"): [
        ("Margin before a takeover", "timeseries", "member_advert_margin_least_seconds"),
        ("Margin before a takeover", "timeseries", "member_advert_margin_seconds_bucket"),
        ("Least margin", "stat", "member_advert_margin_least_seconds"),
    ],
    ("group", "failovers"): [
        ("Changes of role", "timeseries", "member_transitions_total"),
        ("Off the air", "bargauge", "member_outage_seconds_total"),
    ],
    ("group", "phases"): [
        ("Takeover, phase by phase", "bargauge", "member_takeover_phase_seconds_sum"),
        ("Takeover, phase by phase", "bargauge", "member_changeover_seconds_sum"),
    ],
    ("unit", "faces"): [
        ("Serving", "state-timeline", "face_up"),
        ("Commands", "timeseries", "commands_total"),
        ("Notifications and events", "timeseries", "notifications_sent_total"),
        ("Scrapes", "timeseries", "metrics_scrapes_total"),
    ],
    ("unit", "device"): [
        ("Ready", "state-timeline", "device_ready"),
        ("Datagrams out", "timeseries", "device_datagrams_total"),
        ("Continuity errors", "timeseries", "device_continuity_errors_total"),
        ("Fenced", "state-timeline", "device_fenced"),
    ],
    ("unit", "recorder"): [
        ("Recorder", "stat", "recorder_up"),
        ("Reaches back", "stat", "recorder_oldest_timestamp_seconds"),
        ("On disk", "timeseries", "recorder_bytes"),
        ("Notes", "timeseries", "recorder_dropped_total"),
    ],
}
ROWS = {
    "fleet": ["At a glance", "Services", "Units"],
    "group": ["Now", "Roles over time", "Adverts and margin", "Failovers", "Backups and configuration"],
    "unit": ["Now", "Members", "Device", "Processes", "Faces", "Recorder"],
}


@pytest.mark.parametrize(("name", "words"), ASKED, ids=" ".join)
def test_the_dashboard_shows_what_the_issue_asks_of_it(name: str, words: str) -> None:
    """Issue 5: "fleet (which services are protected, by whom, how ready), group (roles over time, adverts, margin, failovers
    as annotations, phases), unit (faces, device, recorder). State timelines for roles"; annotations: test_dashboards.py."""
    shown = {panel["title"]: panel for panel in queries.panels(name)}
    for title, kind, metric in ASKED[name, words]:
        assert shown[title]["type"] == kind
        assert any(f"understudy_{metric}{{" in target["expr"] for target in shown[title]["targets"]), (title, metric)


@pytest.mark.parametrize("name", ROWS)
def test_its_rows_are_these_from_the_top_down(name: str) -> None:
    """Issue 5; what an operator looks at first stands first."""
    assert [panel["title"] for panel in queries.dashboard(name)["panels"] if panel["type"] == "row"] == ROWS[name]
