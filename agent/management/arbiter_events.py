"""What people read of a change: one event for each value that is another now. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from agent.management.arbiter_restore import UNIT
from agent.management.arbiter_values import Plan, Stamp

_KINDS = {"locked": "lock", "auto_lock": "lock", "maintenance": "maintenance"}
_NOT_SETTINGS = ("command_reason", "write_semaphore")


class Event(NamedTuple):
    """As Records.event wants it. `group` -1: the unit."""

    what: str
    group: int
    text: str
    more: dict[str, str]


def events_of(plan: Plan, stamp: Stamp) -> Iterator[Event]:
    """In the order in which it was asked for."""
    for name, after in plan.after.items():
        group, _, column = name.rpartition(".")
        if column not in _NOT_SETTINGS and plan.before[name] != after:
            was, now = _shown(plan.before[name]), _shown(after)
            text = f"{column} is {now}, was {was}{f': {stamp.reason}' if stamp.reason else ''}"
            more = {"before": was, "after": now, "author": str(stamp.principal), "name": column}
            yield Event(_KINDS.get(column, "setting"), int(group or UNIT), text, more)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
