"""The plain tables: counters, devices, decisions, and the unit. Pure."""

from functools import partial

from agent.management.viewer_keep import Memo
from agent.management.viewer_read import NS_A_SECOND, Object, count, moment, table, tables, text, whole
from agent.management.viewer_recorder import recorder_columns
from agent.management.viewer_said import overlaid
from agent.management.viewer_words import word_of
from agent.model import words
from agent.model.kinds import Value
from agent.model.tables import TABLE
from agent.model.view import Row

Rows = dict[tuple[int, ...], Row]
UNIT_SAID = frozenset(
    [
        "lock_available",
        "event_limit",
        "events_dropped",
        "notifications_enabled",
        "notification_min_interval_ms",
        "notifications_sent",
        "notifications_suppressed",
        "write_semaphore",
        "description",
    ]
)


def packets_rows(group: int, sent: Object, received: Object) -> Rows:
    """A row for each kind, those that never came too: a counter at 0 is an answer."""
    return {
        (group, number): {"word": word, "sent": count(sent.get(word)), "received": count(received.get(word))}
        for word, number in words.PACKET.words.items()
    }


def rejected_rows(group: int, rejected: Object) -> Rows:
    """A row for each reason."""
    return {(group, number): {"word": word, "count": count(rejected.get(word))} for word, number in words.REJECTION.words.items()}


def device_rows(status: Object, drivers: Object, memo: Memo) -> Rows:
    """In the order of names."""
    states, devices = table(table(status.get("unit")).get("devices")), table(status.get("devices"))
    rows: Rows = {}
    for number, name in enumerate(sorted({*states, *devices}), 1):
        said = name, table(devices.get(name)), states.get(name), drivers.get(name)
        rows.update(memo.of(("device", number), said, partial(_device_row, number, *said)))
    return rows


def _device_row(number: int, name: str, status: Object, state: object, driver: object) -> Rows:
    return {(number,): _device(name, status, state, driver)}


def _device(name: str, status: Object, state: object, driver: object) -> dict[str, Value]:
    is_ready = state == "ready"
    wrong = text(status.get("last_error") or table(status.get("configuration")).get("error"))
    return {
        "name": text(name, 64),
        "driver": text(driver, 32),
        "ready": is_ready,
        "fenced": status.get("fenced") is True,
        "error": wrong or ("" if is_ready else text(state or "not ready")),
        "datagrams": count(status.get("datagrams_out")),
        "state": text(", ".join(_facts(status))),
        **_streams(status),
    }


def _streams(status: Object) -> dict[str, Value]:
    """What goes through it, as its worker counts it; not known until it has spoken."""
    present, is_muted = status.get("input_present"), status.get("muted")
    return {
        "muted": is_muted if isinstance(is_muted, bool) else None,
        "continuity_errors": count(status.get("continuity_errors_out")),
        "input_continuity_errors": count(status.get("continuity_errors_in")),
        "input_datagrams": count(status.get("datagrams_in")),
        "input_present": present if isinstance(present, bool) else None,
        "send_errors": count(status.get("send_errors")),
    }


def _facts(status: Object) -> list[str]:
    """Z-33: what runs."""
    said = {True: "muted", False: "open"}.get(status.get("muted") is True, "") if "muted" in status else ""
    present = status.get("input_present")
    held = table(status.get("configuration"))
    routes = [text(route.get("id"), 64) for route in tables(status.get("routes"))]
    return [
        *([said] if said else []),
        *([] if not isinstance(present, bool) else ["input present" if present else "NO INPUT"]),
        *([f"group {held['group']}"] if isinstance(held.get("group"), int) else []),
        *([f"services: {' '.join(routes)}"] if routes else []),
    ]


def decision_rows(status: Object) -> Rows:
    """One a group: from `pending` of the handover process when it is given, else what its status says."""
    rows = {(whole(entry.get("group")) or 0,): _decision(entry) for entry in tables(status.get("decisions"))}
    for entry in tables(table(status.get("handover")).get("groups")):
        index = (whole(entry.get("group")) or 0,)
        if entry.get("pending") and index not in rows:
            rows[index] = _decision({"id": entry["pending"]})
    return dict(sorted(rows.items()))


def _decision(entry: Object) -> dict[str, Value]:
    master, backup = table(entry.get("master")), table(entry.get("backup"))
    return {
        "id": text(entry.get("id"), 64),
        "since": moment(entry.get("opened_at")),
        "master_name": text(master.get("unit"), 64),
        "master_revision": count(table(master.get("revision")).get("number")),
        "backup_name": text(backup.get("unit"), 64),
        "backup_revision": count(table(backup.get("revision")).get("number")),
        "text": _RELATIONS.get(str(entry.get("relation")), "two configurations wait for a choice: understudy config pending"),
    }


_RELATIONS = {
    "diverged": "both have changed since their common ancestor",
    "unrelated": "they have no revision in common",
    "ahead": "the backup's is newer",
    "behind": "the master's is newer",
    "nothing": "the master has none, only the backup's can be taken",
}


def reason_rows(group: int, peer: int, reasons: tuple[str, ...]) -> Rows:
    """The worst first."""
    return {(group, peer, number): {"text": text(reason), "word": word_of(reason)} for number, reason in enumerate(reasons, 1)}


def unit_columns(status: Object, said: Object, started_at: int | None, members: int) -> dict[str, Value]:
    """The scalars, but for those that count other tables."""
    unit = table(status.get("unit"))
    link, name, software = table(unit.get("link")), text(unit.get("name"), 64), text(unit.get("software"), 32)
    row: dict[str, Value] = {
        "name": name,
        "unit_id": text(unit.get("unit_id"), 16),
        "software": software,
        "boot": count(unit.get("boot")),
        "description": f"Understudy {software} on {name}",
        "started_at": started_at,
        "discontinuity_at": started_at,
        "authenticated": unit.get("authenticated") is True,
        "real_time": unit.get("real_time") is True,
        "link_up": link.get("up") is True,
        "link_detail": text(link.get("detail")),
        "lan_error": text(unit.get("lan_error")),
        "view_age_ms": whole(status.get("age_ms")),
        "members": members,
        "peers": count(unit.get("peers")),
        **recorder_columns(table(unit.get("recorder"))),
        **_DEFAULTS,
    }
    return overlaid("unit", row, said, UNIT_SAID)


def started_by(unit: Object) -> int | None:
    """When core started, by its boot number: max(stored + 1, UTC seconds at the start) (docs/protocol.md). None: it says none."""
    boot = whole(unit.get("boot"))
    return boot * NS_A_SECOND if boot is not None and boot >= FIRST_PLAUSIBLE_S else None


FIRST_PLAUSIBLE_S = 1_600_000_000
"""2020: a machine without a clock starts below it."""
_DEFAULTS: dict[str, Value] = {
    "lock_available": True,
    "event_limit": TABLE["event"].limit,
    "events_dropped": 0,
    "notifications_enabled": True,
    "notification_min_interval_ms": 1000,
    "notifications_sent": 0,
    "notifications_suppressed": 0,
    "write_semaphore": 0,
}
