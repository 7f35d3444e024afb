"""What `status` says of each group beyond core's word: what a person has set, and readiness. A part of the view, kept short."""

from agent.model.json_values import Json, value_as_json
from agent.model.tables import TABLE
from agent.model.view import View

COLUMNS = (
    "locked",
    "auto_lock",
    "maintenance",
    "maintenance_owner",
    "maintenance_reason",
    "maintenance_until",
    "standby_mode",
    "common_state",
    "link_state",
    "readiness",
    "readiness_colour",
)


def status_model(view: View) -> Json:
    """`{"lock_available": true, "groups": {"7": {"locked": false, …, "reasons": ["…"]}}}`; reasons: why not wholly ready."""
    unit, reasons = view.row("unit") or {}, view.tables.get("reason", {})
    groups = {}
    for (group,), row in view.tables.get("member", {}).items():
        said = {name: value_as_json(TABLE["member"].column(name).kind, row.get(name)) for name in COLUMNS}
        own = [reason.get("text") for index, reason in reasons.items() if index[:2] == (group, 0)]
        groups[str(group)] = {**said, "reasons": own}
    return {"lock_available": unit.get("lock_available"), "groups": groups}
