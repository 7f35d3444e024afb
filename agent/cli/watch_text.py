"""What `watch` says, as texts with a tone; how it looks is the screen's."""

from collections.abc import Iterator

from agent.cli.details_model import maintenance_text
from agent.cli.line import Line
from agent.cli.picture import Picture, Row
from agent.cli.plain import one_line, seconds
from agent.cli.records import alarm_line, happening

COLUMNS = ("group", "for", "role", "prio", "T", "lease", "master", "ready", "")
EVENTS = 5
_RANK = {"critical": 0, "warning": 1}


def title_of(picture: Picture) -> Line:
    """The unit, and how old what is shown is, when it is (C-18)."""
    unit, name = picture.unit, one_line(picture.unit.get("name"))
    facts = [f"unit {name}", f"revision {one_line(unit.get('view_revision'))}", f"{one_line(unit.get('peers'))} peer(s)"]
    if unit.get("link_up") is False:
        facts.append("LAN LINK DOWN")
    if picture.is_lost:
        return Line(f"unit {name}  NOT OF NOW: management is away; {picture.age_s():.0f} s old, trying again", "critical")
    if picture.is_stale:
        return Line(f"unit {name}  NOT OF NOW: core does not answer; {picture.age_s():.0f} s old", "critical")
    return Line("  ".join(facts))


def cells_of(member: Row) -> tuple[str, ...]:
    """One row of the table."""
    return (
        one_line(member.get("group")),
        one_line(member.get("designation")),
        one_line(member.get("role")),
        one_line(member.get("priority")),
        seconds(member.get("takeover_timeout_us"), 1_000_000),
        seconds(member.get("lease_remaining_ms"), 1000),
        one_line(member.get("master_name") or None),
        f"{one_line(member.get('readiness_colour'))} {one_line(member.get('readiness'))}",
        " ".join(flags_of(member)),
    )


def flags_of(member: Row) -> Iterator[str]:
    """What keeps it from doing what it would do by itself."""
    if member.get("locked") is True:
        yield "LOCKED"
    if member.get("maintenance") is True:
        yield "MAINTENANCE"
    if member.get("fenced") is False:
        yield "NOT FENCED"
    if member.get("link_state") in ("busy", "changing_over", "error"):
        yield one_line(member["link_state"]).upper().replace("_", " ")


def body_of(picture: Picture) -> list[Line]:
    """Below the table: what is wrong, what runs, then the peers."""
    found = [Line(alarm_line(alarm), one_line(alarm.get("severity"))) for alarm in _worst_first(picture)]
    members = picture.rows("member")
    for of_member in (_operation, _maintenance, lambda member: _reasons(picture, member), lambda member: _peers(picture, member)):
        found += [
            Line(f"group {one_line(member.get('group'))}: {line.text}", line.tone)
            for member in members
            for line in of_member(member)
        ]
    return found


def _worst_first(picture: Picture) -> list[Row]:
    return sorted(picture.rows("alarm"), key=lambda alarm: _RANK.get(str(alarm.get("severity")), 2))


def _operation(member: Row) -> Iterator[Line]:
    if member.get("operation_phase") == "running":
        who = f"{one_line(member.get('operation_verb'))} by {one_line(member.get('operation_author'))}"
        age = seconds(member.get("operation_age_ms"), 1000)
        yield Line(f"{who} runs for {age}: {one_line(member.get('operation_text') or '…')}", "warning")


def _maintenance(member: Row) -> Iterator[Line]:
    if member.get("maintenance") is True:
        yield Line(maintenance_text(member), "warning")


def _reasons(picture: Picture, member: Row) -> Iterator[Line]:
    reasons = [one_line(row.get("text")) for row in picture.rows("reason", group=member.get("group"), peer=0)]
    if reasons:
        yield Line(f"{one_line(member.get('readiness_colour'))}: {'; '.join(reasons)}", "warning")


def _peers(picture: Picture, member: Row) -> Iterator[Line]:
    for peer in picture.rows("peer", group=member.get("group")):
        able = "able" if peer.get("able") is True else "NOT able"
        known = ", last known" if peer.get("last_known") is True else ""
        colour = f"{one_line(peer.get('readiness_colour'))} {one_line(peer.get('readiness'))}"
        age = seconds(peer.get("age_ms"), 1000)
        yield Line(
            f"peer {one_line(peer.get('name'))}, priority {one_line(peer.get('priority'))}, {colour}, {able}, {age} ago{known}"
        )


def events_of(picture: Picture) -> list[str]:
    """The last ones, newest last."""
    return [short_event(event) for event in picture.rows("event")[-EVENTS:]]


def short_event(event: Row) -> str:
    """`03:04:05  group 7  transition …`: the day is today's, or it is not looked at live."""
    clock = one_line(event.get("at"))[11:19] or "-"
    where = "unit" if event.get("group") in (None, -1) else f"group {one_line(event.get('group'))}"
    return f"{clock}  {where}  {happening(event)}"
