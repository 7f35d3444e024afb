"""Events as rows of the model, and core's journal as events. Pure."""

from collections.abc import Callable, Mapping, Sequence

from agent.management.viewer_read import Object, moment, numbered, text, whole
from agent.model import words
from agent.model.kinds import Value
from agent.model.view import Row

UNIT_WIDE = -1
_PHASES = ("detect", "claim", "load", "lock", "open")


def event_of(entry: Object) -> dict[str, object]:
    """One dated entry of core's journal as an event without a number. `id`: never given to another; `name`: an alarm's word.

    An alarm's word stands in `after` when it is raised, in `before` when it is over.
    """
    what, name = str(entry.get("what")), text(entry.get("name"), 64)
    before, after = _BEFORE_AFTER.get(what, _states)(entry, name)
    return {
        "id": f"{entry.get('boot')}-{entry.get('number')}",
        "at": moment(entry.get("time")),
        "group": whole(entry.get("group")),
        "what": what if what in words.EVENT.words else "other",
        "reason": str(entry.get("reason") or "none"),
        "severity": str(entry.get("severity") or "none"),
        "text": text(entry.get("text")) or _sentence(entry, what, name),
        "before": before,
        "after": after,
        "author": text(entry.get("author"), 128),
        "name": name,
    }


def _states(entry: Object, _name: str) -> tuple[str, str]:
    return text(entry.get("before"), 64), text(entry.get("after"), 64)


_BEFORE_AFTER: Mapping[str, Callable[[Object, str], tuple[str, str]]] = {
    "alarm": lambda _entry, name: ("", name),
    "alarm_cleared": lambda _entry, name: (name, ""),
}


def _sentence(entry: Object, what: str, name: str) -> str:
    if what == "takeover":
        phases = [(phase, entry.get(f"{phase}_ms")) for phase in _PHASES]
        said = ", ".join(f"{phase} {ms:.1f} ms" for phase, ms in phases if isinstance(ms, int | float))
        return f"takeover: {said}" if said else "takeover"
    return f"{name} is over" if what == "alarm_cleared" else what


def event_row(event: Object) -> Row:
    """Columns of the event table; whatever else an event says stays in the row."""
    group = whole(event.get("group"))
    more = {key: value for key, value in event.items() if isinstance(value, str | int) and key != "number"}
    row: dict[str, Value] = {
        **more,
        "at": moment(event.get("at")),
        "group": UNIT_WIDE if group is None else group,
        "what": numbered(words.EVENT, event.get("what"), "other"),
        "reason": numbered(words.REASON, event.get("reason"), "none"),
        "severity": numbered(words.SEVERITY, event.get("severity"), "none"),
        "text": text(event.get("text")),
        "before": text(event.get("before"), 128),
        "after": text(event.get("after"), 128),
        "author": text(event.get("author"), 128),
    }
    return row


def event_rows(events: Sequence[Object], known: Mapping[tuple[int, ...], Row], limit: int) -> dict[tuple[int, ...], Row]:
    """By number, oldest first. Events never change, so those that are known are not read again."""
    rows: dict[tuple[int, ...], Row] = {}
    for event in list(events)[-limit:]:
        number = event.get("number")
        if isinstance(number, int) and number > 0:
            index = (number,)
            rows[index] = known.get(index) or event_row(event)
    return rows
