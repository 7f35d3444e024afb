"""What `status` says of a group that a person has set, and of its readiness (D-30, D-31, D-49). Without a word of it: nothing."""

from collections.abc import Iterator, Mapping

from agent.cli.line import Line
from agent.cli.plain import one_line, table_in

_Object = Mapping[str, object]


def model_lines(status: _Object, member: _Object) -> Iterator[Line]:
    """Without `group N:` in front."""
    groups, group = table_in(table_in(status.get("model")).get("groups")), one_line(member.get("group"))
    said = table_in(groups.get(group))
    if said.get("readiness_colour") is not None and member.get("seat") != "resting":
        yield Line(*_readiness(said))
    if said.get("locked") is True:
        yield Line(f"LOCKED: orders to change who is master are refused. To unlock it: understudy unlock {group}", "warning")
    if said.get("maintenance") is True:
        text = f"{maintenance_text(said)}. No automatic takeover here until then; to end it: understudy maintenance {group} off"
        yield Line(text, "warning")
    if said.get("standby_mode") == "attended":
        yield Line(f"attended: a person decides. To let it take over by itself: understudy arm {group}", "warning")


def _readiness(said: _Object) -> tuple[str, str]:
    """Its colour, and why it is not green."""
    colour, reasons = one_line(said.get("readiness_colour")), said.get("reasons")
    why = f": {'; '.join(map(one_line, reasons))}" if isinstance(reasons, list) and reasons else ""
    return f"readiness {colour} ({one_line(said.get('readiness'))} of 255){why}", "" if colour == "green" else "warning"


def maintenance_text(member: _Object) -> str:
    """`maintenance by ann until …: reason`."""
    until = f" until {one_line(member['maintenance_until'])}" if member.get("maintenance_until") else ""
    why = f": {one_line(member['maintenance_reason'])}" if member.get("maintenance_reason") else ""
    return f"maintenance by {one_line(member.get('maintenance_owner') or 'somebody')}{until}{why}"
