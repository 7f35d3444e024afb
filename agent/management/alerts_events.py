"""Alerts from the event table: transitions, alarms, commands. Each event has an identity that no restart changes."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from agent.management.alerts_told import CRITICAL, INFORMATION, UNIT_WIDE, WARNING, Alert, Told
from agent.model.view import Row, View
from agent.model.words import EVENT, REASON, SEVERITY

PASSED_THROUGH = frozenset({"claiming", "yielding"})
"""States on the way to another: what a person wants to know is where it ends, and why it began."""
_ROLE_OF = {"off_on_air": "off"}
"""States that show another role than their own."""
_NOT_DONE = frozenset({"refused", "busy", "failed", "bad_value", "unknown", "not_allowed", "conflict"})
_OWN_KIND = {"split_brain": "split_brain", "returned": "master_returned"}
_LEVELS = {"none": INFORMATION, "warning": WARNING, "critical": CRITICAL}


def event_alerts(told: Told, view: View) -> Iterator[Alert]:
    """Of each event that is news, oldest first. The rows' numbers grow while management runs: none is looked at twice."""
    events = view.tables.get("event", {})
    unseen = list(takewhile(lambda index: index[0] > told.last_row, reversed(list(events))))
    for index in reversed(unseen):
        told.last_row, row = index[0], events[index]
        if told.is_news(str(row.get("id") or f"here-{index[0]}")):
            yield from _of_event(told, row)


def _of_event(told: Told, row: Row) -> Iterator[Alert]:
    what = EVENT.word(int(row.get("what") or 1))
    if what == "transition":
        yield from _transition(told, row)
    elif what == "alarm":
        yield from raised(told, _plain(row, "fault", str(row.get("name") or row.get("after") or "other")))
    elif what == "alarm_cleared":
        yield from cleared(told, _plain(row, "fault_cleared", str(row.get("name") or row.get("before") or "other")))
    elif what == "command" and row.get("after") in _NOT_DONE:
        yield replace(_plain(row, "command_refused", str(row.get("before"))), reason=str(row["after"]), severity=WARNING)


def raised(told: Told, alert: Alert) -> Iterator[Alert]:
    """Once until it is cleared; a new text for the same alarm is not told again."""
    key = f"{alert.group}/{alert.name}"
    is_news, told.alarms[key] = key not in told.alarms, alert.text
    told.missing.pop(f"alarm/{key}", None)
    if is_news:
        yield replace(alert, kind=_OWN_KIND.get(alert.name, "fault"))


def cleared(told: Told, alert: Alert) -> Iterator[Alert]:
    """Only what was raised."""
    text = told.alarms.pop(f"{alert.group}/{alert.name}", None)
    if text is not None:
        yield replace(alert, kind="fault_cleared", severity=INFORMATION, text=alert.text or f"over: {text}")


def _transition(told: Told, row: Row) -> Iterator[Alert]:
    alert = _plain(row, "role_change", "")
    group, reason = str(alert.group), REASON.word(int(row.get("reason") or 1))
    before, after = (_ROLE_OF.get(state, state) for state in (str(row.get("before")), str(row.get("after"))))
    if before not in PASSED_THROUGH:
        told.roles.setdefault(group, before)
    if after in PASSED_THROUGH:
        told.leaving.setdefault(group, [reason, alert.text])
        return
    why, text = told.leaving.pop(group, [reason, ""])
    texts = "; ".join(dict.fromkeys(part for part in (text, alert.text) if part))
    known, told.roles[group] = told.roles.get(group, before), after
    if known != after:
        yield settled(replace(alert, text=texts), reason if after == "fault" else why, known, after)


def settled(alert: Alert, reason: str, before: str, after: str) -> Alert:
    """A change of role; into fault it is critical."""
    severity = CRITICAL if after == "fault" else INFORMATION
    return replace(alert, reason=reason, before=before, after=after, severity=severity)


def _plain(row: Row, kind: str, name: str) -> Alert:
    group, severity = row.get("group"), SEVERITY.word(int(row.get("severity") or 1))
    return Alert(
        kind,
        group if isinstance(group, int) else UNIT_WIDE,
        int(row.get("at") or 0),
        _LEVELS[severity],
        name,
        author=str(row.get("author") or ""),
        text=str(row.get("text") or ""),
    )
