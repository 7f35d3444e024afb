"""Alerts from what differs between a view and what was last told: peers, colours, links, decisions; alarms and roles whose event
was never seen. Of a stale view nothing is believed but new alarms (C-18): it may be the one of a minute ago, or of nobody.
"""

from collections.abc import Iterator
from dataclasses import replace

from agent.management.alerts_events import PASSED_THROUGH, cleared, raised, settled
from agent.management.alerts_told import CRITICAL, INFORMATION, MAX_LOST, UNIT_WIDE, WARNING, Alert, Told
from agent.model.view import Index, Row, View
from agent.model.words import ALARM, COLOUR, LINK_STATE, REASON, ROLE, SEVERITY


def state_alerts(told: Told, view: View, now_ns: int, at_ns: int) -> Iterator[Alert]:
    """In this order: alarms, then by group. An alarm's end is believed when no whole view has had it for SETTLE_NS.

    `now_ns`: monotonic; `at_ns`: the time of day, for what has none of its own.
    """
    on = dict(_alarms(view))
    for key, alert in on.items():
        if told.is_gone(f"+alarm/{key}", key in told.alarms, now_ns):  # its own event usually comes first
            yield from raised(told, alert)
    if view.is_stale:
        return
    for key in list(told.alarms):
        if told.is_gone(f"alarm/{key}", key in on, now_ns):
            group, _, name = key.partition("/")
            yield from cleared(told, Alert("fault_cleared", int(group), at_ns, name=name))
    _forget_doubts(told, on)
    for index, row in view.tables.get("member", {}).items():
        yield from _role(told, index[0], row, now_ns)
        yield from _link(told, index[0], row, at_ns)
    yield from _peers(told, view, now_ns, at_ns)
    yield from _colours(told, view, at_ns)
    yield from _decisions(told, view, now_ns, at_ns)


def _alarms(view: View) -> Iterator[tuple[str, Alert]]:
    for row in view.tables.get("alarm", {}).values():
        given, name = row.get("group"), ALARM.word(int(row.get("name") or 1))
        group = given if isinstance(given, int) else UNIT_WIDE
        severity = CRITICAL if row.get("severity") == SEVERITY.words["critical"] else WARNING
        text = str(row.get("text") or "")
        yield f"{group}/{name}", Alert("fault", group, int(row.get("since") or 0), severity, name, text=text)


def _forget_doubts(told: Told, on: dict[str, Alert]) -> None:
    """About alarms that were over before anybody told of them."""
    for what in [what for what in told.missing if what.startswith("+alarm/") and what.removeprefix("+alarm/") not in on]:
        del told.missing[what]


def _role(told: Told, group: int, row: Row, now_ns: int) -> Iterator[Alert]:
    """A change whose events were never seen, as more happened than core keeps while management was away."""
    key, role = str(group), ROLE.word(int(row.get("role") or 2))
    known = told.roles.setdefault(key, role) if role not in PASSED_THROUGH else told.roles.get(key, role)
    if role in PASSED_THROUGH or not told.is_gone(f"role/{key}", known == role, now_ns):
        return
    told.roles[key] = role
    told.leaving.pop(key, None)
    alert = Alert("role_change", group, int(row.get("last_at") or 0), text=str(row.get("last_text") or ""))
    yield settled(alert, REASON.word(int(row.get("last_reason") or 1)), known, role)


def _link(told: Told, group: int, row: Row, at_ns: int) -> Iterator[Alert]:
    """D-25. Switched off is neither."""
    state, key = LINK_STATE.word(int(row.get("link_state") or 1)), str(group)
    known, told.links[key] = told.links.get(key, ""), state
    alert = Alert("link_error", group, at_ns, CRITICAL, before=known, after=state)
    if state == "error" != known:
        yield replace(alert, text=f"No partner of group {group} is heard")
    elif known == "error" and state not in {"error", "off"}:
        yield replace(alert, kind="link_restored", severity=INFORMATION, text=f"A partner of group {group} is heard again")


def _peers(told: Told, view: View, now_ns: int, at_ns: int) -> Iterator[Alert]:
    heard = dict(_heard(view))
    for key, name in heard.items():
        if told.lost.pop(key, None) is not None:
            yield _peer("peer_back", key, name, at_ns, "is heard again")
        told.peers[key] = name
    silent = {_key(index, row) for index, row in _peer_rows(view) if row.get("last_known")}
    for key in [key for key in told.peers if told.is_gone(f"peer/{key}", key in heard or key in silent, now_ns) or key in silent]:
        name = told.lost[key] = told.peers.pop(key)
        yield _peer("peer_lost", key, name, at_ns, "is not heard any more")
    while len(told.lost) > MAX_LOST:
        told.colours.pop(forgotten := next(iter(told.lost)), None)
        del told.lost[forgotten]


def _heard(view: View) -> Iterator[tuple[str, str]]:
    for index, row in _peer_rows(view):
        if not row.get("last_known"):
            yield _key(index, row), str(row.get("name") or row.get("unit_id"))


def _key(index: Index, row: Row) -> str:
    return f"{index[0]}/{row.get('unit_id')!s}"


def _peer_rows(view: View) -> Iterator[tuple[Index, Row]]:
    yield from view.tables.get("peer", {}).items()


def _peer(kind: str, key: str, name: str, at_ns: int, what: str) -> Alert:
    group = int(key.partition("/")[0])
    severity = WARNING if kind == "peer_lost" else INFORMATION
    return Alert(kind, group, at_ns, severity, name, text=f"{name} of group {group} {what}")


def _colours(told: Told, view: View, at_ns: int) -> Iterator[Alert]:
    """Of each backup, this unit or a peer; a master's own says nothing about standing by."""
    for key, name, number in _backups(view):
        colour = COLOUR.word(number)
        known, told.colours[key] = told.colours.get(key, colour), colour
        if known != colour:
            severity, group = (INFORMATION if colour == "green" else WARNING), int(key.partition("/")[0])
            text = f"The readiness of backup {name} for group {group} went from {known} to {colour}"
            yield Alert("readiness_change", group, at_ns, severity, name, before=known, after=colour, text=text)


def _backups(view: View) -> Iterator[tuple[str, str, int]]:
    """Key, name, number of the colour."""
    own = str((view.row("unit") or {}).get("name") or "this unit")
    masters = {index[0]: row.get("master_unit_id") for index, row in view.tables.get("member", {}).items()}
    for index, row in view.tables.get("member", {}).items():
        if row.get("role") == ROLE.words["backup"] and isinstance(row.get("readiness_colour"), int):
            yield f"{index[0]}/", own, int(row["readiness_colour"] or 0)
    for index, row in _peer_rows(view):
        is_backup = row.get("unit_id") != masters.get(index[0]) and not row.get("last_known")
        if is_backup and isinstance(row.get("readiness_colour"), int):
            yield _key(index, row), str(row.get("name") or ""), int(row["readiness_colour"] or 0)


def _decisions(told: Told, view: View, now_ns: int, at_ns: int) -> Iterator[Alert]:
    """Z-41: each question that waits for a person, once; and when it does not wait any more."""
    asked = {str(index[0]): row for index, row in view.tables.get("decision", {}).items() if row.get("id")}
    for key, row in asked.items():
        if told.decisions.get(key) != row["id"]:
            told.decisions[key] = str(row["id"])
            since_ns, text = int(row.get("since") or at_ns), str(row.get("text") or "")
            yield Alert("config_conflict", int(key), since_ns, WARNING, told.decisions[key], text=text)
    for key in [key for key in told.decisions if told.is_gone(f"decision/{key}", key in asked, now_ns)]:
        name = told.decisions.pop(key)
        yield Alert("config_settled", int(key), at_ns, name=name, text=f"Decision {name} is settled")
