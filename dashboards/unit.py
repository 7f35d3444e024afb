"""Unit: one machine, with its processes, faces, device and recorder."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import table

from agent.model.words import ROLE
from dashboards import frame, unit_inside
from dashboards.expressions import coded, named
from dashboards.grid import Row
from dashboards.looks import BLUE, GREEN, ORANGE, RED, ROLES, SWITCHED, Mappings, limits, yes_no
from dashboards.panels import About, Panel, name, number, timeline
from dashboards.selectors import member, unit
from dashboards.tables import Column, Label, rows

TITLE = "Understudy / Unit"
DESCRIPTION = "One unit (or several, side by side): its roles, processes, device, faces and recorder."


def variables() -> list[build.QueryVariable]:
    """Choose one instance above; all are shown side by side to begin with."""
    return [*frame.units(), frame.many(frame.group())]


def layout() -> list[Row]:
    """What it is, what it does, and what it is made of."""
    return [
        Row("Now", _now()),
        Row("Members", [_roles(), _members(), unit_inside.alarms()]),
        Row("Device", unit_inside.device()),
        Row("Processes", unit_inside.processes()),
        Row("Faces", unit_inside.faces()),
        Row("Recorder", unit_inside.recorder()),
    ]


def _now() -> list[Panel]:
    return [
        name(About("Unit", "Its name and version.", "none", 6, 4), _version(), "{{unit}} {{version}}", BLUE),
        _flag("Core", "The process that decides is alive and fresh.", unit("up"), yes_no("alive", "away")),
        _flag("LAN", "The link of the redundancy LAN.", unit("link_up"), yes_no("up", "down")),
        _flag("Authenticated", "Packets carry a key's proof.", unit("authenticated"), yes_no()),
        _flag("Real time", "The core runs at real-time priority: exact timers.", unit("real_time"), yes_no()),
        number(
            About("Core's age", "Since the core last told its state.", "s", 3, 4),
            named(unit("core_age_seconds")),
            "{{unit}}",
            thresholds=limits(GREEN, (1, ORANGE), (3, RED)),
        ),
        number(
            About("Peers", "Units heard on the LAN.", "short", 3, 4),
            named(unit("peers")),
            "{{unit}}",
            thresholds=limits(ORANGE, (1, GREEN)),
        ),
    ]


def _version() -> str:
    return f"max by (unit, version) ({unit('build_info')} * on (job, instance) group_left (unit) {unit('unit_info')})"


def _flag(title: str, description: str, expression: str, mappings: Mappings) -> Panel:
    return number(About(title, description, "none", 3, 4), named(expression), "{{unit}}", mappings)


def _roles() -> Panel:
    about = About("Roles", "A strip for each group that this unit serves.", width=24, height=6)
    link = frame.to_group("${__field.labels.group}")
    roles = named(coded("member_role", "role", ROLE), "group")
    return timeline(about, roles, ROLES, "{{unit}}, group {{group}}").data_links([link])


def _members() -> table.Panel:
    about = About("Members", "The groups that this unit serves. Click the group.", width=14, height=7)
    labels = [
        Label("group", "Group", frame.to_group('${__data.fields["Group"]}'), 80),
        Label("unit", "Unit"),
        Label("designation", "Designation"),
        Label("device", "Device"),
    ]
    info = named(member("member_info"), "group", "designation", "device")
    by_member = "max by (job, instance, group)"
    return rows(
        about,
        [Label("instance", "Instance"), *labels],
        [
            Column("Role", coded("member_role", "role", ROLE), mappings=ROLES),
            Column("Priority", f"{by_member} ({member('member_priority')})", width=80),
            Column("Preempt", f"{by_member} ({member('member_preempt')})", mappings=SWITCHED, width=80),
            Column("Known", info, is_hidden=True),
        ],
        sort="Group",
    )
