"""The flight recorder as faces show it: columns of the unit, and an alarm while it does not record. Pure."""

from agent.management.viewer_alarms import UNIT_WIDE, Alarm
from agent.management.viewer_read import Object, count, moment, text
from agent.model import words
from agent.model.kinds import Value

KIB = 1024


def recorder_columns(said: Object) -> dict[str, Value]:
    """`said`: core's word (agent.core.recorder_health)."""
    return {
        "recorder_enabled": said.get("enabled") is True,
        "recorder_up": said.get("up") is True,
        "recorder_notes": count(said.get("notes")),
        "recorder_dropped": count(said.get("dropped")),
        "recorder_kib": count(said.get("bytes")) // KIB,
        "recorder_oldest": moment(said.get("oldest_ns")) or None,
        "recorder_fault": text(said.get("fault")),
    }


def recorder_alarms(said: Object) -> list[Alarm]:
    """A warning: redundancy goes on, but nobody will be able to say why a role changed."""
    fault = text(said.get("fault"), 200)
    what = f"the flight recorder does not record: {fault}"
    return [Alarm(UNIT_WIDE, "recorder", words.SEVERITY.words["warning"], what)] if fault else []
